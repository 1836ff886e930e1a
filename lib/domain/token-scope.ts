import { maxScopesPerKey } from './scope.js';
import type { ScopeCatalogue } from './scope-catalogue.js';

/**
 * Reads a `scope` parameter (RFC 6749 section 3.3): names with single spaces between them. `null` when it is none, which
 * an empty text is: what asks for nothing must not be given everything.
 */
export function parseScopeParameter(text: string): readonly string[] | null {
  const names = text.split(' ');
  if (names.length > maxScopesPerKey || !names.every((name) => scopeToken.test(name))) return null;
  return [...new Set(names)];
}

const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/**
 * What a token is given of what a key holds.
 *
 * @param requested - absent: all that the key holds
 * @returns `null` when something is asked for that is not held or does not exist
 */
export function narrowScopes(
  requested: readonly string[] | undefined,
  held: readonly string[],
  catalogue: ScopeCatalogue,
): readonly string[] | null {
  if (requested === undefined) return held;
  const exists = (scope: string): boolean =>
    catalogue.isGrantable(scope) || catalogue.tokenTerms?.has(scope) === true;
  const isHeld = (scope: string): boolean => exists(scope) && catalogue.covers(held, scope);
  return requested.every(isHeld) ? requested : null;
}

/** What two lists of scopes and wildcards have in common. Of a wildcard and what it covers, that is the latter. */
export function commonScopes(
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
