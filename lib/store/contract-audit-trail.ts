import { createHash } from 'node:crypto';
import type { AuditEntry } from '../domain/audit-entry.js';
import { unboundedEvents, type AuditQuery, type KeyStore } from '../ports/key-store.js';
import type { ContractContext } from './contract-context.js';
import { insert, createNextVersion, createSampleEvent, createSampleKey, sampleTime } from './sample-keys.js';

const startOfChain = '0'.repeat(64);

/** The audit trail: numbers, order, hashes and conditions. */
export function describeAuditTrail({ describe, it, expect }: ContractContext): void {
  const listAllEvents = async (store: KeyStore): Promise<readonly AuditEntry[]> =>
    [...(await store.listEvents({ limit: 1000 }))].reverse();

  describe('the audit trail', () => {
    it('holds each event as it was given, numbered from 1', async ({ store }) => {
      const record = createSampleKey();
      const drafts = [
        createSampleEvent(record, { actor: { kind: 'application', id: null }, address: null }),
        createSampleEvent(createNextVersion(record), {
          changedFields: ['name', 'scopes'],
          actor: { kind: 'owner', id: `o'"\\😀`, memberId: `m'"\\😀`, memberName: `n'"\\😀` },
          address: '2001:db8::1',
        }),
      ] as const;
      await store.transact((transaction) => transaction.insert(record, drafts[0]));
      await store.transact((transaction) => transaction.update(createNextVersion(record), drafts[1]));
      const events = await listAllEvents(store);
      const withoutHash = events.map(({ hash: _hash, personalHash: _personalHash, ...event }) => event);
      expect(withoutHash).toEqual([
        { ...drafts[0], sequence: 1 },
        { ...drafts[1], sequence: 2 },
      ]);
    });

    it('is numbered without gaps in the order of commits, with changes from two instances', async ({
      store,
      other,
    }) => {
      await insert(store, createSampleKey());
      // What the last run of each read: a transaction may run again.
      const versions = new Map<number, number>();
      // Each change reads the version that the one before it left: only one after the other can all succeed.
      const rename = (instance: KeyStore, id: number): Promise<void> =>
        instance.transact(async (transaction) => {
          const current = (await transaction.find(createSampleKey().id)) ?? createSampleKey();
          versions.set(id, current.version);
          const renamed = createNextVersion(current, { name: `Name ${id}` });
          await transaction.update(renamed, createSampleEvent(renamed));
        });
      const everySecond = Array.from({ length: 50 }, (_, id) => rename(id % 2 === 0 ? store : other, id));
      await Promise.all(everySecond);

      expect((await store.find(createSampleKey().id))?.version).toBe(51);
      const oneByOne = Array.from({ length: 50 }, (_, index) => index + 1);
      expect([...versions.values()].toSorted((a, b) => a - b)).toEqual(oneByOne);
      const events = await listAllEvents(other);
      expect(events.map((event) => event.sequence)).toEqual([...oneByOne, 51]);
      expect(events.map((event) => event.keyVersion)).toEqual([...oneByOne, 51]);
      expectChain(events);
    });

    it('is not numbered by changes that failed', async ({ store, other }) => {
      const attempts = Array.from({ length: 20 }, (_, index) =>
        (index % 2 === 0 ? store : other).transact(async (transaction) => {
          const record = createSampleKey({ id: `key${index}` });
          await transaction.insert(record, createSampleEvent(record));
          if (index % 3 === 0) throw new Error('no');
        }),
      );
      const results = await Promise.allSettled(attempts);
      const succeeded = results.filter((result) => result.status === 'fulfilled').length;
      expect(succeeded).toBe(13);
      const events = await listAllEvents(store);
      expect(events.map((event) => event.sequence)).toEqual(
        Array.from({ length: succeeded }, (_, index) => index + 1),
      );
      expectChain(events);
    });

    it('is one chain of hashes over all keys, also when a change has several events', async ({ store }) => {
      const records = ['a', 'b', 'c'].map((id) => createSampleKey({ id, ownerId: `owner of ${id}` }));
      await store.transact(async (transaction) => {
        for (const record of records) await transaction.insert(record, createSampleEvent(record));
      });
      await insert(store, createSampleKey({ id: 'd' }));
      const events = await listAllEvents(store);
      expect(events.length).toBe(4);
      expectChain(events);
    });

    it('is listed newest first, in pages', async ({ store }) => {
      await insert(store, ...Array.from({ length: 7 }, (_, index) => createSampleKey({ id: `key${index}` })));
      const listPage = async (query: Omit<AuditQuery, 'limit'>): Promise<readonly number[]> =>
        (await store.listEvents({ ...query, limit: 3 })).map((event) => event.sequence);
      expect(await listPage({})).toEqual([7, 6, 5]);
      expect(await listPage({ before: 5 })).toEqual([4, 3, 2]);
      expect(await listPage({ before: 2 })).toEqual([1]);
      expect(await listPage({ before: 1 })).toEqual([]);
    });

    it('P18: says where the next so many entries end, and reads no further', async ({ store }) => {
      for (const index of [1, 2, 3, 4, 5]) {
        const record = createSampleKey({ id: `key${index}`, ownerId: index === 4 ? 'other' : 'owner-1' });
        const actor = { kind: 'owner', id: record.ownerId, memberId: index < 3 ? 'm' : 'n' } as const;
        const event = createSampleEvent(record, { actor, at: sampleTime + index });
        await store.transact((transaction) => transaction.insert(record, event));
      }
      expect(await store.findEventScanEnd({}, 2)).toBe(4);
      expect(await store.findEventScanEnd({ before: 4 }, 2)).toBe(2);
      expect(await store.findEventScanEnd({ after: 1 }, 2)).toBe(3);
      expect(await store.findEventScanEnd({ ownerId: 'owner-1' }, 2)).toBe(3);
      expect(await store.findEventScanEnd({ actorId: 'other' }, 1)).toBe(4);
      expect(await store.findEventScanEnd({ memberId: 'm' }, 2)).toBe(1);
      expect(await store.findEventScanEnd({ keyId: 'key2' }, 1)).toBe(2);
      expect(await store.findEventScanEnd({ keyId: 'key2' }, 2)).toBe(null);
      expect(await store.findEventScanEnd({ keyId: 'x\0' }, 1)).toBe(null);
      const listNumbers = async (query: Omit<AuditQuery, 'limit'>): Promise<readonly number[]> =>
        (await store.listEvents({ ...query, limit: 9 })).map(({ sequence }) => sequence);
      expect(await listNumbers({ until: 4 })).toEqual([5, 4]);
      expect(await listNumbers({ before: 5, until: 2, ownerId: 'owner-1' })).toEqual([3, 2]);
      expect(await listNumbers({ after: 1, until: 3 })).toEqual([2, 3]);
    });

    it('says between which entries those of a time are, also where clocks differed', async ({ store }) => {
      for (const [index, at] of [10, 20, 15, 30, 5, 40].entries()) {
        const record = createSampleKey({ id: `key${index}` });
        const event = createSampleEvent(record, { at: sampleTime + at });
        await store.transact((transaction) => transaction.insert(record, event));
      }
      const findBounds = (time: { from?: number; to?: number }, rows = 9) =>
        store.findEventBounds(
          {
            ...(time.from !== undefined && { from: sampleTime + time.from }),
            ...(time.to !== undefined && { to: sampleTime + time.to }),
          },
          rows,
        );
      expect(await findBounds({})).toEqual(unboundedEvents);
      expect(await findBounds({ from: 15 })).toEqual({ ...unboundedEvents, first: 2 });
      expect(await findBounds({ from: 15 }, 1)).toEqual({ ...unboundedEvents, first: 3 });
      expect(await findBounds({ from: 31, to: 41 })).toEqual({ first: 6, last: 6 });
      expect(await findBounds({ from: 12, to: 21 })).toEqual({ first: 2, last: 5 });
      const nothing = { first: unboundedEvents.last, last: unboundedEvents.first };
      expect(await findBounds({ from: 41, to: 5 })).toEqual(nothing);
    });

    it('is narrowed by key, owner and action, exactly', async ({ store }) => {
      const [a, b] = [createSampleKey({ id: 'a' }), createSampleKey({ id: 'b', ownerId: 'owner-2' })];
      await insert(store, a, b);
      const rotated = createNextVersion(a);
      await store.transact((transaction) =>
        transaction.update(rotated, createSampleEvent(rotated, { action: 'key.rotated' })),
      );
      const listNumbers = async (query: Omit<AuditQuery, 'limit'>): Promise<readonly number[]> =>
        (await store.listEvents({ ...query, limit: 9 })).map((event) => event.sequence);
      expect(await listNumbers({ keyId: 'a' })).toEqual([3, 1]);
      expect(await listNumbers({ keyId: 'A' })).toEqual([]);
      expect(await listNumbers({ ownerId: 'owner-2' })).toEqual([2]);
      expect(await listNumbers({ ownerId: 'owner-%' })).toEqual([]);
      expect(await listNumbers({ ownerId: 'owner-1\0' })).toEqual([]);
      expect(await listNumbers({ action: 'key.created' })).toEqual([2, 1]);
      expect(await listNumbers({ action: 'key.rotated', keyId: 'a', ownerId: 'owner-1' })).toEqual([3]);
      expect(await listNumbers({ action: 'key.rotated', keyId: 'b' })).toEqual([]);
      expect(await listNumbers({ ownerId: 'owner-1', before: 3 })).toEqual([1]);
    });
  });

  /** Recomputes every hash from what the store shows: SHA-256 over the hash before and the event as JSON, without its personal part. */
  function expectChain(events: readonly AuditEntry[]): void {
    let previous = startOfChain;
    for (const { hash, address: _address, requestId: _requestId, ...entry } of events) {
      const { kind, id } = entry.actor;
      const event = { ...entry, actor: { kind, id } };
      const expected = createHash('sha256').update(previous).update(JSON.stringify(event)).digest('hex');
      expect(hash).toBe(expected);
      previous = hash;
    }
  }
}
