import { coveredByAny, covers, isScope, isWildcard } from './scope.js';
import type { TokenTerms } from './token-terms.js';

/** The scopes of a keyspace, and what they are worth. */
export interface ScopeCatalogue {
  readonly names: readonly string[];
  /** Whether a route may require it. */
  has(scope: string): boolean;
  /** All that a key may hold: the scopes of the catalogue, and every wildcard that covers one. */
  readonly grantable: readonly string[];
  /** Whether a key may hold it: a scope of the catalogue, or a wildcard that covers one. */
  isGrantable(scope: string): boolean;
  /** Whether granted scopes are enough for one other of this keyspace. */
  covers(granted: readonly string[], required: string): boolean;
  /** All scopes of the app that the granted ones are enough for: what routes ask for. */
  expand(granted: readonly string[]): ReadonlySet<string>;
  /** Where tokens say more than scopes; `covers` is true for all of it. */
  readonly tokenTerms?: TokenTerms;
}

/** The catalogue of keys that mean nothing here. */
export const noScopes: ScopeCatalogue = {
  names: [],
  has: () => false,
  grantable: [],
  isGrantable: () => false,
  covers: () => false,
  expand: () => new Set(),
};

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
  const grantable = new Set([...names, ...names.flatMap(wildcardsOver)]);
  const expansions = new Expansions(names);

  return {
    names,
    has: (scope) => known.has(scope),
    grantable: [...grantable],
    isGrantable: (scope) => grantable.has(scope),
    covers: coveredByAny,
    expand: (granted) => expansions.of(granted),
  };
}

/** Every wildcard that covers a scope: `*`, `orders:*`, and so on to the last colon. */
function wildcardsOver(name: string): string[] {
  const parts = name.split(':');
  return parts.map((_, depth) => [...parts.slice(0, depth), '*'].join(':'));
}

/** Most lists of granted scopes that are remembered. */
const maxExpansions = 1_000;

/** Many keys hold the same scopes: they share one set. */
class Expansions {
  readonly #names: readonly string[];
  #known = new Map<string, ReadonlySet<string>>();

  constructor(names: readonly string[]) {
    this.#names = names;
  }

  of(granted: readonly string[]): ReadonlySet<string> {
    // Scopes hold no spaces.
    const list = granted.join(' ');
    const known = this.#known.get(list);
    if (known !== undefined) return known;
    const expanded = new Set(this.#names.filter((name) => granted.some((scope) => covers(scope, name))));
    if (this.#known.size >= maxExpansions) this.#known = new Map();
    this.#known.set(list, expanded);
    return expanded;
  }
}
