import type { EventStore } from '../ports/event-store.js';
import type { KeyStore } from '../ports/key-store.js';

/**
 * A store whose reads require the lease. A server that answers reads may no longer be the one that accepts changes:
 * an old primary after a failover, a replica, a file that was replaced. Its reads are trusted only while beats, which
 * are writes, are committed; otherwise every read is an outage. Changes are proven by their own commit and pass
 * through.
 *
 * @param ensureLease - resolves while the lease is held, rejects with ApiKeysError `unavailable` when it cannot be
 * renewed
 */
export function createLeasedStore(store: KeyStore, ensureLease: () => Promise<void>): KeyStore {
  const leased =
    <A extends readonly unknown[], R>(read: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      await ensureLease();
      return read(...args);
    };
  const { accessLog, observations, trail, claims, credits, owners, usage, nonces, tokens } = store;
  const { housekeeping, erasure, events } = store;
  const { signingKeys, refreshGrants } = tokens;

  // Spelt out, so that the compiler reports every method that is added to stores.
  return {
    feed: store.feed,
    open: () => store.open(),
    close: () => store.close(),

    find: leased((...key) => store.find(...key)),
    existing: leased((ids) => store.existing(ids)),
    findTaken: leased((ids) => store.findTaken(ids)),
    list: leased((query) => store.list(query)),
    findScanEnd: leased((...scan) => store.findScanEnd(...scan)),
    listEvents: leased((query) => store.listEvents(query)),
    findEventScanEnd: leased((...scan) => store.findEventScanEnd(...scan)),
    findEventBounds: leased((...time) => store.findEventBounds(...time)),
    transact: (...change) => store.transact(...change),
    addDigest: (...digest) => store.addDigest(...digest),
    recordUse: (uses) => store.recordUse(uses),

    housekeeping: {
      readClock: async () => (await housekeeping.readClock?.()) ?? null,
      removeExpired: (...batch) => housekeeping.removeExpired(...batch),
      findEndedKeys: leased((...batch) => housekeeping.findEndedKeys(...batch)),
      removeUsage: (...batch) => housekeeping.removeUsage(...batch),
      removeTrimmed: (limit) => housekeeping.removeTrimmed(limit),
    },
    erasure: {
      eraseFromTrail: (sequences) => erasure.eraseFromTrail(sequences),
      eraseFromAccessLog: (...rows) => erasure.eraseFromAccessLog(...rows),
      eraseFromObservations: (...rows) => erasure.eraseFromObservations(...rows),
      eraseTraces: (keyIds) => erasure.eraseTraces(keyIds),
      eraseRoutes: (...rows) => erasure.eraseRoutes(...rows),
      eraseSpentCredits: (ownerId) => erasure.eraseSpentCredits(ownerId),
    },
    events: {
      // What works on queues is proven by its own writes: a server that answers reads only lets no process take one.
      addQueue: (...queue) => events.addQueue(...queue),
      removeQueue: (...queue) => events.removeQueue(...queue),
      // Stores from before there were events have none, whatever the types say.
      listQueues: async () => ((events as EventStore | undefined) === undefined ? [] : events.listQueues()),
      hold: (...queue) => events.hold(...queue),
      release: (...queue) => events.release(...queue),
      advance: (step) => events.advance(step),
      countWaiting: (...queue) => events.countWaiting(...queue),
      countBySubject: (...query) => events.countBySubject(...query),
      listDue: (...query) => events.listDue(...query),
      settle: (...results) => events.settle(...results),
      prune: (...range) => events.prune(...range),
      replay: (...dead) => events.replay(...dead),
      // Nor have they a method that came later.
      removeOrphans: async (limit) =>
        (events as Partial<EventStore> | undefined)?.removeOrphans?.(limit) ?? 0,
      listDeliveries: leased((query) => events.listDeliveries(query)),
      findWebhook: leased((id) => events.findWebhook(id)),
    },
    claims: { find: leased((name) => claims.find(name)) },
    credits: {
      spend: (...payment) => credits.spend(...payment),
      findSpent: leased((...owner) => credits.findSpent(...owner)),
    },
    owners: {
      find: leased((ownerId) => owners.find(ownerId)),
      list: leased((query) => owners.list(query)),
      findScanEnd: leased((...scan) => owners.findScanEnd(...scan)),
      listWithKeys: leased((query) => owners.listWithKeys(query)),
      countKeys: leased((...keys) => owners.countKeys(...keys)),
    },
    nonces: {
      take: (...name) => nonces.take(...name),
      has: leased((...name) => nonces.has(...name)),
    },
    usage: {
      list: leased((query) => usage.list(query)),
      listParts: leased((keyIds) => usage.listParts(keyIds)),
      addRoutes: (counts) => usage.addRoutes(counts),
      listRoutes: leased((query) => usage.listRoutes(query)),
      forgetBefore: (...range) => usage.forgetBefore(...range),
    },
    accessLog: {
      add: (entries) => accessLog.add(entries),
      list: leased((query) => accessLog.list(query)),
      findScanEnd: leased((...scan) => accessLog.findScanEnd(...scan)),
      prune: (...range) => accessLog.prune(...range),
    },
    observations: {
      add: (counts) => observations.add(counts),
      list: leased((query) => observations.list(query)),
      prune: (...range) => observations.prune(...range),
    },
    trail: {
      head: leased(() => trail.head()),
      start: leased(() => trail.start()),
      entries: leased((...page) => trail.entries(...page)),
      lastEntries: leased((...page) => trail.lastEntries(...page)),
    },
    tokens: {
      isRevoked: leased((id) => tokens.isRevoked(id)),
      signingKeys: {
        list: leased(() => signingKeys.list()),
        add: (key) => signingKeys.add(key),
        remove: (ids) => signingKeys.remove(ids),
      },
      refreshGrants: {
        add: (...grant) => refreshGrants.add(...grant),
        find: leased((id) => refreshGrants.find(id)),
        replace: (...change) => refreshGrants.replace(...change),
        remove: (id) => refreshGrants.remove(id),
        sessions: leased((...query) => refreshGrants.sessions(...query)),
      },
    },
  };
}
