import { isSecret } from '../domain/credential.js';
import { withDeadline } from '../deadline.js';
import type { ApiKeyRecord } from '../domain/api-key.js';
import type { AuditEvent, AuditEventDraft } from '../domain/audit-event.js';
import { refilled, type CreditBalance } from '../domain/credits.js';
import { stateOf } from '../domain/key-state.js';
import { auditHash, auditPayload, parseAuditPayload } from '../ports/audit-chain.js';
import { startOfFeed } from '../ports/change-feed.js';
import type { FeedPosition } from '../ports/change-feed.js';
import { MemoryAccessLog } from './memory-access-log.js';
import { memoryAuditTrail } from './memory-audit-trail.js';
import { MemoryOneTimeNames } from './memory-one-time-names.js';
import { MemoryUsageLog } from './memory-usage-log.js';
import { MemoryChangeFeed } from './memory-change-feed.js';
import { memoryTokenStore } from './memory-token-store.js';
import type { RevokedToken } from '../ports/token-store.js';
import type { StoredEvent } from './memory-change-feed.js';
import type { CreditChange, CreditPayment } from '../ports/credit-ledger.js';
import type { IdempotencyClaim } from '../ports/idempotency-claims.js';
import type {
  AuditQuery,
  ExpiryNotice,
  KeyQuery,
  KeyStore,
  KeyStoreTransaction,
  KeyUse,
  OwnerKeyCounts,
} from '../ports/key-store.js';

/** Milliseconds that the work of a change may take. */
const deadlineMs = 2000;

/** What is stored. Nothing in it is ever changed: a change makes new maps and records. */
interface Contents {
  readonly keys: ReadonlyMap<string, ApiKeyRecord>;
  readonly events: readonly StoredEvent[];
  readonly claims: ReadonlyMap<string, IdempotencyClaim>;
  /** Names of notices, see {@link nameOfNotice}. */
  readonly expiryNotices: ReadonlySet<string>;
  /** Tokens that were taken back -> until when that counts. */
  readonly revokedTokens: ReadonlyMap<string, number>;
}

/** Keys in this process, for tests and demos. Gone when the process ends, and unknown to other processes. */
export function memoryStore(): KeyStore {
  let contents: Contents = {
    keys: new Map(),
    events: [],
    claims: new Map(),
    expiryNotices: new Set(),
    revokedTokens: new Map(),
  };
  let lastChange: Promise<unknown> = Promise.resolve();
  const feed = new MemoryChangeFeed(() => contents.events);
  const usage = new MemoryUsageLog();

  const replaceKey = (record: ApiKeyRecord): void => {
    contents = { ...contents, keys: new Map(contents.keys).set(record.id, record) };
  };

  async function change<T>(work: (transaction: KeyStoreTransaction) => Promise<T>): Promise<T> {
    const transaction = new MemoryTransaction(contents);
    try {
      const result = await withDeadline(work(transaction), deadlineMs, 'The work of a change');
      const before = contents.events.length;
      contents = transaction.result(contents);
      if (contents.events.length > before) feed.tell();
      return result;
    } finally {
      transaction.end();
    }
  }

  return {
    feed,
    accessLog: new MemoryAccessLog(),
    trail: memoryAuditTrail(() => contents),
    usage,
    oneTimeNames: new MemoryOneTimeNames(),
    tokens: memoryTokenStore((id) => contents.revokedTokens.has(id)),
    claims: { find: async (name) => contents.claims.get(name) ?? null },
    credits: {
      async spend(keyId, cost, now) {
        const record = contents.keys.get(keyId);
        const { payment, left } = paid(record?.credits ?? null, cost, now);
        if (record !== undefined && payment.isPaid) replaceKey({ ...record, credits: left });
        return payment;
      },
    },
    open: async () => undefined,
    close: async () => undefined,
    find: async (id, ownerId) => copied(visibleKey(contents.keys, id, ownerId)),
    existing: async (ids) => new Set(ids.filter((id) => contents.keys.has(id))),
    list: async (query) => copied(pageOfKeys(contents, query)),
    listEvents: async (query) => pageOfEvents(contents.events, query),

    transact(work) {
      const result = lastChange.then(() => change(work));
      lastChange = result.catch(() => undefined);
      return result;
    },

    async addDigest(keyId, credentialId, pepperId, digest) {
      const record = contents.keys.get(keyId);
      if (record !== undefined) replaceKey(withDigest(record, credentialId, pepperId, digest));
    },

    async recordUse(uses) {
      for (const use of uses) {
        const record = contents.keys.get(use.keyId);
        if (record === undefined) continue;
        usage.add(use);
        if (use.verdict === 'allowed') replaceKey(usedAt(record, use));
      }
    },
  };
}

