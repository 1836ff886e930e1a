import type { ApiKeyRecord } from '../domain/api-key.js';
import type { AuditEvent, AuditEventDraft } from '../domain/audit-event.js';
import type { KeyState } from '../domain/key-state.js';
import type { ChangeFeed, FeedPosition } from './change-feed.js';

/**
 * The durable truth about keys. Implementations must pass the store contract of `express-api-keys/testing`.
 *
 * Every method settles within its deadline (2 seconds by default) and rejects with `ERR_API_KEYS_UNAVAILABLE` when the
 * database does not answer in time or is out of reach. A rejected change may have been carried out all the same.
 */
export interface KeyStore {
  /** The changes that were committed, and who follows them. To be used between `open` and `close`. */
  readonly feed: ChangeFeed;

  /** Connects and brings the schema up to date. Two processes may do so at once. May be called again after a failure. */
  open(): Promise<void>;
  /** Lets go of what the store itself opened; never closes a pool that it was handed. */
  close(): Promise<void>;

  /**
   * One key with its credentials, read by primary key; `null` when there is none. With `ownerId`, only if it belongs to
   * that owner (the condition is part of the query).
   */
  find(id: string, ownerId?: string): Promise<ApiKeyRecord | null>;
  /** One page, newest first (`createdAt` descending, then `id` descending, by code unit). */
  list(query: KeyQuery): Promise<readonly ApiKeyRecord[]>;
  /** One page of the audit trail, newest first. */
  listEvents(query: AuditQuery): Promise<readonly AuditEvent[]>;

  /**
   * Runs a change in one transaction. It first takes the lock on the head of the audit trail, so that changes run one
   * after the other and an event's sequence number says in which order they were committed, without gaps. When `work`
   * rejects, or the event cannot be written, nothing has happened.
   *
   * `work` must do nothing slow: all other changes wait. It must have no effect but through the transaction: a database
   * may ask for the change to be run again, and a step that failed undoes the change even if `work` catches the error.
   */
  transact<T>(work: (transaction: KeyStoreTransaction) => Promise<T>): Promise<T>;

  /** Adds the digest of a credential under one more pepper; does nothing when there is one. No change of version. */
  addDigest(keyId: string, credentialId: string, pepperId: string, digest: string): Promise<void>;
  /** Moves `lastUsedAt` forward, never back, and adds to `useCount`. No change of version. */
  recordUse(uses: readonly KeyUse[]): Promise<void>;
}

/** What a change can do. Reads see what the transaction has written. */
export interface KeyStoreTransaction {
  /**
   * The last change of the feed: of the ones made here, else the last one before. Who has applied all changes up to it
   * has seen what this transaction saw and wrote.
   */
  readonly position: FeedPosition;
  /** The key as it stands now; with `ownerId`, only if it belongs to that owner (the condition is part of the query). */
  find(id: string, ownerId?: string): Promise<ApiKeyRecord | null>;
  /**
   * Keys of an owner, in any keyspace, that were not revoked, newest first. Fewer than `limit` means that these are all:
   * an owner can have thousands, more than one transaction should change.
   */
  findUnrevokedByOwner(ownerId: string, limit: number): Promise<readonly ApiKeyRecord[]>;
  /** Adds a key (version 1) and its event. Rejects when the id is taken. */
  insert(record: ApiKeyRecord, event: AuditEventDraft): Promise<void>;
  /**
   * Replaces a key and adds its event. `record.version` must be the stored version plus one, else it rejects.
   * `lastUsedAt`, `useCount` and the digests of credentials that are already stored are left as they are; credentials
   * that are not in the record are deleted.
   */
  update(record: ApiKeyRecord, event: AuditEventDraft): Promise<void>;
}

/** Which keys to list. Conditions that are left out do not restrict. */
export interface KeyQuery {
  readonly ownerId?: string | undefined;
  readonly keyspace?: string | undefined;
  /** The state at `now`. */
  readonly state?: KeyState | undefined;
  /** Keys that were granted exactly this scope or wildcard. */
  readonly scope?: string | undefined;
  /** Part of the name, upper and lower case alike for ASCII; taken literally (`%` and `_` are ordinary characters). */
  readonly q?: string | undefined;
  /** Epoch milliseconds. */
  readonly now: number;
  /** Begin behind this key. */
  readonly after?: { readonly createdAt: number; readonly id: string } | undefined;
  readonly limit: number;
}

/** Which events to list. Conditions that are left out do not restrict. */
export interface AuditQuery {
  readonly ownerId?: string | undefined;
  readonly keyId?: string | undefined;
  readonly action?: string | undefined;
  /** Only events with a smaller sequence number. */
  readonly before?: number | undefined;
  readonly limit: number;
}

/** Uses of one key that were gathered. */
export interface KeyUse {
  readonly keyId: string;
  /** The last one, epoch milliseconds. */
  readonly at: number;
  /** How many, at least 1. */
  readonly count: number;
}
