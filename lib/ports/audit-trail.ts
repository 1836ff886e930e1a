import type { FeedPosition } from './change-feed.js';

/**
 * The audit trail as it is stored, read forwards in pages so that it can be checked. Nothing is made of what is stored,
 * and nothing in it is believed.
 *
 * Every method settles within the deadline of the store and rejects with `ERR_API_KEYS_UNAVAILABLE` when the database
 * does not answer.
 */
export interface AuditTrail {
  /** Where the trail ends, as the row says that changes lock. */
  head(): Promise<FeedPosition>;
  /** Entries with numbers above `after`, lowest first. */
  entries(after: number, limit: number): Promise<readonly StoredEntry[]>;
  /** Keys with ids behind `after`, in the order of the ids, each with the last entry about it, in one view of the data. */
  lastEntries(after: string, limit: number): Promise<readonly KeyWithLastEntry[]>;
}

/** One stored entry; the single fields are copies of what the payload says. */
export interface StoredEntry {
  readonly sequence: number;
  readonly keyId: string;
  readonly ownerId: string;
  readonly action: string;
  readonly actorId: string | null;
  readonly at: number;
  readonly payload: string;
  readonly hash: string;
}

/** What is stored of a key, and the last that the trail says of it. */
export interface KeyWithLastEntry {
  readonly keyId: string;
  readonly version: number;
  /** `null` when the trail does not know the key. */
  readonly payload: string | null;
}
