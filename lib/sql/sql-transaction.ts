import type { Transaction } from 'kysely';
import type { ApiKeyRecord } from '../domain/api-key.js';
import type { AuditEntryDraft } from '../domain/audit-entry.js';
import type { CreditBalance } from '../domain/credits.js';
import type { FeedPosition } from '../ports/change-feed.js';
import type { CreditChange } from '../ports/credit-ledger.js';
import type { IdempotencyClaim } from '../ports/idempotency-claims.js';
import type { ExpiryNotice, KeyStoreTransaction, OwnerKeyCounts } from '../ports/key-store.js';
import type { OwnerRecord } from '../domain/owner.js';
import type { WebhookRecord } from '../domain/webhook.js';
import { appendEvent, moveAuditHead } from './queries/audit-queries.js';
import { insertClaim } from './queries/claim-queries.js';
import { setCredits } from './queries/credit-queries.js';
import { insertExpiryNotice } from './queries/expiry-notices.js';
import { readMaxLease } from './queries/feed-queries.js';
import { insertKey, updateKey } from './queries/key-changes.js';
import { findTakenIds } from './queries/taken-ids.js';
import { countKeysOfOwner, findKey, findUnrevokedKeys } from './queries/key-queries.js';
import { findOwner, writeOwner } from './queries/owner-queries.js';
import { asUnavailable } from './as-unavailable.js';
import type { LockedHead } from './server-history.js';
import type { SqlDialect } from './sql-database.js';
import type { Tables } from './tables.js';
import { deleteRefreshGrant, insertRevokedToken } from './queries/token-queries.js';
import { deleteKey } from './queries/removed-keys.js';
import {
  countWebhooks,
  deleteWebhook,
  findWebhook,
  insertQueue,
  writeWebhook,
} from './queries/webhook-queries.js';
import { isKeyAtVersion, readTrailStart, writeTrailStart } from './queries/trail-start.js';
import { Mutex } from './mutex.js';
import type { RevokedToken } from '../ports/token-store.js';

/**
 * One change under the lock on the head of the trail. Steps run one after the other, even when they are not awaited.
 * A failed step has undone the whole transaction (PostgreSQL would answer "commit" with a silent rollback), so every
 * later step and the end fail with the same error, even if the work has caught it.
 */
export class SqlTransaction implements KeyStoreTransaction {
  readonly unlistedLeaseMs: number;
  readonly #transaction: Transaction<Tables>;
  readonly #dialect: SqlDialect;
  readonly #channel: string | null;
  readonly #steps = new Mutex();
  #head: FeedPosition;
  #headMoved = false;
  #failure: { readonly error: unknown } | undefined;

  /** @param channel - the channel on which PostgreSQL notifies other processes of the change */
  constructor(
    transaction: Transaction<Tables>,
    dialect: SqlDialect,
    { head, unlistedLeaseMs }: LockedHead,
    channel: string | null,
  ) {
    this.#transaction = transaction;
    this.#dialect = dialect;
    this.#head = head;
    this.unlistedLeaseMs = unlistedLeaseMs;
    this.#channel = channel;
  }

  get position(): FeedPosition {
    return this.#head;
  }

  maxLeaseMs(): Promise<number> {
    return this.#step(() => readMaxLease(this.#transaction));
  }

  find(id: string, ownerId?: string): Promise<ApiKeyRecord | null> {
    return this.#step(() => findKey(this.#transaction, this.#dialect, id, ownerId));
  }

  findTaken(ids: readonly string[]): Promise<ReadonlySet<string>> {
    return this.#step(() => findTakenIds(this.#transaction, this.#dialect, ids));
  }

  findUnrevokedByOwner(ownerId: string, limit: number, keyspace?: string): Promise<readonly ApiKeyRecord[]> {
    return this.#step(() => findUnrevokedKeys(this.#transaction, this.#dialect, ownerId, limit, keyspace));
  }

  findOwner(ownerId: string): Promise<OwnerRecord | null> {
    return this.#step(() => findOwner(this.#transaction, ownerId));
  }

