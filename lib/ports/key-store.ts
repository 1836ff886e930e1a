import type { ApiKeyRecord } from '../domain/api-key.js';
import type { AuditEntry, AuditEntryDraft } from '../domain/audit-entry.js';
import type { UseVerdict } from '../domain/key-usage.js';
import type { KeyPart } from '../domain/used-part.js';
import type { KeyState } from '../domain/key-state.js';
import type { EnforcedLifetime } from '../domain/enforced-lifetime.js';
import type { SoughtResource } from '../domain/sought-resource.js';
import type { AccessLog } from './access-log.js';
import type { AuditTrail } from './audit-trail.js';
import type { CreditBalance } from '../domain/credits.js';
import type { ChangeFeed, FeedPosition } from './change-feed.js';
import type { Erasure } from './erasure.js';
import type { EventStore } from './event-store.js';
import type { Housekeeping } from './housekeeping.js';
import type { ObservationLog } from './observation-log.js';
import type { NonceStore } from './nonce-store.js';
import type { OwnerStore } from './owner-store.js';
import type { OwnerRecord } from '../domain/owner.js';
import type { WebhookRecord } from '../domain/webhook.js';
import type { RevokedToken, TokenStore } from './token-store.js';
import type { UsageLog } from './usage-log.js';
import type { CreditChange, CreditLedger } from './credit-ledger.js';
import type { IdempotencyClaim, IdempotencyClaims } from './idempotency-claims.js';

/**
 * The durable source of truth about keys. Implementations must pass the store contract of `express-api-keys/store`.
 *
 * Every method settles within its deadline (2 seconds by default) and rejects with `ERR_API_KEYS_UNAVAILABLE` when
 * the database does not respond in time or is unreachable. A rejected change may have been carried out all the same.
 *
 * Reads see every change that the feed has returned before and that was made in this process: a replica that lags
 * behind is treated as unreachable. They are trusted only while beats of the feed are committed.
 */
export interface KeyStore {
  /** The committed changes, and the processes that follow them. Usable between `open` and `close`. */
  readonly feed: ChangeFeed;
  /** Refused requests and the like. */
  readonly accessLog: AccessLog;
  /** What guards in observe mode would have refused. */
  readonly observations: ObservationLog;
  /** The audit trail as it is stored, for verification. */
  readonly trail: AuditTrail;
  /** Changes that callers may repeat without making them twice. */
  readonly claims: IdempotencyClaims;
  /** The credits of keys. */
  readonly credits: CreditLedger;

  /** How often keys were used. */
  readonly usage: UsageLog;
  /** Nonces: what may happen only once. */
  readonly nonces: NonceStore;
  /** The stored part of access tokens. */
  readonly tokens: TokenStore;
  /** What is known of owners. */
  readonly owners: OwnerStore;
  /** Removes what may name a person. */
  readonly erasure: Erasure;
  /** Events on their way to webhooks and to code. */
  readonly events: EventStore;
  /** Removes expired rows. */
  readonly housekeeping: Housekeeping;

  /** Connects and migrates the schema. Two processes may do so at once. May be called again after a failure. */
  open(): Promise<void>;
  /** Closes what the store itself opened; never closes a pool of the app. */
  close(): Promise<void>;

  /**
   * One key with its credentials, read by primary key; `null` when there is none. With `ownerId`, only if it belongs to
   * that owner (the condition is part of the query).
   */
  find(id: string, ownerId?: string): Promise<ApiKeyRecord | null>;
  /**
   * Returns those of the ids that belong to keys, with one read, however many there are. It is used where a flood of
   * failed attempts must not cost a read each.
   */
  existing(ids: readonly string[]): Promise<ReadonlySet<string>>;
  /** Returns those of the ids that no new key can have, because a key has them, or had them before it was removed; with one read. */
  findTaken(ids: readonly string[]): Promise<ReadonlySet<string>>;
  /** One page, newest first (`createdAt` descending, then `id` descending, by code unit). */
  list(query: KeyQuery): Promise<readonly ApiKeyRecord[]>;
  /**
   * The position of the last of the next `rows` keys, in the order of {@link list}, ignoring all other conditions;
   * `null` when there are fewer. It bounds how many rows are read for one page. It must be answered from an index
   * alone. `createdByMember` counts only with `ownerId`, and may be ignored.
   */
  findScanEnd(
    query: Pick<KeyQuery, 'ownerId' | 'createdByMember' | 'after'>,
    rows: number,
  ): Promise<KeyPosition | null>;
  /** One page of the audit trail, newest first. */
  listEvents(query: AuditQuery): Promise<readonly AuditEntry[]>;
  /**
   * The sequence number of the last of the next `rows` entries with these conditions, in the order of {@link listEvents}; `null`
   * when there are fewer. It has one of the four conditions at most, and must be answered from an index alone.
   */
  findEventScanEnd(query: AuditScan, rows: number): Promise<number | null>;
  /**
   * Between which sequence numbers entries of a time are found: from the lowest one of the first `rows` entries, by time, not before
   * `from`, to the highest one of the last `rows` before `to`. More than one, because clocks of processes differ a little.
   * A side without a time is not bounded; without such entries, nothing is in between.
   */
  findEventBounds(time: Pick<AuditQuery, 'from' | 'to'>, rows: number): Promise<EventBounds>;

