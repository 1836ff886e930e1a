import type { OwnerRecord } from '../domain/owner.js';

/**
 * What is known of owners. An owner without a record is in good standing.
 *
 * Every method settles within the deadline of the store and rejects with `ERR_API_KEYS_UNAVAILABLE` when the database
 * does not respond.
 */
export interface OwnerStore {
  find(ownerId: string): Promise<OwnerRecord | null>;
  /** One page of the owners with a record, by owner id in ascending order of code units. */
  list(query: OwnerQuery): Promise<readonly OwnerRecord[]>;
  /** The id of the last of the next `rows` owners with a record, in the same order; `null` when there are fewer. */
  findScanEnd(after: string | undefined, rows: number): Promise<string | null>;
  /** One page of the ids of owners that have keys, whether or not these are revoked, in the same order. */
  listWithKeys(query: Pick<OwnerQuery, 'after' | 'limit'>): Promise<readonly string[]>;
  /** How many keys of an owner in one keyspace were not revoked. For display: the next change may find another number. */
  countKeys(ownerId: string, keyspace: string): Promise<number>;
}

/** Which owners to list. Conditions that are left out do not restrict. */
export interface OwnerQuery {
  readonly isSuspended?: boolean | undefined;
  /** Part of the id, taken literally, ignoring the case of ASCII letters. */
  readonly q?: string | undefined;
  /** Starts after this owner. */
  readonly after?: string | undefined;
  /** Ends with this owner. */
  readonly until?: string | undefined;
  readonly limit: number;
}
