import type { SerializedAuditEntry } from './audit-chain.js';
import { startOfFeed, type FeedPosition } from './change-feed.js';

/**
 * The audit trail as it is stored, read forwards in pages for verification. The stored data is neither interpreted
 * nor trusted.
 *
 * Every method settles within the deadline of the store and rejects with `ERR_API_KEYS_UNAVAILABLE` when the database
 * does not respond.
 */
export interface AuditTrail {
  /** The end of the trail, according to the row that changes lock. */
  head(): Promise<FeedPosition>;
  /** Where the kept part of the trail starts. */
  start(): Promise<TrailStart>;
  /** Entries with sequence numbers above `after`, lowest first. */
  entries(after: number, limit: number): Promise<readonly StoredEntry[]>;
  /** Keys with ids after `after`, ordered by id, each with the last entry about it, read from one snapshot. */
  lastEntries(after: string, limit: number): Promise<readonly KeyWithLastEntry[]>;
}

/**
 * The last entry that retention has cut off. Entries up to it may still be stored for a while. It proves nothing by itself: the
 * entry with the number `entry` records the cut, and is sealed.
 */
export interface TrailStart extends FeedPosition {
  /** The sequence number of the entry that records the cut; 0 when there was none. */
  readonly entry: number;
}

/** The start of a trail that was never cut. */
export const uncutTrail: TrailStart = { ...startOfFeed, entry: 0 };

/** One stored entry; the single fields are copies of those in the payload. */
export interface StoredEntry extends SerializedAuditEntry {
  readonly sequence: number;
  /** `null` for a change of an owner. */
  readonly keyId: string | null;
  readonly ownerId: string;
  readonly action: string;
  readonly actorId: string | null;
  readonly memberId: string | null;
  readonly at: number;
  readonly hash: string;
}

/** The stored version of a key, and the last entry of the trail about it. */
export interface KeyWithLastEntry {
  readonly keyId: string;
  readonly version: number;
  /** `null` when the trail has no entry about the key. */
  readonly payload: string | null;
}
