import type { ApiKeyRecord } from '../domain/api-key.js';
import type { KeyStore } from '../ports/key-store.js';
import type { ContractContext } from './contract-context.js';
import {
  insert,
  createNextVersion,
  createSampleEvent,
  createSampleKey,
  createSampleUse,
  sampleTime,
  update,
} from './sample-keys.js';

/** Removes a key as it is stored. */
async function remove(store: KeyStore, key: Pick<ApiKeyRecord, 'id' | 'version'>): Promise<void> {
  const last = createSampleKey({ ...key, version: key.version + 1 });
  await store.transact((transaction) =>
    transaction.remove(key, createSampleEvent(last, { action: 'key.removed', changedFields: [] })),
  );
}

/** Removal of keys that ended long ago, with all that is stored with them. */
export function describeRemoval({ describe, it, expect }: ContractContext): void {
  describe('removal of keys', () => {
    it('finds those that were revoked or have expired by then, and no others', async ({ store, other }) => {
      const ends = { revokedAt: null, expiresAt: null };
      await insert(
        store,
        createSampleKey({ ...ends, id: 'a' }),
        createSampleKey({ ...ends, id: 'b', revokedAt: sampleTime }),
        createSampleKey({ ...ends, id: 'c', expiresAt: sampleTime + 1 }),
        createSampleKey({ ...ends, id: 'd', revokedAt: sampleTime + 9, expiresAt: sampleTime }),
        createSampleKey({ ...ends, id: 'e', revokedAt: sampleTime + 9, expiresAt: sampleTime + 9 }),
        createSampleKey({ ...ends, id: 'f', enabled: false }),
      );
      const find = async (time: number, limit: number) =>
        (await other.housekeeping.findEndedKeys(time, limit)).toSorted();
      expect(await find(sampleTime + 1, 9)).toEqual(['b', 'c', 'd']);
      expect(await find(sampleTime, 9)).toEqual(['b', 'd']);
      expect(await find(sampleTime - 1, 9)).toEqual([]);
      expect(await find(sampleTime + 9, 9)).toEqual(['b', 'c', 'd', 'e']);
      expect((await find(sampleTime + 9, 2)).length).toBe(2);
    });

    it('finds a key after the keys below it were removed', async ({ store, other }) => {
      const ended = { revokedAt: sampleTime };
      const parent = createSampleKey({ id: 'parent', ...ended });
      const child = createSampleKey({ id: 'child', parentId: 'parent', ...ended });
      const grandchild = createSampleKey({ id: 'grandchild', parentId: 'child', ...ended });
      await insert(store, parent, child, grandchild);
      const find = () => other.housekeeping.findEndedKeys(sampleTime, 9);
      for (const record of [grandchild, child, parent]) {
        expect(await find()).toEqual([record.id]);
        await remove(store, record);
      }
      expect(await find()).toEqual([]);
    });

    for (const end of ['revokedAt', 'expiresAt'] as const) {
      it(`finds the keys below a key that has ended, which have no end of their own: ${end}`, async ({
        store,
        other,
      }) => {
        const open = { revokedAt: null, expiresAt: null };
        const add = async (id: string, parentId: string | null, ends: object = {}) => {
          const record = createSampleKey({ id, parentId, ...open, ...ends });
          await insert(store, record);
          return record;
        };
        const find = async (time: number, limit = 9) =>
          (await other.housekeeping.findEndedKeys(time, limit)).toSorted();
        const parent = await add('parent', null, { [end]: sampleTime });
        const middle = await add('middle', 'parent', { expiresAt: sampleTime + 5 });
        const leaf = await add('leaf', 'middle', { enabled: false });
        const sibling = await add('sibling', 'parent');
        await add('other', null);
        await add('otherchild', 'other');
        expect(await find(sampleTime - 1)).toEqual([]);
        expect(await find(sampleTime)).toEqual(['leaf', 'sibling']);
        expect((await find(sampleTime, 1)).length).toBe(1);
        // Each once, although two of the keys above have ended.
        expect(await find(sampleTime + 5)).toEqual(['leaf', 'sibling']);
        await remove(store, leaf);
        expect(await find(sampleTime)).toEqual(['middle', 'sibling']);
        await remove(store, sibling);
        await remove(store, middle);
        expect(await find(sampleTime)).toEqual(['parent']);
        await remove(store, parent);
        expect(await find(sampleTime + 5)).toEqual([]);
      });
    }

    it('leaves nothing of the key, and its id and number are not given again', async ({ store, other }) => {
      const credits = {
        remaining: 5,
        refillAmount: null,
        refillIntervalSeconds: null,
        refilledAt: sampleTime,
      };
      const record = createSampleKey({ number: 7, hasCredits: true, credits });
      const kept = createSampleKey({ id: 'kept', number: 6 });
      await insert(store, record, kept);
      const { id } = record;
      const parts = [{ kind: 'scope', name: 'orders:read' }] as const;
      await store.recordUse([createSampleUse({ parts }), createSampleUse({ keyId: 'kept' })]);
      await store.tokens.refreshGrants.add({
        ...{ id: 'grant', keyId: id, credentialId: 'a', scopes: [], session: null },
        ...{ expiresAt: sampleTime + 1, digest: 'one' },
      });
      const notice = { keyId: id, expiresAt: sampleTime, thresholdSeconds: 1 };
      await store.transact(async (transaction) => {
        await transaction.noteExpiry(notice, createSampleEvent(record, { action: 'key.expiring' }));
        const token = { id: 'token', keyId: id, expiresAt: sampleTime + 1 };
        await transaction.revokeToken(token, createSampleEvent(record, { action: 'token.revoked' }));
      });

      await remove(store, record);
      expect(await other.find(id)).toBe(null);
      expect((await other.existing([id, 'kept'])).has(id)).toBe(false);
      const ids = [id, 'kept', 'unknown', 'with\0nul'];
      expect([...(await other.findTaken(ids))].toSorted()).toEqual([id, 'kept'].toSorted());
      const takenNow = await other.transact((transaction) => transaction.findTaken(ids));
      expect([...takenNow].toSorted()).toEqual([id, 'kept'].toSorted());
      expect((await other.list({ now: sampleTime, limit: 9 })).map((each) => each.id)).toEqual(['kept']);
      const range = { from: 0, to: sampleTime * 2, by: 'hour' } as const;
      expect(await other.usage.list({ keyId: id, ...range })).toEqual([]);
      expect((await other.usage.list({ keyId: 'kept', ...range })).length).toBe(1);
      expect(await other.usage.listParts([id])).toEqual([]);
      expect(await other.tokens.refreshGrants.find('grant')).toBe(null);
      expect((await other.credits.spend({ keyId: id, above: [], shared: null }, 1, sampleTime)).isPaid).toBe(
        false,
      );
      const [event] = await other.listEvents({ limit: 1 });
      expect([event?.action, event?.keyId, event?.keyVersion]).toEqual(['key.removed', id, 2]);
      const [change] = await other.feed.latest(1);
      expect([change?.action, change?.keyId]).toEqual(['key.removed', id]);

      await expect(insert(other, createSampleKey({ number: 8 }))).rejects.toThrow();
      const { ownerId, keyspace } = record;
      expect(await other.transact((transaction) => transaction.countByOwner(ownerId, keyspace))).toEqual({
        unrevoked: 1,
        lastNumber: 7,
      });
      // What comes late of a process that still knew the key is skipped.
      await store.recordUse([createSampleUse(), createSampleUse({ keyId: 'kept' })]);
      await store.addDigest(id, 'credential01', 'pepper', 'digest');
    });

    it('needs the stored version, and is undone with the change that it is part of', async ({
      store,
      other,
    }) => {
      const record = createSampleKey();
      await insert(store, record);
      await update(store, createNextVersion(record));
      await expect(remove(store, record)).rejects.toThrow();
      await expect(
        store.transact(async (transaction) => {
          const last = createSampleKey({ version: 3 });
          await transaction.remove({ id: record.id, version: 2 }, createSampleEvent(last));
          expect(await transaction.find(record.id)).toBe(null);
          throw new Error('not after all');
        }),
      ).rejects.toThrow();
      expect((await other.find(record.id))?.version).toBe(2);
      expect((await other.trail.head()).sequence).toBe(2);
      await remove(store, { id: record.id, version: 2 });
      await expect(remove(store, { id: record.id, version: 2 })).rejects.toThrow();
      expect((await other.trail.head()).sequence).toBe(3);
    });

    it('removes the counts of uses before, some at a time', async ({ store, other }) => {
      await insert(store, createSampleKey({ id: 'a' }), createSampleKey({ id: 'b' }));
      const hour = 60 * 60 * 1000;
      const uses = ['a', 'b'].flatMap((keyId) =>
        [0, 1, 2].map((index) => createSampleUse({ keyId, at: sampleTime + index * hour })),
      );
      await store.recordUse(uses);
      const { removeUsage } = other.housekeeping;
      expect(await removeUsage(['a'], 2)).toBe(2);
      expect(await removeUsage(['a'], 2)).toBe(1);
      expect(await removeUsage(['a'], 2)).toBe(0);
      expect(await removeUsage([], 2)).toBe(0);
      const range = { from: 0, to: sampleTime * 2, by: 'hour' } as const;
      expect((await store.usage.list({ keyId: 'b', ...range })).length).toBe(3);
    });
  });
}
