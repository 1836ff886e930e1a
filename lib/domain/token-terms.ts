import { maxTokenLifetimeSeconds } from './access-token.js';

/** What tokens of a keyspace can say beside scopes. Terms give nothing, and no key holds them. */
export interface TokenTerms {
  /** Whether an item of a token's scope is a term. */
  has(item: string): boolean;
  /**
   * From where alone a token can be used: canonical addresses; `null` for from anywhere.
   *
   * @param items - of the token's scope
   */
  addressesOf(items: readonly string[]): readonly string[] | null;
  /** How long tokens live whose key says nothing of it, in seconds; `null`: as long as is configured for all keyspaces. */
  readonly lifetimeSeconds: number | null;
  /**
   * Longest life of a token, in seconds; `null` when it says nothing of it.
   *
   * @param items - of the token's scope
   */
  maxLifetimeOf(items: readonly string[]): number | null;
}

/** The longest that a token of a keyspace can live, in seconds. */
export function maxLifetimeSeconds({ tokenTerms }: { readonly tokenTerms?: TokenTerms }): number {
  return Math.max(maxTokenLifetimeSeconds, tokenTerms?.lifetimeSeconds ?? 0);
}