  /**
   * Runs a change in one transaction. It first takes the lock on the head of the audit trail, so that changes run one
   * after the other and the sequence numbers of events are in commit order, without gaps. When `work` rejects, or the
   * event cannot be written, nothing is changed.
   *
   * `work` must do nothing slow, because all other changes wait. It must have no effect except through the
   * transaction: a database may require that the change is run again, and a failed step undoes the change even if
   * `work` catches the error.
   *
   * Changes of the lane `taking` go before those that wait in the others, which have their turns alternately; shares of a lane are
   * served in turn. A change that has a share with a bound may be refused at once: see `bound`.
   */
  transact<T>(work: (transaction: KeyStoreTransaction) => Promise<T>, queuing?: ChangeQueuing): Promise<T>;
  /**
   * How many changes of this process wait for their turn in each lane, for metrics; without I/O. Absent in stores that have no
   * queue in the process.
   */
  countWaitingChanges?(): Readonly<Record<ChangeLane, number>>;

  /**
   * Adds the digest of a credential under one more pepper; does nothing when there is one. The version does not
   * change.
   */
  addDigest(keyId: string, credentialId: string, pepperId: string, digest: string): Promise<void>;
  /**
   * Adds uses to the counts of their hours, and those with the verdict `allowed` also to `useCount`; these move
   * `lastUsedAt` forward, never back, and `lastUsedAddress` with it, unless the new one is unknown. The used parts get
   * the day (UTC) of the use as their last one, unless that is later. The version does not change. Keys that do not exist are
   * skipped.
   */
  recordUse(uses: readonly KeyUse[]): Promise<void>;
}

/**
 * `taking`: changes that end a right, or with which an admin may narrow one, and go before all others. `narrowing`: those with which an owner
 * may narrow rights as well as widen them, as with other scopes, and which alternate with those of `giving`: all others.
 */
export type ChangeLane = 'taking' | 'narrowing' | 'giving';

/** How a change is queued. */
export interface ChangeQueuing {
  /** @default 'giving' */
  readonly lane?: ChangeLane | undefined;
  /**
   * The share of the lane that the change counts against, which is that of an owner, of another caller or of a kind of work:
   * shares are served in turn. Without it, the change is not bounded.
   */
  readonly share?: string | undefined;
  /**
   * What bounds the share. With `count`, only so many of its changes wait as the store decides, and one of the lane `giving` that
   * cannot make its deadline is refused at once; with `deadline`, only the latter; with `none`, every change is tried. Nothing bounds
   * the lane `taking`.
   *
   * @default 'count' in the lane `giving`, 'none' in the others
   */
  readonly bound?: 'count' | 'deadline' | 'none' | undefined;
}

