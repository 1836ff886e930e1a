import { maxScopesPerKey } from './scope.js';
import type { ScopeCatalogue } from './scope-catalogue.js';

/**
 * Parses a `scope` parameter (RFC 6749 section 3.3): names separated by single spaces. `null` if it is invalid, as an empty
 * string is: a request for nothing must not be granted everything.
 */
export function parseScopeParameter(text: string): readonly string[] | null {
  const names = text.split(' ');
  if (names.length > maxScopesPerKey || !names.every((name) => scopeToken.test(name))) return null;
  return [...new Set(names)];
}

const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/**
 * Narrows the scopes of a key to those of a token.
 *
 * @param requested - omitted: all scopes of the key
 * @returns `null` if a requested scope does not exist or is not granted to the key
 */
export function narrowScopes(
  requested: readonly string[] | undefined,
  held: readonly string[],
  catalogue: ScopeCatalogue,
): readonly string[] | null {
  if (requested === undefined) return held;
  const isKnown = (scope: string): boolean =>
    catalogue.isGrantable(scope) || catalogue.tokenTerms?.has(scope) === true;
  const isHeld = (scope: string): boolean => isKnown(scope) && catalogue.covers(held, scope);
  return requested.every(isHeld) ? requested : null;
}

/** Intersects two lists of scopes and wildcards. Of a wildcard and a scope that it covers, the latter is returned. */
export function findCommonScopes(
  one: readonly string[],
  other: readonly string[],
  catalogue: Pick<ScopeCatalogue, 'covers'>,
): readonly string[] {
  return [
    ...new Set([
      ...one.filter((scope) => catalogue.covers(other, scope)),
      ...other.filter((scope) => catalogue.covers(one, scope)),
    ]),
  ];
}
