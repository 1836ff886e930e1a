/** Maximum length of a scope, in characters. */
export const maxScopeLength = 64;
/** Maximum number of scopes per key. */
export const maxScopesPerKey = 100;

/** `resource:action`, further parts allowed: lower-case letters, digits, `-`, `_` and `.` between colons. */
const scopePattern = /^[a-z0-9][a-z0-9_.-]*(?::[a-z0-9][a-z0-9_.-]*)+$/;
const wildcardPattern = /^[a-z0-9][a-z0-9_.-]*(?::[a-z0-9][a-z0-9_.-]*)*:\*$/;

/** Grammar of a scope or a wildcard, without the maximum length. */
export const soughtScopePattern: RegExp = new RegExp(
  `${scopePattern.source}|${wildcardPattern.source}|^\\*$`,
);

/** Whether a string is a scope that a route can require. */
export function isScope(text: string): boolean {
  return text.length <= maxScopeLength && scopePattern.test(text);
}

/** Whether a string is a wildcard: `*`, or `orders:*` for everything that begins with `orders:`. */
export function isWildcard(text: string): boolean {
  return text === '*' || (text.length <= maxScopeLength && wildcardPattern.test(text));
}

/**
 * Whether a granted scope covers a required one. A wildcard covers all scopes and wildcards below it.
 * Comparison is exact and case-sensitive (RFC 6749 section 3.3).
 */
export function covers(granted: string, required: string): boolean {
  if (granted === required || granted === '*') return true;
  return granted.endsWith(':*') && required.startsWith(granted.slice(0, -1));
}

/** Whether any of the granted scopes covers a required one. */
export function isCoveredByAny(granted: readonly string[], required: string): boolean {
  return granted.some((scope) => covers(scope, required));
}
