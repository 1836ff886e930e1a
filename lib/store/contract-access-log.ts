import type { AccessEntry } from '../domain/access-entry.js';
import type { AccessQuery } from '../ports/access-log.js';
import type { KeyStore } from '../ports/key-store.js';
import type { ContractContext } from './contract-context.js';
import { insert, createSampleAccess, createSampleKey, sampleTime } from './sample-keys.js';

/** The access log: order, pages, conditions and bounds. */
export function describeAccessLog({ describe, it, expect }: ContractContext): void {
  const listIds = async (store: KeyStore, query: Partial<AccessQuery> = {}): Promise<string> =>
    (await store.accessLog.list({ limit: 100, ...query })).map(({ id }) => id).join(' ');

  describe('the access log', () => {
    it('holds events as they were given, also of keys that do not exist', async ({ store }) => {
      const events = [
        createSampleAccess({ id: 'b' }),
        createSampleAccess({
          ...{ id: 'a', action: 'access.overflow', code: null, keyId: null, ownerId: null, actor: null },
          ...{ address: null, requestId: null, route: '', method: '', count: 99, lastAt: sampleTime + 5 },
        }),
      ];
      await store.accessLog.add(events);
      await store.accessLog.add([]);
      expect(await store.accessLog.list({ limit: 9 })).toEqual(events);
    });

    it('keeps each id once, whatever is sent again', async ({ store, other }) => {
      const first = createSampleAccess({ id: 'a' });
      const again = [
        { ...first, count: 7 },
        createSampleAccess({ id: 'b' }),
        createSampleAccess({ id: 'b' }),
      ];
      await store.accessLog.add([first]);
      await Promise.all([store.accessLog.add(again), other.accessLog.add(again)]);
      expect((await store.accessLog.list({ limit: 9 })).map(({ id, count }) => `${id} ${count}`)).toEqual([
        'b 1',
        'a 1',
      ]);
    });

    it('leaves out what no database stores, and keeps the rest', async ({ store }) => {
      await store.accessLog.add([
        createSampleAccess({ id: 'a', ownerId: 'x\0' }),
        createSampleAccess({ id: 'b', route: '\ud800' }),
        createSampleAccess({ id: 'c', ownerId: `o'"\\😀\u202e` }),
      ]);
      expect(await listIds(store)).toBe('c');
      expect(await listIds(store, { ownerId: `o'"\\😀\u202e` })).toBe('c');
      expect(await listIds(store, { ownerId: 'x\0' })).toBe('');
    });

    it('is listed newest first, then by id descending in code unit order, in pages', async ({ store }) => {
      const createEntriesAt = (time: number, ...ids: readonly string[]): readonly AccessEntry[] =>
        ids.map((id) => createSampleAccess({ id, at: sampleTime + time }));
      await store.accessLog.add([
        ...createEntriesAt(1, 'a', 'B', 'z'),
        ...createEntriesAt(0, 'x'),
        ...createEntriesAt(2, 'y'),
      ]);
      expect(await listIds(store)).toBe('y z a B x');
      expect(await listIds(store, { limit: 2 })).toBe('y z');
      expect(await listIds(store, { after: { at: sampleTime + 1, id: 'z' } })).toBe('a B x');
      expect(await listIds(store, { after: { at: sampleTime, id: 'x' } })).toBe('');
    });

    it('is narrowed by owner, key, action, code and time, exactly', async ({ store }) => {
      await store.accessLog.add([
        createSampleAccess({ id: 'a', ownerId: 'alice', keyId: 'one' }),
        createSampleAccess({
          id: 'b',
          ownerId: 'bob',
          keyId: 'two',
          code: 'invalid_token',
          at: sampleTime + 10,
        }),
        createSampleAccess({ id: 'c', ownerId: 'bob', action: 'access.deprecated_secret', code: null }),
      ]);
      expect(await listIds(store, { ownerId: 'bob' })).toBe('b c');
      expect(await listIds(store, { ownerId: 'BOB' })).toBe('');
      expect(await listIds(store, { keyId: 'one' })).toBe('a');
      expect(await listIds(store, { action: 'access.refused' })).toBe('b a');
      expect(await listIds(store, { action: 'key.created' })).toBe('');
      expect(await listIds(store, { code: 'invalid_token' })).toBe('b');
      expect(await listIds(store, { from: sampleTime + 10 })).toBe('b');
      expect(await listIds(store, { to: sampleTime + 10 })).toBe('c a');
      expect(await listIds(store, { from: sampleTime, to: sampleTime, ownerId: 'bob' })).toBe('');
    });

    it('P18: says where the next so many events end, and reads no further', async ({ store }) => {
      await store.accessLog.add(
        [1, 2, 3, 4, 5].map((number) =>
          createSampleAccess({
            ...{ id: String(number), at: sampleTime + number },
            ...{ ownerId: number === 4 ? 'other' : 'alice', keyId: number < 3 ? 'one' : 'two' },
          }),
        ),
      );
      const createPosition = (id: string) => ({ at: sampleTime + Number(id), id });
      const { accessLog } = store;
      expect(await accessLog.findScanEnd({}, 2)).toEqual(createPosition('4'));
      expect(await accessLog.findScanEnd({ after: createPosition('4') }, 2)).toEqual(createPosition('2'));
      expect(await accessLog.findScanEnd({ ownerId: 'alice' }, 2)).toEqual(createPosition('3'));
      expect(await accessLog.findScanEnd({ keyId: 'one' }, 1)).toEqual(createPosition('2'));
      expect(await accessLog.findScanEnd({ keyId: 'one' }, 3)).toBe(null);
      expect(await accessLog.findScanEnd({ ownerId: 'x\0' }, 1)).toBe(null);
      const time = { from: sampleTime + 2, to: sampleTime + 4 };
      expect(await accessLog.findScanEnd(time, 2)).toEqual(createPosition('2'));
      expect(await accessLog.findScanEnd(time, 3)).toBe(null);
      expect(await listIds(store, { until: createPosition('4') })).toBe('5 4');
      const part = { after: createPosition('4'), until: createPosition('2') };
      expect(await listIds(store, { ...part, action: 'access.refused' })).toBe('3 2');
    });

    it('is pruned by age and by number, the oldest first, some at a time', async ({ store }) => {
      const events = Array.from({ length: 10 }, (_, index) =>
        createSampleAccess({ id: `id${index}`, at: sampleTime + index }),
      );
      await store.accessLog.add(events);
      expect(await store.accessLog.prune(sampleTime, 10, 100)).toBe(0);
      expect(await store.accessLog.prune(sampleTime + 2, 10, 100)).toBe(2);
      expect(await store.accessLog.prune(sampleTime, 6, 1)).toBe(1);
      expect(await store.accessLog.prune(sampleTime, 6, 100)).toBe(1);
      expect(await listIds(store)).toBe('id9 id8 id7 id6 id5 id4');
      expect(await store.accessLog.prune(sampleTime + 100, 6, 100)).toBe(6);
      expect(await store.accessLog.prune(sampleTime + 100, 6, 100)).toBe(0);
    });

    it('takes batches of hundreds, and is no part of the audit trail', async ({ store }) => {
      await insert(store, createSampleKey());
      await store.accessLog.add(
        Array.from({ length: 300 }, (_, index) => createSampleAccess({ id: `id${index}` })),
      );
      expect((await store.accessLog.list({ limit: 1000 })).length).toBe(300);
      expect(await store.feed.lastSequence()).toBe(1);
    });
  });
}
