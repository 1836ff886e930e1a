import type { ApiKeyRecord } from '../domain/api-key.js';
import type { AuditEntryDraft } from '../domain/audit-entry.js';
import type { OwnerRecord } from '../domain/owner.js';
import type { WebhookRecord } from '../domain/webhook.js';
import type { CreditBalance } from '../domain/credits.js';
import { hashAuditEntry, serializeAuditEntry } from '../ports/audit-chain.js';
import type { TrailStart } from '../ports/audit-trail.js';
import { startOfFeed } from '../ports/change-feed.js';
import type { FeedPosition } from '../ports/change-feed.js';
import type { CreditChange } from '../ports/credit-ledger.js';
import type { IdempotencyClaim } from '../ports/idempotency-claims.js';
import type { ExpiryNotice, KeyStoreTransaction, OwnerKeyCounts } from '../ports/key-store.js';
import type { RevokedToken } from '../ports/token-store.js';
import { deepCopy } from './deep-copy.js';
import { countKeysOfOwner } from './count-keys-of-owner.js';
import { applyCreditChange } from './credit-balance.js';
import type { StoredEvent } from './memory-change-feed.js';
import {
  addLinked,
  formatNoticeName,
  findVisibleKey,
  type MemoryContents,
  type MemoryWebhook,
  type RemovedKey,
} from './memory-contents.js';
import { compareNewestFirst } from './newest-first.js';
import { keepUseFields } from './use-writes.js';

/** One change on a copy; a failed step undoes all of it, even if the work has caught the error. */
export class MemoryTransaction implements KeyStoreTransaction {
  readonly #keys: Map<string, ApiKeyRecord>;
  readonly #removedKeys: Map<string, RemovedKey>;
  readonly #removedNow: string[] = [];
  readonly #revokedNow: string[] = [];
  readonly #owners: Map<string, OwnerRecord>;
  readonly #changed = new Set<string>();
  readonly #events: StoredEvent[];
  readonly #removedEvents: number;
  #trailStart: TrailStart;
  readonly #claims: Map<string, IdempotencyClaim>;
  readonly #expiryNotices: Map<string, number>;
  readonly #revokedTokens: Map<string, number>;
  readonly #webhooks: Map<string, MemoryWebhook>;
  readonly #credits = new Map<string, { balance: CreditBalance | null; change: CreditChange }>();
  #failure: { readonly error: unknown } | undefined;

  readonly #maxLeaseMs: () => number;

  /** @param maxLeaseMs - returns the longest lease on the list at present */
  constructor(contents: MemoryContents, maxLeaseMs: () => number) {
    this.#maxLeaseMs = maxLeaseMs;
    this.#keys = new Map(contents.keys);
    this.#removedKeys = new Map(contents.removedKeys);
    this.#owners = new Map(contents.owners);
    this.#events = [...contents.events];
    this.#removedEvents = contents.removedEvents;
    this.#trailStart = contents.trailStart;
    this.#claims = new Map(contents.claims);
    this.#expiryNotices = new Map(contents.expiryNotices);
    this.#revokedTokens = new Map(contents.revokedTokens);
    this.#webhooks = new Map(contents.webhooks);
  }

  async maxLeaseMs(): Promise<number> {
    return this.#step(this.#maxLeaseMs);
  }

  async find(id: string, ownerId?: string): Promise<ApiKeyRecord | null> {
    return this.#step(() => deepCopy(findVisibleKey(this.#contents, id, ownerId)));
  }

  async findUnrevokedByOwner(
    ownerId: string,
    limit: number,
    keyspace?: string,
  ): Promise<readonly ApiKeyRecord[]> {
    return this.#step(() =>
      deepCopy(
        [...this.#keys.values()]
          .filter((record) => record.ownerId === ownerId && record.revokedAt === null)
          .filter((record) => keyspace === undefined || record.keyspace === keyspace)
          .sort(compareNewestFirst)
          .slice(0, limit)
          .map((record) => addLinked(this.#contents, record)),
      ),
    );
  }

  async findOwner(ownerId: string): Promise<OwnerRecord | null> {
    return this.#step(() => deepCopy(this.#owners.get(ownerId) ?? null));
  }

  async putOwner(record: OwnerRecord, event: AuditEntryDraft): Promise<void> {
    this.#step(() => {
      const stored = this.#owners.get(record.ownerId);
      if ((stored?.version ?? 0) !== record.version - 1) {
        throw new Error(`The owner ${record.ownerId} is not stored at version ${record.version - 1}`);
      }
      this.#owners.set(record.ownerId, deepCopy(record));
      this.#append(event);
    });
  }