/** A key; with `ownerId`, only if it belongs to that owner. */
function visibleKey(
  keys: ReadonlyMap<string, ApiKeyRecord>,
  id: string,
  ownerId: string | undefined,
): ApiKeyRecord | null {
  const record = keys.get(id);
  if (record === undefined || (ownerId !== undefined && record.ownerId !== ownerId)) return null;
  return record;
}

/** One change on a copy; a step that failed undoes the whole of it, even if the work has caught the error. */
class MemoryTransaction implements KeyStoreTransaction {
  readonly #keys: Map<string, ApiKeyRecord>;
  readonly #changed = new Set<string>();
  readonly #events: StoredEvent[];
  readonly #claims: Map<string, IdempotencyClaim>;
  readonly #expiryNotices: Set<string>;
  readonly #revokedTokens: Map<string, number>;
  readonly #credits = new Map<string, { balance: CreditBalance | null; change: CreditChange }>();
  #failure: { readonly error: unknown } | undefined;

  constructor(contents: Contents) {
    this.#keys = new Map(contents.keys);
    this.#events = [...contents.events];
    this.#claims = new Map(contents.claims);
    this.#expiryNotices = new Set(contents.expiryNotices);
    this.#revokedTokens = new Map(contents.revokedTokens);
  }

  async find(id: string, ownerId?: string): Promise<ApiKeyRecord | null> {
    return this.#step(() => copied(visibleKey(this.#keys, id, ownerId)));
  }

  async findUnrevokedByOwner(
    ownerId: string,
    limit: number,
    keyspace?: string,
  ): Promise<readonly ApiKeyRecord[]> {
    return this.#step(() =>
      copied(
        [...this.#keys.values()]
          .filter((record) => record.ownerId === ownerId && record.revokedAt === null)
          .filter((record) => keyspace === undefined || record.keyspace === keyspace)
          .sort(newestFirst)
          .slice(0, limit),
      ),
    );
  }

