import { firstAuditHash } from '../ports/audit-chain.js';
import type { AuditEntryDraft } from '../domain/audit-entry.js';
import { startOfFeed, type FeedPosition } from '../ports/change-feed.js';
import type { KeyStore } from '../ports/key-store.js';
import type { ContractContext } from './contract-context.js';
import { createNextVersion, createSampleEvent, createSampleKey, insert, update } from './sample-keys.js';

const names = ['a', 'b', 'c', 'd', 'e'];

/** Where the kept part of the audit trail starts, and the removal of what is before. */
export function describeTrailStart({ describe, it, expect }: ContractContext): void {
  describe('the start of the audit trail', () => {
    it('is before its first entry, until it is moved by an entry', async ({ store, other }) => {
      expect(await store.trail.start()).toEqual({ sequence: 0, hash: firstAuditHash, entry: 0 });
      await insertSamples(store);
      const cut = await findPosition(store, 3);
      expect(await trim(store, cut)).toBe(true);
      expect(await other.trail.start()).toEqual({ ...cut, entry: 6 });
      const [last] = await other.listEvents({ limit: 1 });
      expect([last?.action, last?.keyId, last?.ownerId, last?.cut]).toEqual(['audit.trimmed', null, '', cut]);
      const [change] = await other.feed.latest(1);
      expect([change?.sequence, change?.keyId, change?.action]).toEqual([6, null, 'audit.trimmed']);
    });

    it('never moves back, and is moved once', async ({ store, other }) => {
      await insertSamples(store);
      const cuts = await Promise.all([2, 3].map((sequence) => findPosition(store, sequence)));
      const [earlier, later] = cuts as [FeedPosition, FeedPosition];
      expect(await trim(store, later)).toBe(true);
      expect(await trim(other, later)).toBe(false);
      expect(await trim(other, earlier)).toBe(false);
      expect(await other.trail.start()).toEqual({ ...later, entry: 6 });
      expect((await store.trail.head()).sequence).toBe(6);
    });

    it('is moved with its change, or not at all', async ({ store, other }) => {
      await insertSamples(store);
      const cut = await findPosition(store, 3);
      const failed = store.transact(async (transaction) => {
        await transaction.trim(cut, createTrimEvent(cut));
        throw new Error('not after all');
      });
      await expect(failed).rejects.toThrow();
      expect((await other.trail.start()).sequence).toBe(0);
      expect(await other.housekeeping.removeTrimmed(9)).toBe(0);
      expect((await other.trail.entries(0, 9)).length).toBe(5);
    });

    it('leaves what is before it to be removed, oldest first, some at a time', async ({ store, other }) => {
      await insertSamples(store);
      expect(await store.housekeeping.removeTrimmed(9)).toBe(0);
      await trim(store, await findPosition(store, 3));
      const listStored = async (): Promise<readonly number[]> =>
        (await other.trail.entries(0, 9)).map(({ sequence }) => sequence);
      expect(await listStored()).toEqual([1, 2, 3, 4, 5, 6]);
      expect(await other.housekeeping.removeTrimmed(2)).toBe(2);
      expect(await listStored()).toEqual([3, 4, 5, 6]);
      expect(await store.housekeeping.removeTrimmed(2)).toBe(1);
      expect(await store.housekeeping.removeTrimmed(2)).toBe(0);
      expect(await listStored()).toEqual([4, 5, 6]);
      expect((await store.listEvents({ limit: 9 })).map(({ sequence }) => sequence)).toEqual([6, 5, 4]);
      expect((await store.listEvents({ after: 0, limit: 2 })).map(({ sequence }) => sequence)).toEqual([
        4, 5,
      ]);
    });

    it('changes nothing for the numbers, the chain and the feed of what is kept', async ({
      store,
      other,
    }) => {
      await insertSamples(store);
      const before = await store.trail.entries(3, 9);
      await trim(store, await findPosition(store, 3));
      await store.housekeeping.removeTrimmed(9);
      expect((await other.trail.entries(3, 2)).map(({ hash }) => hash)).toEqual(
        before.map(({ hash }) => hash),
      );
      const head = await other.trail.head();
      expect([head.sequence, await other.feed.lastSequence()]).toEqual([6, 6]);
      await insert(other, createSampleKey({ id: 'f' }));
      expect((await other.feed.latest(2)).map(({ sequence }) => sequence)).toEqual([6, 7]);
      expect((await store.feed.latest(99)).map(({ sequence }) => sequence)).toEqual([4, 5, 6, 7]);
      expect((await store.trail.entries(5, 9)).map(({ sequence }) => sequence)).toEqual([6, 7]);
      expect(await store.erasure.eraseFromTrail([1, 4])).toBe(1);
      expect((await store.trail.entries(3, 2)).map(({ personal }) => personal === null)).toEqual([
        true,
        false,
      ]);
    });

    it('tells a process whose position was removed that it is unknown', async ({ store }) => {
      await insertSamples(store);
      const removed = await findPosition(store, 2);
      const kept = await findPosition(store, 4);
      await store.feed.join({ id: 'one', acked: 0, leaseMs: 4000 });
      await trim(store, await findPosition(store, 3));
      await store.housekeeping.removeTrimmed(9);
      for (const applied of [removed, startOfFeed]) {
        expect((await store.feed.beat('one', applied, 9)).isKnown).toBe(false);
      }
      const { isKnown, changes } = await store.feed.beat('one', kept, 9);
      expect([isKnown, changes.map(({ sequence }) => sequence)]).toEqual([true, [5, 6]]);
    });

    it('takes entries that repeat the version of a key, as long as it has it', async ({ store, other }) => {
      const record = createSampleKey();
      await insert(store, record);
      const carry = (by: KeyStore) =>
        by.transact((transaction) => {
          const event = createSampleEvent(record, { action: 'key.carried', changedFields: [] });
          return transaction.carry({ id: record.id, version: record.version }, event);
        });
      expect(await carry(store)).toBe(true);
      const [last] = await other.listEvents({ limit: 1 });
      expect([last?.sequence, last?.action, last?.keyId, last?.keyVersion]).toEqual([
        ...[2, 'key.carried', record.id, 1],
      ]);
      expect((await other.find(record.id))?.version).toBe(1);
      await update(store, createNextVersion(record));
      expect(await carry(other)).toBe(false);
      expect((await other.trail.head()).sequence).toBe(3);
    });
  });
}

async function insertSamples(store: KeyStore): Promise<void> {
  await insert(store, ...names.map((id) => createSampleKey({ id })));
}

async function findPosition(store: KeyStore, sequence: number): Promise<FeedPosition> {
  const [entry] = await store.trail.entries(sequence - 1, 1);
  if (entry?.sequence !== sequence) throw new Error(`There is no entry ${sequence}`);
  return { sequence, hash: entry.hash };
}

function trim(store: KeyStore, cut: FeedPosition): Promise<boolean> {
  return store.transact((transaction) => transaction.trim(cut, createTrimEvent(cut)));
}

function createTrimEvent(cut: FeedPosition): AuditEntryDraft {
  const about = { keyId: null, keyspace: null, ownerId: '', keyVersion: null, ownerVersion: 0 };
  return createSampleEvent(createSampleKey(), { action: 'audit.trimmed', changedFields: [], cut, ...about });
}
