import { maxTokenLifetimeSeconds } from './access-token.js';

/** Terms that the scope of a keyspace's tokens can contain besides scopes. Terms grant nothing, and no key has them. */
export interface TokenTerms {
  /** Whether an item of a token's scope is a term. */
  has(item: string): boolean;
  /**
   * The only addresses that a token can be used from, in canonical form; `null`: any.
   *
   * @param items - the items of the token's scope
   */
  addressesOf(items: readonly string[]): readonly string[] | null;
  /** Lifetime of tokens whose key sets none, in seconds; `null`: the lifetime configured for all keyspaces. */
  readonly lifetimeSeconds: number | null;
  /**
   * Maximum lifetime of a token, in seconds; `null` if the items set none.
   *
   * @param items - the items of the token's scope
   */
  maxLifetimeOf(items: readonly string[]): number | null;
}

/** Returns the maximum lifetime of the tokens of a keyspace, in seconds. */
export function getMaxLifetimeSeconds({ tokenTerms }: { readonly tokenTerms?: TokenTerms }): number {
  return Math.max(maxTokenLifetimeSeconds, tokenTerms?.lifetimeSeconds ?? 0);
}
