import type { Item } from 'structured-headers';

/** A component that a signature covers. */
export interface CoveredComponent {
  /** A header field in lower case, or a derived component such as `@method`. */
  readonly name: string;
  /** With `@query-param`: the encoded name of the parameter. */
  readonly queryName: string | null;
  /** Its serialization in the list of components, which is also its name in the signature base. */
  readonly identifier: string;
}

const fieldName = /^[a-z0-9!#$%&'*+.^_`|~-]+$/;
const derived: ReadonlySet<string> = new Set([
  '@method',
  '@target-uri',
  '@authority',
  '@scheme',
  '@request-target',
  '@path',
  '@query',
  '@query-param',
]);

/**
 * Reads one component (RFC 9421 section 2). Components of responses, of related messages and of trailers are not components of
 * a request; parameters that select parts of a field (`sf`, `key`, `bs`) are not supported, so that only whole values count.
 */
export function readComponent([name, parameters]: Item): CoveredComponent | null {
  if (typeof name !== 'string') return null;
  if (name === '@query-param') {
    const queryName = parameters.get('name');
    if (typeof queryName !== 'string' || parameters.size !== 1) return null;
    return { name, queryName, identifier: `${quoteString(name)};name=${quoteString(queryName)}` };
  }
  const isKnown = name.startsWith('@') ? derived.has(name) : fieldName.test(name);
  return isKnown && parameters.size === 0 ? { name, queryName: null, identifier: quoteString(name) } : null;
}

/** A string of a structured field (RFC 9651 section 4.1.6). */
export function quoteString(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
