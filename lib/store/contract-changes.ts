import type { KeyStoreTransaction } from '../ports/key-store.js';
import type { ContractContext } from './contract-context.js';
import {
  insert,
  createNextVersion,
  createSampleCredential,
  createSampleEvent,
  createSampleKey,
  sampleTime,
  update,
} from './sample-keys.js';

/** A change is atomic, and changes are serialized. */
export function describeChanges({ describe, it, expect }: ContractContext): void {
  describe('transact', () => {
    it('returns what the work returns', async ({ store }) => {
      expect(await store.transact(async () => 'result')).toBe('result');
    });

    it('shows the work what it has written, and others only what is committed', async ({ store }) => {
      const record = createSampleKey();
      await store.transact(async (transaction) => {
        expect(await transaction.find(record.id)).toBe(null);
        await transaction.insert(record, createSampleEvent(record));
        expect(await transaction.find(record.id)).toEqual(record);
        expect(await store.find(record.id)).toBe(null);
        const renamed = createNextVersion(record, { name: 'Renamed' });
        await transaction.update(renamed, createSampleEvent(renamed));
        expect(await transaction.find(record.id)).toEqual(renamed);
        expect(await transaction.findUnrevokedByOwner(record.ownerId, 9)).toEqual([renamed]);
      });
      expect((await store.find(record.id))?.version).toBe(2);
    });

    it('leaves nothing behind when the work rejects', async ({ store }) => {
      const kept = createSampleKey({ id: 'kept' });
      const lost = createSampleKey({ id: 'lost' });
      await insert(store, kept);
      const failing = store.transact(async (transaction) => {
        await transaction.insert(lost, createSampleEvent(lost));
        const renamed = createNextVersion(kept, { name: 'Renamed', credentials: [] });
        await transaction.update(renamed, createSampleEvent(renamed));
        throw new Error('changed my mind');
      });
      expect(await failing.catch((error: unknown) => String(error))).toBe('Error: changed my mind');
      expect(await store.find('lost')).toBe(null);
      expect(await store.find('kept')).toEqual(kept);
      // The number that was given up is given to the next change.
      await insert(store, createSampleKey({ id: 'next' }));
      const events = await store.listEvents({ limit: 9 });
      expect(events.map(({ sequence, keyId }) => [sequence, keyId])).toEqual([
        [2, 'next'],
        [1, 'kept'],
      ]);
    });

    it('lets the next change through after one that failed', async ({ store }) => {
      const failing = store.transact(() => Promise.reject(new Error('no')));
      const following = insert(store, createSampleKey());
      await expect(failing).rejects.toThrow();
      await following;
      expect((await store.find(createSampleKey().id))?.version).toBe(1);
    });

    it('refuses steps after its end', async ({ store }) => {
      const record = createSampleKey();
      let kept: KeyStoreTransaction | undefined;
      await store.transact(async (transaction) => {
        kept = transaction;
      });
      await expect(kept?.insert(record, createSampleEvent(record))).rejects.toThrow();
      await expect(kept?.find(record.id)).rejects.toThrow();
      expect(await store.find(record.id)).toBe(null);
    });

    it('takes steps that were not awaited one by one', async ({ store }) => {
      const records = ['a', 'b', 'c'].map((id) => createSampleKey({ id }));
      await store.transact((transaction) =>
        Promise.all(records.map((record) => transaction.insert(record, createSampleEvent(record)))),
      );
      const events = await store.listEvents({ limit: 9 });
      expect(events.map(({ sequence, keyId }) => `${sequence} ${keyId}`)).toEqual(['3 c', '2 b', '1 a']);
    });
  });

  describe('insert', () => {
    it('rejects an id that is taken and changes nothing', async ({ store }) => {
      const record = createSampleKey();
      await insert(store, record);
      await expect(insert(store, { ...record, name: 'Other', credentials: [] })).rejects.toThrow();
      expect(await store.find(record.id)).toEqual(record);
      expect((await store.listEvents({ limit: 9 })).length).toBe(1);
    });

    it('undoes the change when it was refused, even if the work goes on', async ({ store }) => {
      const [taken, free] = [createSampleKey({ id: 'taken' }), createSampleKey({ id: 'free' })];
      await insert(store, taken);
      const stubborn = store.transact(async (transaction) => {
        await transaction.insert(taken, createSampleEvent(taken)).catch(() => undefined);
        await transaction.insert(free, createSampleEvent(free)).catch(() => undefined);
      });
      await expect(stubborn).rejects.toThrow();
      expect(await store.find('free')).toBe(null);
      expect((await store.listEvents({ limit: 9 })).length).toBe(1);
    });
  });

  describe('update', () => {
    it('rejects any version but the next one, and a key that is not stored', async ({ store }) => {
      const record = createSampleKey();
      await insert(store, record);
      await update(store, createNextVersion(record));
      const stored = await store.find(record.id);
      for (const version of [1, 2, 4]) {
        await expect(update(store, { ...record, version, name: 'Other' })).rejects.toThrow();
      }
      await expect(update(store, createSampleKey({ id: 'unknown', version: 2 }))).rejects.toThrow();
      expect(await store.find(record.id)).toEqual(stored);
      expect((await store.listEvents({ limit: 9 })).length).toBe(2);
    });

    it('leaves the time of last use and the number of uses as they are', async ({ store }) => {
      const record = createSampleKey({ lastUsedAt: 5, useCount: 8 });
      await insert(store, record);
      const readUses = async (): Promise<unknown> => {
        const found = await store.find(record.id);
        return [found?.lastUsedAt, found?.useCount];
      };
      await update(store, createNextVersion(record, { lastUsedAt: null, useCount: 0 }));
      expect(await readUses()).toEqual([5, 8]);
      await update(store, createNextVersion(createNextVersion(record), { lastUsedAt: 99, useCount: 1 }));
      expect(await readUses()).toEqual([5, 8]);
    });

    it('touches no other key', async ({ store }) => {
      const [a, b] = [createSampleKey({ id: 'a' }), createSampleKey({ id: 'b' })];
      await insert(store, a, b);
      await update(store, createNextVersion(a, { name: 'Renamed', credentials: [] }));
      expect(await store.find('b')).toEqual(b);
    });
  });

  describe('find', () => {
    it('sees a key only through its owner when one is given, in a change and outside', async ({ store }) => {
      const record = createSampleKey({ ownerId: 'owner-1' });
      await insert(store, record);
      const findThrough = async (source: Pick<KeyStoreTransaction, 'find'>): Promise<void> => {
        expect(await source.find(record.id, 'owner-1')).toEqual(record);
        for (const other of ['owner-2', 'OWNER-1', '', '%', 'owner-1\0']) {
          expect(await source.find(record.id, other)).toBe(null);
        }
        expect(await source.find('unknown', 'owner-1')).toBe(null);
      };
      await findThrough(store);
      await store.transact(findThrough);
    });
  });

  describe('findUnrevokedByOwner', () => {
    it('returns the unrevoked keys of one owner, in every keyspace and state', async ({ store }) => {
      await insert(
        store,
        createSampleKey({ id: 'a' }),
        createSampleKey({ id: 'b', keyspace: 'other', enabled: false }),
        createSampleKey({ id: 'c', expiresAt: 1 }),
        createSampleKey({ id: 'd', revokedAt: 1 }),
        createSampleKey({ id: 'e', ownerId: 'owner-2' }),
      );
      const found = await store.transact((transaction) => transaction.findUnrevokedByOwner('owner-1', 9));
      expect(found.map((record) => record.id).sort()).toEqual(['a', 'b', 'c']);
      expect(found.every((record) => record.credentials.length === 1)).toBe(true);
    });

    it('returns whole keys up to the limit, newest first, and what is left after a change', async ({
      store,
    }) => {
      const credentials = ['one', 'two'].map((id) => createSampleCredential({ id }));
      const keys = ['a', 'b', 'c', 'd', 'e'].map((id) => createSampleKey({ id, credentials }));
      await insert(store, ...keys);
      await store.transact(async (transaction) => {
        const found = await transaction.findUnrevokedByOwner('owner-1', 2);
        expect(found).toEqual([keys[4], keys[3]]);
        for (const record of found) {
          const revoked = createNextVersion(record, { revokedAt: sampleTime });
          await transaction.update(revoked, createSampleEvent(revoked));
        }
        expect(await transaction.findUnrevokedByOwner('owner-1', 2)).toEqual([keys[2], keys[1]]);
      });
      const rest = await store.transact((transaction) => transaction.findUnrevokedByOwner('owner-1', 9));
      expect(rest).toEqual([keys[2], keys[1], keys[0]]);
    });
  });
}
