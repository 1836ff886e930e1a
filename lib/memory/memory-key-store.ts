import { withDeadline } from '../deadline.js';
import type { ApiKeyRecord } from '../domain/api-key.js';
import type { AuditEvent, AuditEventDraft } from '../domain/audit-event.js';
import { stateOf } from '../domain/key-state.js';
import { auditHash, auditPayload, parseAuditPayload } from '../ports/audit-chain.js';
import { startOfFeed } from '../ports/change-feed.js';
import type { FeedPosition } from '../ports/change-feed.js';
import { MemoryChangeFeed } from './memory-change-feed.js';
import type { StoredEvent } from './memory-change-feed.js';
import type { AuditQuery, KeyQuery, KeyStore, KeyStoreTransaction, KeyUse } from '../ports/key-store.js';

/** Milliseconds that the work of a change may take. */
const deadlineMs = 2000;

/** What is stored. Nothing in it is ever changed: a change makes new maps and records. */
interface Contents {
  readonly keys: ReadonlyMap<string, ApiKeyRecord>;
  readonly events: readonly StoredEvent[];
}

/** Keys in this process, for tests and demos. Gone when the process ends, and unknown to other processes. */
export function memoryStore(): KeyStore {
  let contents: Contents = { keys: new Map(), events: [] };
  let lastChange: Promise<unknown> = Promise.resolve();
  const feed = new MemoryChangeFeed(() => contents.events);

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
    open: async () => undefined,
    close: async () => undefined,
    find: async (id, ownerId) => copied(visibleKey(contents.keys, id, ownerId)),
    list: async (query) => copied(pageOfKeys([...contents.keys.values()], query)),
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
        if (record !== undefined) replaceKey(usedAt(record, use));
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
  #failure: { readonly error: unknown } | undefined;

  constructor(contents: Contents) {
    this.#keys = new Map(contents.keys);
    this.#events = [...contents.events];
  }

  async find(id: string, ownerId?: string): Promise<ApiKeyRecord | null> {
    return this.#step(() => copied(visibleKey(this.#keys, id, ownerId)));
  }

  async findUnrevokedByOwner(ownerId: string, limit: number): Promise<readonly ApiKeyRecord[]> {
    return this.#step(() =>
      copied(
        [...this.#keys.values()]
          .filter((record) => record.ownerId === ownerId && record.revokedAt === null)
          .sort(newestFirst)
          .slice(0, limit),
      ),
    );
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
    return { keys, events: this.#events };
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
    const { sequence, hash: previousHash } = this.position;
    const payload = auditPayload(event, sequence + 1);
    const hash = auditHash(previousHash, payload);
    this.#events.push({ payload, hash });
  }
}

/** A change does not write the time and number of uses, nor the digests of credentials that were stored before. */
function withWhatUseWrote(record: ApiKeyRecord, stored: ApiKeyRecord): ApiKeyRecord {
  const digestsById = new Map(stored.credentials.map(({ id, digests }) => [id, digests]));
  const credentials = record.credentials.map((credential) => ({
    ...credential,
    digests: digestsById.get(credential.id) ?? credential.digests,
  }));
  const { lastUsedAt, useCount, lastUsedAddress, credits } = stored;
  return { ...record, lastUsedAt, useCount, lastUsedAddress, credits, credentials };
}

function withDigest(
  record: ApiKeyRecord,
  credentialId: string,
  pepperId: string,
  digest: string,
): ApiKeyRecord {
  const credentials = record.credentials.map((credential) => {
    const isMissing = credential.id === credentialId && !Object.hasOwn(credential.digests, pepperId);
    return isMissing ? { ...credential, digests: { ...credential.digests, [pepperId]: digest } } : credential;
  });
  return { ...record, credentials };
}

function usedAt(record: ApiKeyRecord, use: KeyUse): ApiKeyRecord {
  const lastUsedAt = Math.max(use.at, record.lastUsedAt ?? use.at);
  return { ...record, lastUsedAt, useCount: record.useCount + use.count };
}

function pageOfKeys(records: readonly ApiKeyRecord[], query: KeyQuery): readonly ApiKeyRecord[] {
  return records
    .filter((record) => isWanted(record, query))
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
  return after === undefined || newestFirst(after, record) < 0;
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
  const { ownerId, keyId, action, before, limit } = query;
  return events
    .map(({ payload, hash }) => parseAuditPayload(payload, hash))
    .filter((event) => ownerId === undefined || event.ownerId === ownerId)
    .filter((event) => keyId === undefined || event.keyId === keyId)
    .filter((event) => action === undefined || event.action === action)
    .filter((event) => before === undefined || event.sequence < before)
    .reverse()
    .slice(0, limit);
}

/** Neither side can change what the other one holds. Records are JSON values, so JSON copies them exactly. */
function copied<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