/** The operations of a change. Reads see what the transaction has written. */
export interface KeyStoreTransaction {
  /**
   * The last change of the feed: the last one made in this transaction, else the last one before. A process that has
   * applied all changes up to it has seen what this transaction saw and wrote.
   */
  readonly position: FeedPosition;
  /**
   * The longest lease of all processes on the list, in milliseconds; 0 when it is empty. No process joins until the
   * change has ended, so every process that may miss the change is included.
   */
  maxLeaseMs(): Promise<number>;
  /**
   * How much longer a process may go on with its caches that is missing on the list, in milliseconds: not 0 while the database
   * may have taken over from another one that had later rows. Such a process stops by itself, and until then no change is
   * reported as applied everywhere. Absent: the list is always complete.
   */
  readonly unlistedLeaseMs?: number;
  /** The key as it stands now; with `ownerId`, only if it belongs to that owner (the condition is part of the query). */
  find(id: string, ownerId?: string): Promise<ApiKeyRecord | null>;
  /** The same as `findTaken` of the store, as it stands now. */
  findTaken(ids: readonly string[]): Promise<ReadonlySet<string>>;
  /**
   * Keys of an owner, in any keyspace or in one, that were not revoked, newest first. Fewer than `limit` means that
   * these are all; it is bounded because an owner can have thousands, more than one transaction should change.
   */
  findUnrevokedByOwner(ownerId: string, limit: number, keyspace?: string): Promise<readonly ApiKeyRecord[]>;
  /** The owner's record as it stands now. */
  findOwner(ownerId: string): Promise<OwnerRecord | null>;
  /**
   * Adds or replaces the record of an owner, and adds the event. `record.version` must be the stored version plus one (1
   * when none is stored), else it rejects.
   */
  putOwner(record: OwnerRecord, event: AuditEntryDraft): Promise<void>;
  /**
   * How many keys an owner has in one keyspace.
   *
   * @param enough - counting may stop there
   */
  countByOwner(ownerId: string, keyspace: string, enough?: number): Promise<OwnerKeyCounts>;
  /** Adds a key (version 1) and its event. `owner` and `ancestors` are not stored with it. Rejects when the id is taken. */
  insert(record: ApiKeyRecord, event: AuditEntryDraft): Promise<void>;
  /**
   * Replaces a key and adds its event. `record.version` must be the stored version plus one, else it rejects.
   * `lastUsedAt`, `useCount` and the digests of credentials that are already stored stay unchanged; credentials that
   * are not in the record are deleted.
   */
  update(record: ApiKeyRecord, event: AuditEntryDraft): Promise<void>;
  /**
   * Removes a key and all that is stored with it, except its entries of the trail, of the access log and of
   * the observations, and adds the event.
   * Its id counts as taken, and its number as assigned, from then on. `version` must be the stored one, else it rejects.
   */
  remove(key: Pick<ApiKeyRecord, 'id' | 'version'>, event: AuditEntryDraft): Promise<void>;
  /**
   * Sets the credits of a key; with `null` it pays with none. Call it in addition to `update`, which does not change
   * credits.
   */
  setCredits(keyId: string, balance: CreditBalance | null, change: CreditChange): Promise<void>;
  /**
   * Claims a name for this change, unless it was claimed before. A claim of this name from before `expiredBefore`
   * (epoch milliseconds) has expired and is replaced; those of other names are left to {@link KeyStore.housekeeping}.
   *
   * @returns the existing claim; `null` when the name now belongs to this change
   */
  claim(claim: IdempotencyClaim, expiredBefore: number): Promise<IdempotencyClaim | null>;
  /**
   * Records a notice of a key's expiry, and adds the event; the key does not change. Does nothing when the notice was
   * recorded before.
   *
   * @returns whether this is the first time
   */
  noteExpiry(notice: ExpiryNotice, event: AuditEntryDraft): Promise<boolean>;
  /**
   * Revokes a token, or a chain of refresh tokens, whose row is removed; and adds the event, unless it was revoked before. The key does
   * not change.
   *
   * @returns whether this is the first time
   */
  revokeToken(token: RevokedToken, event: AuditEntryDraft): Promise<boolean>;
  /** A webhook as it stands now. */
  findWebhook(id: string): Promise<WebhookRecord | null>;
  /** How many webhooks there are. */
  countWebhooks(): Promise<number>;
  /**
   * Adds or replaces a webhook, and adds the event. A new one (version 1) gets a queue that begins after this event.
   * `record.version` must be the stored version plus one (1 when none is stored), else it rejects.
   */
  putWebhook(record: WebhookRecord, event: AuditEntryDraft): Promise<void>;
  /**
   * Removes a webhook with its queue, and adds the event. Its deliveries are left to {@link EventStore.removeOrphans}, however many there
   * are. `version` must be the stored one, else it rejects.
   */
  removeWebhook(webhook: Pick<WebhookRecord, 'id' | 'version'>, event: AuditEntryDraft): Promise<void>;
  /**
   * Adds the event, which repeats the version of a key whose last entry is going to be cut off; the key does not change. Does
   * nothing when the key is not stored at that version.
   *
   * @returns whether it was added
   */
  carry(key: Pick<ApiKeyRecord, 'id' | 'version'>, event: AuditEntryDraft): Promise<boolean>;
  /**
   * Moves the start of the trail to a later entry, and adds the event, whose `cut` is that entry. What is before the start is
   * deleted by {@link Housekeeping.removeTrimmed}. Does nothing when the trail starts there, or later, already.
   *
   * @returns whether it was moved
   */
  trim(cut: FeedPosition, event: AuditEntryDraft): Promise<boolean>;
}

/** The keys of one owner in one keyspace. */
export interface OwnerKeyCounts {
  /** The number of keys that were not revoked. */
  readonly unrevoked: number;
  /** The highest number that was ever assigned, 0 when none was. */
  readonly lastNumber: number;
}

