import type { ApiKeyRecord } from '../domain/api-key.js';
import type { AuditEntry, AuditEntryDraft } from '../domain/audit-entry.js';
import type { UseVerdict } from '../domain/key-usage.js';
import type { KeyState } from '../domain/key-state.js';
import type { AccessLog } from './access-log.js';
import type { AuditTrail } from './audit-trail.js';
import type { CreditBalance } from '../domain/credits.js';
import type { ChangeFeed, FeedPosition } from './change-feed.js';
import type { Housekeeping } from './housekeeping.js';
import type { NonceStore } from './nonce-store.js';
import type { RevokedToken, TokenStore } from './token-store.js';
import type { UsageLog } from './usage-log.js';
import type { CreditChange, CreditLedger } from './credit-ledger.js';
import type { IdempotencyClaim, IdempotencyClaims } from './idempotency-claims.js';

/**
 * The durable truth about keys. Implementations must pass the store contract of `express-api-keys/store`.
 *
 * Every method settles within its deadline (2 seconds by default) and rejects with `ERR_API_KEYS_UNAVAILABLE` when the
 * database does not answer in time or is out of reach. A rejected change may have been carried out all the same.
 *
 * Reads see every change that the feed has returned before and that was made here: a replica that lags behind counts as
 * out of reach. They are believed only while beats of the feed are committed.
 */
export interface KeyStore {
  /** The changes that were committed, and who follows them. To be used between `open` and `close`. */
  readonly feed: ChangeFeed;
  /** Refused requests and the like. */
  readonly accessLog: AccessLog;
  /** The audit trail as it is stored, to be checked. */
  readonly trail: AuditTrail;
  /** Changes that callers may repeat without making them twice. */
  readonly claims: IdempotencyClaims;
  /** What keys have to spend. */
  readonly credits: CreditLedger;

  /** How often keys were used. */
  readonly usage: UsageLog;
  /** What may happen once only. */
  readonly nonces: NonceStore;
  /** What is stored of access tokens. */
  readonly tokens: TokenStore;
  /** Removes what has expired, when it is told to. */
  readonly housekeeping: Housekeeping;

  /** Connects and brings the schema up to date. Two processes may do so at once. May be called again after a failure. */
  open(): Promise<void>;
  /** Lets go of what the store itself opened; never closes a pool that it was handed. */
  close(): Promise<void>;

  /**
   * One key with its credentials, read by primary key; `null` when there is none. With `ownerId`, only if it belongs to
   * that owner (the condition is part of the query).
   */
  find(id: string, ownerId?: string): Promise<ApiKeyRecord | null>;
  /**
   * Those of the ids that keys have: one read, however many they are. Asked where a flood of guesses must not cost a
   * read each.
   */
  existing(ids: readonly string[]): Promise<ReadonlySet<string>>;
  /** One page, newest first (`createdAt` descending, then `id` descending, by code unit). */
  list(query: KeyQuery): Promise<readonly ApiKeyRecord[]>;
  /**
   * Where the next so many keys end, in the order of {@link list}, whatever else is asked of them; `null` when there are
   * fewer. It bounds how many rows are read for one page. An index alone must answer it.
   */
  findScanEnd(query: Pick<KeyQuery, 'ownerId' | 'after'>, rows: number): Promise<KeyPosition | null>;
  /** One page of the audit trail, newest first. */
  listEvents(query: AuditQuery): Promise<readonly AuditEntry[]>;

  /**
   * Runs a change in one transaction. It first takes the lock on the head of the audit trail, so that changes run one
   * after the other and an event's sequence number says in which order they were committed, without gaps. When `work`
   * rejects, or the event cannot be written, nothing has happened.
   *
   * `work` must do nothing slow: all other changes wait. It must have no effect but through the transaction: a database
   * may ask for the change to be run again, and a step that failed undoes the change even if `work` catches the error.
   *
   * Changes that take away go before those that wait in the other lane. One with a share that gives may be refused at once.
   */
  transact<T>(work: (transaction: KeyStoreTransaction) => Promise<T>, queuing?: ChangeQueuing): Promise<T>;

  /** Adds the digest of a credential under one more pepper; does nothing when there is one. No change of version. */
  addDigest(keyId: string, credentialId: string, pepperId: string, digest: string): Promise<void>;
  /**
   * Adds uses to the counts of their hours, and those with the verdict `allowed` also to `useCount`; these move
   * `lastUsedAt` forward, never back, and `lastUsedAddress` with it, unless the new one is not known. No change of version.
   * Keys that do not exist are left out.
   */
  recordUse(uses: readonly KeyUse[]): Promise<void>;
}

/** `taking`: what ends or narrows a right, and never waits behind what gives one. */
export type ChangeLane = 'taking' | 'giving';

/** How a change waits for its turn. */
export interface ChangeQueuing {
  /** @default 'giving' */
  readonly lane?: ChangeLane | undefined;
  /** Whose change it is: shares are served in turn, and those of the lane `giving` are bounded. Absent: not bounded. */
  readonly share?: string | undefined;
}