  async countByOwner(ownerId: string, keyspace: string): Promise<OwnerKeyCounts> {
    const contents = { keys: this.#keys, removedKeys: this.#removedKeys };
    return this.#step(() => countKeysOfOwner(contents, ownerId, keyspace));
  }

  async findTaken(ids: readonly string[]): Promise<ReadonlySet<string>> {
    return this.#step(() => new Set(ids.filter((id) => this.#isTaken(id))));
  }

  #isTaken(id: string): boolean {
    return this.#keys.has(id) || this.#removedKeys.has(id);
  }

  async insert(record: ApiKeyRecord, event: AuditEntryDraft): Promise<void> {
    this.#step(() => {
      if (this.#isTaken(record.id)) throw new Error(`The key id ${record.id} is taken`);
      this.#put(record, event);
    });
  }

  async update(record: ApiKeyRecord, event: AuditEntryDraft): Promise<void> {
    this.#step(() => {
      const stored = this.#keys.get(record.id);
      if (stored === undefined || stored.version !== record.version - 1) {
        throw new Error(`The key ${record.id} is not stored at version ${record.version - 1}`);
      }
      this.#put(keepUseFields(record, stored), event);
    });
  }

  async remove({ id, version }: Pick<ApiKeyRecord, 'id' | 'version'>, event: AuditEntryDraft): Promise<void> {
    this.#step(() => {
      const stored = this.#keys.get(id);
      if (stored?.version !== version) throw new Error(`The key ${id} is not stored at version ${version}`);
      const { keyspace, ownerId, number } = stored;
      this.#removedKeys.set(id, { keyspace, ownerId, number });
      this.#removedNow.push(id);
      this.#keys.delete(id);
      for (const name of this.#expiryNotices.keys()) {
        if (name.endsWith(` ${id}`)) this.#expiryNotices.delete(name);
      }
      this.#append(event);
    });
  }

  /** The ids of the keys that the change has removed. */
  get removedKeyIds(): readonly string[] {
    return this.#removedNow;
  }

  /** The ids of the tokens and chains that the change has revoked, also of those that were revoked before. */
  get revokedTokenIds(): readonly string[] {
    return this.#revokedNow;
  }

  async setCredits(keyId: string, balance: CreditBalance | null, change: CreditChange): Promise<void> {
    this.#step(() => {
      this.#credits.set(keyId, { balance, change });
      const record = this.#keys.get(keyId);
      if (record === undefined) throw new Error(`The key ${keyId} is not stored`);
      this.#keys.set(keyId, { ...record, credits: applyCreditChange(record.credits, balance, change) });
    });
  }

  async claim(claim: IdempotencyClaim, expiredBefore: number): Promise<IdempotencyClaim | null> {
    return this.#step(() => {
      const before = this.#claims.get(claim.name);
      if (before !== undefined && before.createdAt >= expiredBefore) return before;
      this.#claims.set(claim.name, { ...claim });
      return null;
    });
  }

  async noteExpiry(notice: ExpiryNotice, event: AuditEntryDraft): Promise<boolean> {
    return this.#step(() => {
      const name = formatNoticeName(notice);
      if (this.#expiryNotices.has(name)) return false;
      this.#expiryNotices.set(name, notice.expiresAt);
      this.#append(event);
      return true;
    });
  }

  async revokeToken({ id, expiresAt }: RevokedToken, event: AuditEntryDraft): Promise<boolean> {
    return this.#step(() => {
      this.#revokedNow.push(id);
      if (this.#revokedTokens.has(id)) return false;
      this.#revokedTokens.set(id, expiresAt);
      this.#append(event);
      return true;
    });
  }

  async findWebhook(id: string): Promise<WebhookRecord | null> {
    return this.#step(() => deepCopy(this.#webhooks.get(id)?.record ?? null));
  }

  async countWebhooks(): Promise<number> {
    return this.#step(() => this.#webhooks.size);
  }

  async putWebhook(record: WebhookRecord, event: AuditEntryDraft): Promise<void> {
    this.#step(() => {
      const { id, version } = record;
      const stored = this.#webhooks.get(id);
      if ((stored?.record.version ?? 0) !== version - 1) {
        throw new Error(`The webhook ${id} is not stored at version ${version - 1}`);
      }
      this.#append(event);
      this.#webhooks.set(id, { record: deepCopy(record), since: stored?.since ?? this.position.sequence });
    });
  }

  async removeWebhook(
    { id, version }: Pick<WebhookRecord, 'id' | 'version'>,
    event: AuditEntryDraft,
  ): Promise<void> {
    this.#step(() => {
      if (this.#webhooks.get(id)?.record.version !== version) {
        throw new Error(`The webhook ${id} is not stored at version ${version}`);
      }
      this.#webhooks.delete(id);
      this.#append(event);
    });
  }

  async carry(
    { id, version }: Pick<ApiKeyRecord, 'id' | 'version'>,
    event: AuditEntryDraft,
  ): Promise<boolean> {
    return this.#step(() => {
      if (this.#keys.get(id)?.version !== version) return false;
      this.#append(event);
      return true;
    });
  }

  async trim({ sequence, hash }: FeedPosition, event: AuditEntryDraft): Promise<boolean> {
    return this.#step(() => {
      if (this.#trailStart.sequence >= sequence) return false;
      this.#append(event);
      this.#trailStart = { sequence, hash, entry: this.position.sequence };
      return true;
    });
  }

  get position(): FeedPosition {
    return {
      sequence: this.#removedEvents + this.#events.length,
      hash: this.#events.at(-1)?.hash ?? startOfFeed.hash,
    };
  }

  end(): void {
    this.#failure ??= { error: new Error('The transaction has ended') };
  }

  /** The stored data after the change; uses and digests that were written meanwhile are kept. */
  result(current: MemoryContents): MemoryContents {
    if (this.#failure !== undefined) throw this.#failure.error;
    const keys = new Map(current.keys);
    for (const id of this.#changed) {
      const record = this.#keys.get(id);
      const stored = keys.get(id);
      if (record === undefined) continue;
      keys.set(id, stored === undefined ? record : keepUseFields(record, stored));
    }
    for (const [id, { balance, change }] of this.#credits) {
      const record = keys.get(id);
      if (record !== undefined) {
        // Credits that were spent during the change are taken into account.
        const before = current.keys.get(id)?.credits ?? null;
        keys.set(id, { ...record, credits: applyCreditChange(before, balance, change) });
      }
    }
    for (const id of this.#removedNow) keys.delete(id);
    return {
      keys,
      removedKeys: this.#removedKeys,
      owners: this.#owners,
      events: this.#events,
      removedEvents: this.#removedEvents,
      trailStart: this.#trailStart,
      claims: this.#claims,
      expiryNotices: this.#expiryNotices,
      revokedTokens: this.#revokedTokens,
      webhooks: this.#webhooks,
    };
  }

  get #contents(): Pick<MemoryContents, 'keys' | 'owners'> {
    return { keys: this.#keys, owners: this.#owners };
  }

  #step<T>(work: () => T): T {
    if (this.#failure !== undefined) throw this.#failure.error;
    try {
      return work();
    } catch (error) {
      this.#failure = { error };
      throw error;
    }
  }

  #put(record: ApiKeyRecord, event: AuditEntryDraft): void {
    this.#keys.set(record.id, deepCopy(record));
    this.#changed.add(record.id);
    this.#append(event);
  }

  #append(event: AuditEntryDraft): void {
    const { sequence, hash: previousHash } = this.position;
    const serialized = serializeAuditEntry(event, sequence + 1);
    this.#events.push({ ...serialized, hash: hashAuditEntry(previousHash, serialized.payload) });
  }
}
