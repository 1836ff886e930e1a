/** Longest scope that is accepted, in characters. */
export const maxScopeLength = 64;
/** Most scopes that one key can hold. */
export const maxScopesPerKey = 100;

/** `resource:action`, further parts allowed: lower-case letters, digits, `-`, `_` and `.` between colons. */
const scopePattern = /^[a-z0-9][a-z0-9_.-]*(?::[a-z0-9][a-z0-9_.-]*)+$/;
const wildcardPattern = /^[a-z0-9][a-z0-9_.-]*(?::[a-z0-9][a-z0-9_.-]*)*:\*$/;

/** What a scope or a wildcard looks like, its length apart. */
export const soughtScopePattern: RegExp = new RegExp(
  `${scopePattern.source}|${wildcardPattern.source}|^\\*$`,
);

/** Whether a text is a scope that a route can require. */
export function isScope(text: string): boolean {
  return text.length <= maxScopeLength && scopePattern.test(text);
}

/** Whether a text is a wildcard: `*`, or `orders:*` for all that begins with `orders:`. */
export function isWildcard(text: string): boolean {
  return text === '*' || (text.length <= maxScopeLength && wildcardPattern.test(text));
}

/**
 * Whether one granted scope is enough for one other. A wildcard covers all scopes and wildcards below it.
 * Comparison is exact and case-sensitive (RFC 6749 section 3.3).
 */
export function covers(granted: string, required: string): boolean {
  if (granted === required || granted === '*') return true;
  return granted.endsWith(':*') && required.startsWith(granted.slice(0, -1));
}

/** Whether a list of granted scopes is enough for one other. */
export function coveredByAny(granted: readonly string[], required: string): boolean {
  return granted.some((scope) => covers(scope, required));
}
