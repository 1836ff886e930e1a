import { withDeadline } from '../deadline.js';
import type { ApiKeyRecord } from '../domain/api-key.js';
import { isEndedBefore } from '../domain/is-ended-before.js';
import { uncutTrail } from '../ports/audit-trail.js';
import type { Housekeeping } from '../ports/housekeeping.js';
import type { KeyStore, KeyStoreTransaction } from '../ports/key-store.js';
import { deepCopy } from './deep-copy.js';
import { deleteSome } from './delete-some.js';
import { MemoryAccessLog } from './memory-access-log.js';
import { createMemoryAuditTrail } from './memory-audit-trail.js';
import { MemoryChangeFeed, type StoredEvent } from './memory-change-feed.js';
import { addLinked, findVisibleKey, type MemoryContents } from './memory-contents.js';
import { createMemoryCreditLedger } from './memory-credit-ledger.js';
import { MemoryEventStore } from './memory-event-store.js';
import { MemoryObservationLog } from './memory-observation-log.js';
import { MemoryNonceStore } from './memory-nonce-store.js';
import { createMemoryTokenStore } from './memory-token-store.js';
import { MemoryTransaction } from './memory-transaction.js';
import { MemoryUsageLog } from './memory-usage-log.js';
import { findEventBounds, listEventsPage } from './page-of-events.js';
import { listKeysPage, findScanEnd } from './page-of-keys.js';
import { listOwnersPage, listOwnersWithKeys } from './page-of-owners.js';
import { addUse, withDigest } from './use-writes.js';
import { countKeysOfOwner } from './count-keys-of-owner.js';

/** How long the work of a change may take, in milliseconds. */
const deadlineMs = 2000;

/**
 * Keeps keys in this process, for tests and demos. They are lost when the process ends, and unknown to other
 * processes.
 *
 * @example
 * const apiKeys = createApiKeys({ prefix: 'acme', scopes, pepper, store: memoryStore() });
 */