/** What a change can do. Reads see what the transaction has written. */
export interface KeyStoreTransaction {
  /**
   * The last change of the feed: of the ones made here, else the last one before. Who has applied all changes up to it
   * has seen what this transaction saw and wrote.
   */
  readonly position: FeedPosition;
  /**
   * The longest lease of all processes on the list, in milliseconds; 0 when it is empty. None joins until the change is
   * over, so whoever may miss the change is counted.
   */
  maxLeaseMs(): Promise<number>;
  /** The key as it stands now; with `ownerId`, only if it belongs to that owner (the condition is part of the query). */
  find(id: string, ownerId?: string): Promise<ApiKeyRecord | null>;
  /**
   * Keys of an owner, in any keyspace or in one, that were not revoked, newest first. Fewer than `limit` means that these
   * are all: an owner can have thousands, more than one transaction should change.
   */
  findUnrevokedByOwner(ownerId: string, limit: number, keyspace?: string): Promise<readonly ApiKeyRecord[]>;
  /** How many keys an owner has in one keyspace. */
  countByOwner(ownerId: string, keyspace: string): Promise<OwnerKeyCounts>;
  /** Adds a key (version 1) and its event. Rejects when the id is taken. */
  insert(record: ApiKeyRecord, event: AuditEntryDraft): Promise<void>;
  /**
   * Replaces a key and adds its event. `record.version` must be the stored version plus one, else it rejects.
   * `lastUsedAt`, `useCount` and the digests of credentials that are already stored are left as they are; credentials
   * that are not in the record are deleted.
   */
  update(record: ApiKeyRecord, event: AuditEntryDraft): Promise<void>;
  /** Sets what a key has to spend; `null`: it pays with nothing. To be called beside `update`, which leaves credits as they are. */
  setCredits(keyId: string, balance: CreditBalance | null, change: CreditChange): Promise<void>;
  /**
   * Claims a name for this change, unless it was claimed before. A claim of this name from before `expiredBefore` (epoch
   * milliseconds) does not count and is replaced; those of other names are left to {@link KeyStore.housekeeping}.
   *
   * @returns the claim that was there; `null` when the name is now this change's
   */
  claim(claim: IdempotencyClaim, expiredBefore: number): Promise<IdempotencyClaim | null>;
  /**
   * Writes down that it was said how near the end of a key is, and the event with it; the key does not change. Does
   * nothing when it was said before.
   *
   * @returns whether this is the first time
   */
  noteExpiry(notice: ExpiryNotice, event: AuditEntryDraft): Promise<boolean>;
  /**
   * Takes a token back, and adds the event; the key does not change. Does nothing when it was taken back before.
   *
   * @returns whether this is the first time
   */
  revokeToken(token: RevokedToken, event: AuditEntryDraft): Promise<boolean>;
}

/** The keys of one owner in one keyspace. */
export interface OwnerKeyCounts {
  /** Those that were not revoked. */
  readonly unrevoked: number;
  /** The highest number that was ever given, 0 when none was. */
  readonly lastNumber: number;
}

/** One end of a key, and how near it is. */
export interface ExpiryNotice {
  readonly keyId: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  /** It ends within so many seconds. */
  readonly thresholdSeconds: number;
}

/** Where a key stands in lists. */
export interface KeyPosition {
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly id: string;
}

/** Which keys to list. Conditions that are left out do not restrict. */
export interface KeyQuery {
  readonly ownerId?: string | undefined;
  readonly keyspace?: string | undefined;
  readonly number?: number | undefined;
  /** The state at `now`. */
  readonly state?: KeyState | undefined;
  /** Keys that were granted exactly this scope or wildcard. */
  readonly scope?: string | undefined;
  /** Part of the name, upper and lower case alike for ASCII; taken literally (`%` and `_` are ordinary characters). */
  readonly q?: string | undefined;
  /** Keys with exactly this tag. */
  readonly tag?: string | undefined;
  /** Keys that end before this time, those that have ended included. Epoch milliseconds. */
  readonly expiresBefore?: number | undefined;
  /** Keys that end after this time. Epoch milliseconds. */
  readonly expiresAfter?: number | undefined;
  /** Keys that were last used before this time, or made before it and never used. Epoch milliseconds. */
  readonly unusedSince?: number | undefined;
  /** Keys of whose end no notice with this threshold was written down. Seconds. */
  readonly withoutExpiryNotice?: number | undefined;
  /** Epoch milliseconds. */
  readonly now: number;
  /** Begin behind this key. */
  readonly after?: KeyPosition | undefined;
  /** End with this key, itself included. */
  readonly until?: KeyPosition | undefined;
  readonly limit: number;
}

/** Which events to list. Conditions that are left out do not restrict. */
export interface AuditQuery {
  readonly ownerId?: string | undefined;
  readonly keyId?: string | undefined;
  readonly action?: string | undefined;
  /** Only what this owner, admin or key did. */
  readonly actorId?: string | undefined;
  /** Not before this time, epoch milliseconds. */
  readonly from?: number | undefined;
  /** Before this time, epoch milliseconds. */
  readonly to?: number | undefined;
  /** Only events with a smaller sequence number. */
  readonly before?: number | undefined;
  /** Only events with a higher sequence number; the page is oldest first then. */
  readonly after?: number | undefined;
  readonly limit: number;
}

/** Uses of one key in one hour, with one verdict, that were gathered. */
export interface KeyUse {
  readonly keyId: string;
  /** The last one, epoch milliseconds. */
  readonly at: number;
  /** How many, at least 1. */
  readonly count: number;
  readonly verdict: UseVerdict;
  /** Where the key was used from, in canonical form; `null` when it is not known, and for refusals. */
  readonly address: string | null;
}
