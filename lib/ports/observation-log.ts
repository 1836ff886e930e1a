import type { ObservedGroup, ObservedRefusal } from '../domain/observed-refusal.js';

/**
 * What guards in observe mode would have refused, counted by hour, route, reason and key. No request waits for it, no change takes
 * a lock that it needs, and it is bounded.
 *
 * Every method settles within the deadline of the store and rejects with `ERR_API_KEYS_UNAVAILABLE` when the database does not
 * respond.
 */
export interface ObservationLog {
  /**
   * Adds to the counts of hours. Counts of the same hour, method, route, code and key are added up, also those of several processes; those with a
   * string that no database stores (NUL, an unpaired surrogate) are skipped. A rejected call may have added them all the same.
   */
  add(counts: readonly ObservedRefusal[]): Promise<void>;
  /** The sums of all hours, the highest count first, then by method, route, code and key (by code unit, no key first). */
  list(query: ObservationQuery): Promise<readonly ObservedGroup[]>;
  /**
   * Removes counts of the hours that begin before a time (epoch milliseconds), and the oldest ones beyond `keep`; at most `limit`
   * in all.
   *
   * @returns the number of removed counts; fewer than `limit` means that these were all
   */
  prune(before: number, keep: number, limit: number): Promise<number>;
}

/** Which counts to list. Conditions that are left out do not restrict. */
export interface ObservationQuery {
  readonly ownerId?: string | undefined;
  readonly keyId?: string | undefined;
  readonly code?: string | undefined;
  /** Counts of hours whose last request was at this time or later, epoch milliseconds. */
  readonly from?: number | undefined;
  /** Counts of hours whose first request was before this time, epoch milliseconds. */
  readonly to?: number | undefined;
  readonly limit: number;
}