/** One notice that a key ends: of its expiry, or of its idle end. */
export interface ExpiryNotice {
  readonly keyId: string;
  /** The end, in epoch milliseconds. */
  readonly expiresAt: number;
  /** The key expires within this number of seconds. */
  readonly thresholdSeconds: number;
}

/** The position of a key in lists. */
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
  /** Part of the name, case-insensitive for ASCII; taken literally (`%` and `_` are ordinary characters). */
  readonly q?: string | undefined;
  /** Keys with exactly this tag. */
  readonly tag?: string | undefined;
  /** Keys that this member of an owner has created. */
  readonly createdByMember?: string | undefined;
  /** Children of this key. */
  readonly parentId?: string | undefined;
  /** Keys that have a key above them that is not active at `now` or missing, or keys that have none. */
  readonly inactiveAncestor?: boolean | undefined;
  /** Keys that are bound to this resource. Kinds follow the grammar of `resource-catalogue.ts`. */
  readonly resource?: SoughtResource | undefined;
  /** Keys that expire before this time, including expired ones. Epoch milliseconds. */
  readonly expiresBefore?: number | undefined;
  /** Keys that expire after this time. Epoch milliseconds. */
  readonly expiresAfter?: number | undefined;
  /** Keys that were last used before this time, or created before it and never used. Epoch milliseconds. */
  readonly unusedSince?: number | undefined;
  /** Keys without a recorded notice for their expiry and this threshold. Seconds. */
  readonly withoutExpiryNotice?: number | undefined;
  /** Keys by their idle end: by when they have to be used. */
  readonly idle?: IdleQuery | undefined;
  /**
   * Bounds that apply to all keys of a keyspace, beside their own: they count for the state, and wherever a key's expiry or
   * idle end is compared. By keyspace, and where they have plans by the record of the owner; records are returned without them.
   */
  readonly enforced?: Readonly<Record<string, EnforcedLifetime>> | undefined;
  /** Epoch milliseconds. */
  readonly now: number;
  /** Starts after this key. */
  readonly after?: KeyPosition | undefined;
  /** Ends with this key, inclusive. */
  readonly until?: KeyPosition | undefined;
  readonly limit: number;
}

/** Keys whose idle end (`getIdleAt`) is between two times. */
export interface IdleQuery {
  /** Later than this, epoch milliseconds. */
  readonly after: number;
  /** Earlier than this, epoch milliseconds. */
  readonly before: number;
  /**
   * Only keys without a recorded notice for their idle end and this threshold, which may stay unused for at least twice as long
   * as the threshold. Seconds.
   */
  readonly withoutNotice?: number | undefined;
}

/** Which events to list. Conditions that are left out do not restrict. */
export interface AuditQuery {
  readonly ownerId?: string | undefined;
  readonly keyId?: string | undefined;
  readonly action?: string | undefined;
  /** Only events of this owner, admin or key. */
  readonly actorId?: string | undefined;
  /** Only events of this member of an owner. */
  readonly memberId?: string | undefined;
  /** Not before this time, epoch milliseconds. */
  readonly from?: number | undefined;
  /** Before this time, epoch milliseconds. */
  readonly to?: number | undefined;
  /** Only events with a smaller sequence number. */
  readonly before?: number | undefined;
  /** Only events with a higher sequence number; the page is oldest first then. */
  readonly after?: number | undefined;
  /** Ends with the event that has this sequence number, in the order of the page. */
  readonly until?: number | undefined;
  /** Which of its conditions the end was found by: no more events with it are between the ends than were counted. A hint. */
  readonly countedBy?: 'ownerId' | 'keyId' | 'actorId' | 'memberId' | undefined;
  readonly limit: number;
}

/** Which events to count off. */
export type AuditScan = Pick<AuditQuery, 'ownerId' | 'keyId' | 'actorId' | 'memberId' | 'before' | 'after'>;

/** Sequence numbers, both inclusive. */
export interface EventBounds {
  readonly first: number;
  readonly last: number;
}

/** All sequence numbers. */
export const unboundedEvents: EventBounds = { first: 0, last: Number.MAX_SAFE_INTEGER };

/** The batched uses of one key in one hour, with one verdict. */
export interface KeyUse {
  readonly keyId: string;
  /** The last one, epoch milliseconds. */
  readonly at: number;
  /** The number of uses, at least 1. */
  readonly count: number;
  readonly verdict: UseVerdict;
  /** The address that the key was used from, in canonical form; `null` when it is unknown, and for refusals. */
  readonly address: string | null;
  /** The parts of the key that were used and are not known to be recorded for that day; empty for refusals. */
  readonly parts: readonly KeyPart[];
}
