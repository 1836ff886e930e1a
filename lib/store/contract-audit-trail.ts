import { createHash } from 'node:crypto';
import type { AuditEntry } from '../domain/audit-entry.js';
import type { AuditQuery, KeyStore } from '../ports/key-store.js';
import type { ContractContext } from './contract-context.js';
import { insert, createNextVersion, createSampleEvent, createSampleKey } from './sample-keys.js';

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
      const numberBefore: number[] = [];
      // Each change reads the version that the one before it left: only one after the other can all succeed.
      const rename = (instance: KeyStore, id: number): Promise<void> =>
        instance.transact(async (transaction) => {
          const current = (await transaction.find(createSampleKey().id)) ?? createSampleKey();
          numberBefore.push(current.version);
          const renamed = createNextVersion(current, { name: `Name ${id}` });
          await transaction.update(renamed, createSampleEvent(renamed));
        });
      const everySecond = Array.from({ length: 50 }, (_, id) => rename(id % 2 === 0 ? store : other, id));
      await Promise.all(everySecond);

      expect((await store.find(createSampleKey().id))?.version).toBe(51);
      const oneByOne = Array.from({ length: 50 }, (_, index) => index + 1);
      expect(numberBefore).toEqual(oneByOne);
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
