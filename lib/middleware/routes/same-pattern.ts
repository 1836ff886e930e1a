import type { Layer } from './express-stack.js';

/**
 * Whether two layers of one router match the same paths because they are written in the same way, as those of
 * `app.use(path, one, other)` are. Both are routes, or both are mounted.
 */
export function hasSamePattern(one: Layer, other: Layer): boolean {
  if ((one.route === undefined) !== (other.route === undefined)) return false;
  const pattern = describePattern(one);
  return pattern !== null && pattern === describePattern(other);
}

/** `null` where Express keeps only a function that matches, and for patterns that remember where they ended. */
function describePattern({ regexp, rawPath, route }: Layer): string | null {
  const paths = regexp instanceof RegExp ? [regexp] : [route?.path ?? rawPath].flat(Infinity);
  const texts = paths.map((path) => {
    if (path instanceof RegExp) return /[gy]/.test(path.flags) ? null : String(path);
    return typeof path === 'string' ? JSON.stringify(path) : null;
  });
  return texts.includes(null) ? null : texts.join();
}