export function memoryStore(): KeyStore {
  let contents: MemoryContents = {
    keys: new Map(),
    removedKeys: new Map(),
    owners: new Map(),
    events: [],
    removedEvents: 0,
    trailStart: uncutTrail,
    claims: new Map(),
    expiryNotices: new Map(),
    revokedTokens: new Map(),
    webhooks: new Map(),
  };
  let lastChange: Promise<unknown> = Promise.resolve();
  /** Runs work after all work before it. */
  function runInTurn<T>(work: () => T | Promise<T>): Promise<T> {
    const result = lastChange.then(work);
    lastChange = result.catch(() => undefined);
    return result;
  }

  const feed = new MemoryChangeFeed(() => contents, runInTurn);
  const accessLog = new MemoryAccessLog();
  const observations = new MemoryObservationLog();
  const usage = new MemoryUsageLog((id) => contents.keys.get(id));
  const nonces = new MemoryNonceStore();
  const tokens = createMemoryTokenStore(
    (id) => contents.revokedTokens.has(id),
    (keyId) => contents.keys.get(keyId)?.revokedAt === null,
  );

  const removeExpired: Housekeeping['removeExpired'] = async (rows, time, limit) => {
    if (rows === 'nonces') return nonces.removeExpired(time, limit);
    if (rows === 'refreshGrants') return tokens.removeExpired(time, limit);
    // Changes work on copies: rows that are removed during a change would be back after it.
    return runInTurn(() => {
      const claims = new Map(contents.claims);
      const revokedTokens = new Map(contents.revokedTokens);
      const expiryNotices = new Map(contents.expiryNotices);
      const removed =
        rows === 'claims'
          ? deleteSome(claims, limit, ({ createdAt }) => createdAt < time)
          : deleteSome(rows === 'revokedTokens' ? revokedTokens : expiryNotices, limit, (end) => end <= time);
      contents = { ...contents, claims, revokedTokens, expiryNotices };
      return removed;
    });
  };

  const replaceKey = (record: ApiKeyRecord): void => {
    contents = { ...contents, keys: new Map(contents.keys).set(record.id, record) };
  };

  const credits = createMemoryCreditLedger((id) => contents.keys.get(id), replaceKey);

  async function change<T>(work: (transaction: KeyStoreTransaction) => Promise<T>): Promise<T> {
    const transaction = new MemoryTransaction(contents, () => feed.maxLeaseMs());
    try {
      const result = await withDeadline(work(transaction), deadlineMs, 'The work of a change');
      const before = contents.events.length;
      contents = transaction.result(contents);
      usage.forgetKeys(transaction.removedKeyIds, Infinity);
      for (const id of transaction.removedKeyIds) usage.forgetParts(id);
      tokens.removeOfKeys(transaction.removedKeyIds);
      tokens.removeChains(transaction.revokedTokenIds);
      if (contents.events.length > before) feed.notify();
      return result;
    } finally {
      transaction.end();
    }
  }

  return {
    feed,
    accessLog,
    observations,
    trail: createMemoryAuditTrail(() => contents),
    usage,
    nonces,
    tokens,
    events: new MemoryEventStore(() => contents),
    housekeeping: {
      removeExpired,
      async findEndedKeys(time, limit) {
        const records = [...contents.keys.values()];
        const parents = new Set(records.map(({ parentId }) => parentId));
        const leaves = records.filter(({ id }) => !parents.has(id));
        const ended = leaves.filter((record) => isEndedBefore(addLinked(contents, record), time));
        return ended.slice(0, limit).map(({ id }) => id);
      },
      removeUsage: async (keyIds, limit) => usage.forgetKeys(keyIds, limit),
      removeTrimmed: (limit) =>
        // Changes work on copies: what is removed during a change would be back after it.
        runInTurn(() => {
          const { events, removedEvents, trailStart } = contents;
          const removed = Math.min(limit, trailStart.sequence - removedEvents);
          contents = { ...contents, events: events.slice(removed), removedEvents: removedEvents + removed };
          return removed;
        }),
    },
    erasure: {
      eraseFromTrail: (sequences) =>
        // Changes work on copies: what is erased during a change would be back after it.
        runInTurn(() => {
          const wanted = new Set(sequences);
          const isDue = ({ personal }: StoredEvent, index: number): boolean =>
            personal !== null && wanted.has(contents.removedEvents + index + 1);
          const erased = contents.events.filter(isDue).length;
          const events = contents.events.map((event, index) =>
            isDue(event, index) ? { ...event, personal: null } : event,
          );
          contents = { ...contents, events };
          return erased;
        }),
      eraseFromAccessLog: (ownerId, limit) =>
        accessLog.eraseOwner(ownerId, (id) => contents.keys.get(id)?.ownerId === ownerId, limit),
      eraseFromObservations: (ownerId, limit) => observations.eraseOwner(ownerId, limit),
      async eraseTraces(keyIds) {
        const used = keyIds
          .map((id) => contents.keys.get(id))
          .filter((record) => record !== undefined && record.lastUsedAddress !== null) as ApiKeyRecord[];
        for (const record of used) replaceKey({ ...record, lastUsedAddress: null });
        for (const id of keyIds) usage.forgetParts(id);
        return { lastUsedAddresses: used.length, refreshGrants: tokens.removeOfKeys(keyIds) };
      },
      eraseRoutes: async (keyIds, limit) => usage.forgetRoutes(keyIds, limit),
      eraseSpentCredits: async (ownerId) => credits.forget(ownerId),
    },
    claims: { find: async (name) => contents.claims.get(name) ?? null },
    credits,
    open: async () => undefined,
    close: async () => undefined,
    owners: {
      find: async (ownerId) => deepCopy(contents.owners.get(ownerId) ?? null),
      list: async (query) => deepCopy(listOwnersPage(contents.owners, query)),
      findScanEnd: async (after, rows) =>
        listOwnersPage(contents.owners, { after, limit: rows })[rows - 1]?.ownerId ?? null,
      listWithKeys: async (query) => listOwnersWithKeys(contents.keys, query),
      countKeys: async (...keys) => countKeysOfOwner(contents, ...keys).unrevoked,
    },
    find: async (id, ownerId) => deepCopy(findVisibleKey(contents, id, ownerId)),
    existing: async (ids) => new Set(ids.filter((id) => contents.keys.has(id))),
    findTaken: async (ids) =>
      new Set(ids.filter((id) => contents.keys.has(id) || contents.removedKeys.has(id))),
    list: async (query) => deepCopy(listKeysPage(contents, query)),
    findScanEnd: async (query, rows) => findScanEnd(contents, query, rows),
    listEvents: async (query) => listEventsPage(contents.events, query),
    findEventScanEnd: async (query, rows) =>
      listEventsPage(contents.events, { ...query, limit: rows })[rows - 1]?.sequence ?? null,
    findEventBounds: async (time, rows) => findEventBounds(contents.events, time, rows),

    transact: (work) => runInTurn(() => change(work)),

    async addDigest(keyId, credentialId, pepperId, digest) {
      const record = contents.keys.get(keyId);
      if (record !== undefined) replaceKey(withDigest(record, credentialId, pepperId, digest));
    },

    async recordUse(uses) {
      for (const use of uses) {
        const record = contents.keys.get(use.keyId);
        if (record === undefined) continue;
        usage.add(use);
        if (use.verdict === 'allowed') replaceKey(addUse(record, use));
      }
    },
  };
}