  async countByOwner(ownerId: string, keyspace: string): Promise<OwnerKeyCounts> {
    return this.#step(() => {
      const keys = [...this.#keys.values()].filter(
        (record) => record.ownerId === ownerId && record.keyspace === keyspace,
      );
      return {
        unrevoked: keys.filter(({ revokedAt }) => revokedAt === null).length,
        lastNumber: keys.reduce((last, { number }) => Math.max(last, number ?? 0), 0),
      };
    });
  }

  async insert(record: ApiKeyRecord, event: AuditEventDraft): Promise<void> {
    this.#step(() => {
      if (this.#keys.has(record.id)) throw new Error(`The key id ${record.id} is taken`);
      this.#put(record, event);
    });
  }

  async update(record: ApiKeyRecord, event: AuditEventDraft): Promise<void> {
    this.#step(() => {
      const stored = this.#keys.get(record.id);
      if (stored === undefined || stored.version !== record.version - 1) {
        throw new Error(`The key ${record.id} is not stored at version ${record.version - 1}`);
      }
      this.#put(withWhatUseWrote(record, stored), event);
    });
  }

  async setCredits(keyId: string, balance: CreditBalance | null, change: CreditChange): Promise<void> {
    this.#step(() => {
      this.#credits.set(keyId, { balance, change });
      const record = this.#keys.get(keyId);
      if (record === undefined) throw new Error(`The key ${keyId} is not stored`);
      this.#keys.set(keyId, { ...record, credits: changedCredits(record.credits, balance, change) });
    });
  }

  async claim(claim: IdempotencyClaim, expiredBefore: number): Promise<IdempotencyClaim | null> {
    return this.#step(() => {
      for (const [name, { createdAt }] of this.#claims) {
        if (createdAt < expiredBefore) this.#claims.delete(name);
      }
      const before = this.#claims.get(claim.name);
      if (before === undefined) this.#claims.set(claim.name, { ...claim });
      return before ?? null;
    });
  }

  async noteExpiry(notice: ExpiryNotice, event: AuditEventDraft): Promise<boolean> {
    return this.#step(() => {
      const name = nameOfNotice(notice);
      if (this.#expiryNotices.has(name)) return false;
      this.#expiryNotices.add(name);
      this.#append(event);
      return true;
    });
  }

  async revokeToken({ id, expiresAt }: RevokedToken, event: AuditEventDraft): Promise<boolean> {
    return this.#step(() => {
      for (const [old, end] of this.#revokedTokens) if (end <= event.at) this.#revokedTokens.delete(old);
      if (this.#revokedTokens.has(id)) return false;
      this.#revokedTokens.set(id, expiresAt);
      this.#append(event);
      return true;
    });
  }

  get position(): FeedPosition {
    return { sequence: this.#events.length, hash: this.#events.at(-1)?.hash ?? startOfFeed.hash };
  }

  end(): void {
    this.#failure ??= { error: new Error('The transaction is over') };
  }

  /** What is stored after the change; uses and digests that came in meanwhile are kept. */
  result(current: Contents): Contents {
    if (this.#failure !== undefined) throw this.#failure.error;
    const keys = new Map(current.keys);
    for (const id of this.#changed) {
      const record = this.#keys.get(id);
      const stored = keys.get(id);
      if (record === undefined) continue;
      keys.set(id, stored === undefined ? record : withWhatUseWrote(record, stored));
    }
    for (const [id, { balance, change }] of this.#credits) {
      const record = keys.get(id);
      if (record !== undefined) {
        // What was spent while the change was made counts.
        const before = current.keys.get(id)?.credits ?? null;
        keys.set(id, { ...record, credits: changedCredits(before, balance, change) });
      }
    }
    return {
      keys,
      events: this.#events,
      claims: this.#claims,
      expiryNotices: this.#expiryNotices,
      revokedTokens: this.#revokedTokens,
    };
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

  #put(record: ApiKeyRecord, event: AuditEventDraft): void {
    this.#keys.set(record.id, copied(record));
    this.#changed.add(record.id);
    this.#append(event);
  }

  #append(event: AuditEventDraft): void {
    const { sequence, hash: previousHash } = this.position;
    const payload = auditPayload(event, sequence + 1);
    const hash = auditHash(previousHash, payload);
    this.#events.push({ payload, hash });
  }
}

/** A change does not write the time and number of uses, nor the digests of credentials that were stored before. */
function withWhatUseWrote(record: ApiKeyRecord, stored: ApiKeyRecord): ApiKeyRecord {
  const digestsById = new Map(stored.credentials.filter(isSecret).map(({ id, digests }) => [id, digests]));
  const credentials = record.credentials.map((credential) =>
    isSecret(credential)
      ? { ...credential, digests: digestsById.get(credential.id) ?? credential.digests }
      : credential,
  );
  const { lastUsedAt, useCount, lastUsedAddress, credits } = stored;
  return { ...record, lastUsedAt, useCount, lastUsedAddress, credits, credentials };
}

function changedCredits(
  before: CreditBalance | null,
  balance: CreditBalance | null,
  change: CreditChange,
): CreditBalance | null {
  if (balance === null || before === null || change === 'set') return balance;
  const { remaining } = refilled(before, balance.refilledAt);
  return { ...balance, remaining: Math.min(balance.remaining, remaining) };
}

function paid(
  balance: CreditBalance | null,
  cost: number,
  now: number,
): { payment: CreditPayment; left: CreditBalance | null } {
  if (balance === null) return { payment: { isPaid: false, refillsAt: null }, left: null };
  const current = refilled(balance, now);
  if (current.remaining >= cost) {
    const left = { ...current, remaining: current.remaining - cost };
    return { payment: { isPaid: true, refillsAt: null }, left };
  }
  const { refilledAt, refillIntervalSeconds } = current;
  const refillsAt = refillIntervalSeconds === null ? null : refilledAt + refillIntervalSeconds * 1000;
  return { payment: { isPaid: false, refillsAt }, left: balance };
}

