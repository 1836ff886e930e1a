import { covers, isScope, isWildcard } from './scope.js';

/** The scopes that an app knows, with a sentence for each. */
export interface ScopeCatalogue {
  readonly names: readonly string[];
  /** Whether a route may require it. */
  has(scope: string): boolean;
  /** Whether a key may hold it: a scope of the catalogue, or a wildcard that covers one. */
  isGrantable(scope: string): boolean;
  /** All scopes of the catalogue that the granted ones cover. */
  expand(granted: readonly string[]): ReadonlySet<string>;
  /** The scope of the catalogue that is nearest to a misspelt one, or `null`. */
  nearest(misspelt: string): string | null;
}

/**
 * @param scopes - scope -> description
 * @throws TypeError when there is none, or one does not follow the grammar
 */
export function createScopeCatalogue(scopes: Readonly<Record<string, string>>): ScopeCatalogue {
  const names = Object.keys(scopes);
  if (names.length === 0) {
    throw new TypeError("scopes: name at least one, for example { 'orders:read': 'Read orders' }");
  }
  for (const name of names) {
    if (isScope(name)) continue;
    const advice = isWildcard(name)
      ? 'wildcards are granted to keys, never declared'
      : "write it as resource:action in lower case, for example 'orders:read'";
    throw new TypeError(`scopes: ${JSON.stringify(name)} is not a scope; ${advice}`);
  }
  const known = new Set(names);

  return {
    names,
    has: (scope) => known.has(scope),
    isGrantable: (scope) =>
      known.has(scope) || (isWildcard(scope) && names.some((name) => covers(scope, name))),
    expand: (granted) => new Set(names.filter((name) => granted.some((scope) => covers(scope, name)))),
    nearest: (misspelt) => nearestOf(misspelt, names),
  };
}

/** The candidate that a text was probably meant to be: few edits away for its length; `null` when there is none. */
export function nearestOf(text: string, candidates: readonly string[]): string | null {
  let best: string | null = null;
  const mostEdits = text.length < 4 ? 1 : Math.max(2, Math.floor(text.length / 3));
  let bestDistance = mostEdits + 1;
  for (const candidate of candidates) {
    const distance = editDistance(text.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Levenshtein distance: insertions, deletions and substitutions between two texts. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const substitution = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, substitution));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
