import type { AccessEntry } from '../domain/access-entry.js';

/**
 * Refused requests and other noteworthy requests. It is not part of the audit trail: no request waits for it, no
 * change takes a lock that it needs, and it is bounded.
 *
 * Every method settles within the deadline of the store and rejects with `ERR_API_KEYS_UNAVAILABLE` when the database
 * does not respond.
 */
export interface AccessLog {
  /**
   * Adds events. An event whose id is already stored is skipped, because a step without a reply may be repeated; so
   * is one with a string that no database stores (NUL, an unpaired surrogate).
   */
  add(events: readonly AccessEntry[]): Promise<void>;
  /** One page, newest first (`at` descending, then `id` descending, by code unit). */
  list(query: AccessQuery): Promise<readonly AccessEntry[]>;
  /**
   * The position of the last of the next `rows` events with these conditions, in the order of {@link list}; `null` when there are
   * fewer. It has an owner or a key, not both, and must be answered from an index alone.
   */
  findScanEnd(query: AccessScan, rows: number): Promise<AccessPosition | null>;
  /**
   * Removes events from before a time (epoch milliseconds), and the oldest ones beyond `keep`; at most `limit` of
   * each.
   *
   * @returns the number of removed events
   */
  prune(before: number, keep: number, limit: number): Promise<number>;
}

/** Which events to list. Conditions that are left out do not restrict. */
export interface AccessQuery {
  readonly ownerId?: string | undefined;
  readonly keyId?: string | undefined;
  readonly action?: string | undefined;
  readonly code?: string | undefined;
  /** Not before this time, epoch milliseconds. */
  readonly from?: number | undefined;
  /** Before this time, epoch milliseconds. */
  readonly to?: number | undefined;
  /** Starts after this event. */
  readonly after?: AccessPosition | undefined;
  /** Ends with this event. */
  readonly until?: AccessPosition | undefined;
  readonly limit: number;
}

/** Where an event stands in the list. */
export type AccessPosition = Pick<AccessEntry, 'at' | 'id'>;

/** Which events to count off. */
export type AccessScan = Pick<AccessQuery, 'ownerId' | 'keyId' | 'from' | 'to' | 'after'>;
