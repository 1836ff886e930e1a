import { isCoveredByAny, covers, isScope, isWildcard } from './scope.js';
import type { TokenTerms } from './token-terms.js';

/** The scopes of a keyspace, and what they grant. */
export interface ScopeCatalogue {
  readonly names: readonly string[];
  /** The sentence of each, as it was declared; absent where the names are fixed by a contract. */
  readonly descriptions?: Readonly<Record<string, string>>;
  /** Whether a route may require it. */
  has(scope: string): boolean;
  /** Everything that can be granted to a key: the scopes of the catalogue, and every wildcard that covers one. */
  readonly grantable: readonly string[];
  /** Whether it can be granted to a key: a scope of the catalogue, or a wildcard that covers one. */
  isGrantable(scope: string): boolean;
  /** Whether the granted scopes cover the required scope of this keyspace. */
  covers(granted: readonly string[], required: string): boolean;
  /** All scopes of the app that the granted ones cover: the scopes that routes require. */
  expand(granted: readonly string[]): ReadonlySet<string>;
  /** Set if the scope of tokens can contain terms besides scopes; `covers` is true for every term. */
  readonly tokenTerms?: TokenTerms;
}

/** The catalogue of keys that have no permissions here. */
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
 * @throws TypeError if there is none, or if one does not follow the grammar
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
  const grantable = new Set([...names, ...names.flatMap(listWildcardsOver)]);
  const expansions = new Expansions(names);

  return {
    names,
    descriptions: { ...scopes },
    has: (scope) => known.has(scope),
    grantable: [...grantable],
    isGrantable: (scope) => grantable.has(scope),
    covers: isCoveredByAny,
    expand: (granted) => expansions.of(granted),
  };
}

/** Returns every wildcard that covers a scope: `*`, `orders:*`, and so on to the last colon. */
function listWildcardsOver(name: string): string[] {
  const parts = name.split(':');
  return parts.map((_, depth) => [...parts.slice(0, depth), '*'].join(':'));
}

/** Maximum number of cached lists of granted scopes. */
const maxExpansions = 1_000;

/** Caches expansions: keys with the same scopes share one set. */
class Expansions {
  readonly #names: readonly string[];
  #known = new Map<string, ReadonlySet<string>>();

  constructor(names: readonly string[]) {
    this.#names = names;
  }

  of(granted: readonly string[]): ReadonlySet<string> {
    // Scopes contain no spaces.
    const list = granted.join(' ');
    const known = this.#known.get(list);
    if (known !== undefined) return known;
    const expanded = new Set(this.#names.filter((name) => granted.some((scope) => covers(scope, name))));
    if (this.#known.size >= maxExpansions) this.#known = new Map();
    this.#known.set(list, expanded);
    return expanded;
  }
}