function withDigest(
  record: ApiKeyRecord,
  credentialId: string,
  pepperId: string,
  digest: string,
): ApiKeyRecord {
  const credentials = record.credentials.map((credential) => {
    if (credential.id !== credentialId || !isSecret(credential)) return credential;
    const isMissing = !Object.hasOwn(credential.digests, pepperId);
    return isMissing ? { ...credential, digests: { ...credential.digests, [pepperId]: digest } } : credential;
  });
  return { ...record, credentials };
}

function usedAt(record: ApiKeyRecord, use: KeyUse): ApiKeyRecord {
  const useCount = record.useCount + use.count;
  if (record.lastUsedAt !== null && use.at < record.lastUsedAt) return { ...record, useCount };
  return { ...record, useCount, lastUsedAt: use.at, lastUsedAddress: use.address ?? record.lastUsedAddress };
}

function pageOfKeys({ keys, expiryNotices }: Contents, query: KeyQuery): readonly ApiKeyRecord[] {
  const { withoutExpiryNotice: thresholdSeconds } = query;
  const isNoticed = ({ id: keyId, expiresAt }: ApiKeyRecord): boolean =>
    thresholdSeconds !== undefined &&
    expiresAt !== null &&
    expiryNotices.has(nameOfNotice({ keyId, expiresAt, thresholdSeconds }));
  return [...keys.values()]
    .filter((record) => isWanted(record, query) && !isNoticed(record))
    .sort(newestFirst)
    .slice(0, query.limit);
}

function isWanted(record: ApiKeyRecord, query: KeyQuery): boolean {
  const { ownerId, keyspace, state, scope, q, now, after } = query;
  if (ownerId !== undefined && record.ownerId !== ownerId) return false;
  if (keyspace !== undefined && record.keyspace !== keyspace) return false;
  if (state !== undefined && stateOf(record, now) !== state) return false;
  if (scope !== undefined && !record.scopes.includes(scope)) return false;
  if (q !== undefined && !lowerAscii(record.name).includes(lowerAscii(q))) return false;
  if (!isWantedByTime(record, query)) return false;
  if (query.tag !== undefined && !record.tags.includes(query.tag)) return false;
  return after === undefined || newestFirst(after, record) < 0;
}

function isWantedByTime(record: ApiKeyRecord, query: KeyQuery): boolean {
  const { expiresBefore, expiresAfter, unusedSince } = query;
  const { expiresAt, lastUsedAt, createdAt } = record;
  if (expiresBefore !== undefined && !(expiresAt !== null && expiresAt < expiresBefore)) return false;
  if (expiresAfter !== undefined && !(expiresAt !== null && expiresAt > expiresAfter)) return false;
  return unusedSince === undefined || (lastUsedAt ?? createdAt) < unusedSince;
}

function nameOfNotice({ keyId, expiresAt, thresholdSeconds }: ExpiryNotice): string {
  return `${thresholdSeconds} ${expiresAt} ${keyId}`;
}

/** By code unit, as stores order; a locale would order differently elsewhere. */
function newestFirst(
  a: Pick<ApiKeyRecord, 'createdAt' | 'id'>,
  b: Pick<ApiKeyRecord, 'createdAt' | 'id'>,
): number {
  if (a.createdAt !== b.createdAt) return b.createdAt - a.createdAt;
  if (a.id === b.id) return 0;
  return a.id < b.id ? 1 : -1;
}

function lowerAscii(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function pageOfEvents(events: readonly StoredEvent[], query: AuditQuery): readonly AuditEvent[] {
  const { after, limit } = query;
  const wanted = events
    .map(({ payload, hash }) => parseAuditPayload(payload, hash))
    .filter((event) => isWantedEvent(event, query));
  return (after === undefined ? wanted.reverse() : wanted).slice(0, limit);
}

function isWantedEvent(event: AuditEvent, query: AuditQuery): boolean {
  const { ownerId, keyId, action, actorId, from, to, before, after } = query;
  if (ownerId !== undefined && event.ownerId !== ownerId) return false;
  if (keyId !== undefined && event.keyId !== keyId) return false;
  if (action !== undefined && event.action !== action) return false;
  if (actorId !== undefined && event.actor.id !== actorId) return false;
  if (from !== undefined && event.at < from) return false;
  if (to !== undefined && event.at >= to) return false;
  if (before !== undefined && event.sequence >= before) return false;
  return after === undefined || event.sequence > after;
}

/** Neither side can change what the other one holds. Records are JSON values, so JSON copies them exactly. */
function copied<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