  putOwner(record: OwnerRecord, event: AuditEntryDraft): Promise<void> {
    return this.#step(async () => {
      await writeOwner(this.#transaction, record);
      await this.#append(event);
    });
  }

  countByOwner(ownerId: string, keyspace: string, enough?: number): Promise<OwnerKeyCounts> {
    return this.#step(() => countKeysOfOwner(this.#transaction, ownerId, keyspace, enough));
  }

  insert(record: ApiKeyRecord, event: AuditEntryDraft): Promise<void> {
    return this.#step(async () => {
      await insertKey(this.#transaction, record);
      await this.#append(event);
    });
  }

  update(record: ApiKeyRecord, event: AuditEntryDraft): Promise<void> {
    return this.#step(async () => {
      await updateKey(this.#transaction, record);
      await this.#append(event);
    });
  }

  remove(key: Pick<ApiKeyRecord, 'id' | 'version'>, event: AuditEntryDraft): Promise<void> {
    return this.#step(async () => {
      await deleteKey(this.#transaction, this.#dialect, key);
      await this.#append(event);
    });
  }

  setCredits(keyId: string, balance: CreditBalance | null, change: CreditChange): Promise<void> {
    return this.#step(() => setCredits(this.#transaction, keyId, balance, change));
  }

  claim(claim: IdempotencyClaim, expiredBefore: number): Promise<IdempotencyClaim | null> {
    return this.#step(() => insertClaim(this.#transaction, claim, expiredBefore));
  }

  noteExpiry(notice: ExpiryNotice, event: AuditEntryDraft): Promise<boolean> {
    return this.#step(async () => {
      const isFirst = await insertExpiryNotice(this.#transaction, notice);
      if (isFirst) await this.#append(event);
      return isFirst;
    });
  }

  revokeToken(token: RevokedToken, event: AuditEntryDraft): Promise<boolean> {
    return this.#step(async () => {
      const isFirst = await insertRevokedToken(this.#transaction, token);
      await deleteRefreshGrant(this.#transaction, token.id);
      if (isFirst) await this.#append(event);
      return isFirst;
    });
  }

  findWebhook(id: string): Promise<WebhookRecord | null> {
    return this.#step(() => findWebhook(this.#transaction, id));
  }

  countWebhooks(): Promise<number> {
    return this.#step(() => countWebhooks(this.#transaction));
  }

  putWebhook(record: WebhookRecord, event: AuditEntryDraft): Promise<void> {
    return this.#step(async () => {
      await writeWebhook(this.#transaction, record);
      await this.#append(event);
      if (record.version === 1) await insertQueue(this.#transaction, record.id, this.#head.sequence, null);
    });
  }

  removeWebhook(webhook: Pick<WebhookRecord, 'id' | 'version'>, event: AuditEntryDraft): Promise<void> {
    return this.#step(async () => {
      await deleteWebhook(this.#transaction, webhook);
      await this.#append(event);
    });
  }

  carry(key: Pick<ApiKeyRecord, 'id' | 'version'>, event: AuditEntryDraft): Promise<boolean> {
    return this.#step(async () => {
      const isStored = await isKeyAtVersion(this.#transaction, key);
      if (isStored) await this.#append(event);
      return isStored;
    });
  }

  trim({ sequence, hash }: FeedPosition, event: AuditEntryDraft): Promise<boolean> {
    return this.#step(async () => {
      if ((await readTrailStart(this.#transaction)).sequence >= sequence) return false;
      await this.#append(event);
      await writeTrailStart(this.#transaction, { sequence, hash, entry: this.#head.sequence });
      return true;
    });
  }

  /** Ends the work: stores the head, or rejects with the error of a failed step. No step is possible after it. */
  async finish(): Promise<void> {
    await this.#step(async () => {
      if (!this.#headMoved) return;
      await asUnavailable(() => moveAuditHead(this.#transaction, this.#head, this.#channel));
    });
    this.#failure = { error: new Error('The transaction is over') };
  }

  /**
   * Rejects further steps and waits for the running one, because a statement that is sent after the rollback would be
   * carried out outside of any transaction.
   */
  async abandon(): Promise<void> {
    this.#failure ??= { error: new Error('The transaction is over') };
    await this.#steps.empty();
  }

  #step<T>(work: () => Promise<T>): Promise<T> {
    return this.#steps.pass(async () => {
      if (this.#failure !== undefined) throw this.#failure.error;
      try {
        return await work();
      } catch (error) {
        this.#failure ??= { error };
        throw error;
      }
    });
  }

  async #append(event: AuditEntryDraft): Promise<void> {
    this.#head = await asUnavailable(() => appendEvent(this.#transaction, this.#head, event));
    this.#headMoved = true;
  }
}
