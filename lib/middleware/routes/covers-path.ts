import type { Segments } from './path-segments.js';

/**
 * Whether a path can be said to match all paths of another one, from what both are written as. Where both are words, Express is
 * asked as well (whether case matters, for example), so this only excludes what samples could miss.
 *
 * @param isPrefix - whether it is mounted with `use`, so that it matches everything below
 */
export function coversPath(guard: Segments, route: Segments, isPrefix: boolean): boolean {
  for (const [index, segment] of guard.entries()) {
    const other = route[index];
    if (segment.endsWith('*') && index === guard.length - 1) {
      return segment === '*' || (other !== undefined && coversBeginning(segment, other));
    }
    if (other === undefined || !coversSegment(segment, other)) return false;
  }
  return isPrefix || guard.length === route.length;
}

/** `files*` and `:name*` match the rest of a path whose segment begins in the same way. */
function coversBeginning(segment: string, other: string): boolean {
  const beginning = segment.slice(0, -1);
  if (segment === other) return true;
  return beginning === ':' ? coversSegment(':', other) : isLiteral(other) || coversSegment(beginning, other);
}

function coversSegment(segment: string, other: string): boolean {
  if (segment === other) return true;
  // One word has one sample, which decides.
  if (isLiteral(other)) return !isLiteral(segment) || segment.toLowerCase() === other.toLowerCase();
  if (segment !== ':' || other.includes('*')) return false;
  return [...other.matchAll(/:\(((?:\\.|[^()])*)\)/g)].every(([, pattern = '']) => isOneSegment(pattern));
}

function isLiteral(segment: string): boolean {
  return !/[:*]/.test(segment);
}

/** Whether the pattern of a parameter matches neither a slash nor nothing, as far as that is plain to see: `\\d+`, `me|you`. */
function isOneSegment(pattern: string): boolean {
  const parts = pattern.split('|');
  return parts.every((part) => /^(?:(?:\\[dw]|[\w-]|\[[\w-]+\])(?:\+|\{[1-9]\d*(?:,\d*)?\})?)+$/.test(part));
}
