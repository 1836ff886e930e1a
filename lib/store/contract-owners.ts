import type { OwnerRecord } from '../domain/owner.js';
import type { KeyStore } from '../ports/key-store.js';
import type { ContractContext } from './contract-context.js';
import { createSampleKey, createSampleOwner, createSampleOwnerEvent, insert } from './sample-keys.js';

/** What is known of owners. */
export function describeOwners({ describe, it, expect }: ContractContext): void {
  const write = (store: KeyStore, record: OwnerRecord): Promise<void> =>
    store.transact((transaction) => transaction.putOwner(record, createSampleOwnerEvent(record)));

  describe('owners', () => {
    it('are unknown until something is recorded about them', async ({ store }) => {
      await insert(store, createSampleKey());
      expect(await store.owners.find('owner-1')).toBe(null);
      expect(await store.transact((transaction) => transaction.findOwner('owner-1'))).toBe(null);
      expect(await store.owners.list({ limit: 9 })).toEqual([]);
      expect((await store.find(createSampleKey().id))?.owner).toBe(null);
    });

    it('are stored with all fields, and read in every process', async ({ store, other }) => {
      const record = createSampleOwner();
      await write(store, record);
      expect(await other.owners.find('owner-1')).toEqual(record);
      const resumed: OwnerRecord = {
        ...{ ...record, suspendedAt: null, suspensionReason: null, version: 2, plan: 'pro' },
        overrides: { rateLimits: [{ name: 'minute', limit: 5, windowSeconds: 60 }], features: [] },
      };
      await write(other, resumed);
      expect(await store.owners.find('owner-1')).toEqual(resumed);
      expect(await store.transact((transaction) => transaction.findOwner('owner-1'))).toEqual(resumed);
    });

    it('are part of every read of their keys, and of no others', async ({ store, other }) => {
      await insert(store, createSampleKey());
      await insert(store, createSampleKey({ id: 'ofanother', ownerId: 'owner-2' }));
      const overrides = { scopes: ['orders:*'], keyCeilings: { credits: null }, maxKeys: 3 };
      await write(store, createSampleOwner({ suspendedAt: 7, plan: 'pro', overrides }));
      const standing = { version: 1, suspendedAt: 7, plan: 'pro', overrides };
      const { id } = createSampleKey();
      expect((await other.find(id))?.owner).toEqual(standing);
      expect((await other.find(id, 'owner-1'))?.owner).toEqual(standing);
      expect((await other.find('ofanother'))?.owner).toBe(null);
      expect((await other.list({ now: 0, limit: 9 })).map(({ owner }) => owner).filter(Boolean)).toEqual([
        standing,
      ]);
      await other.transact(async (transaction) => {
        expect((await transaction.find(id))?.owner).toEqual(standing);
        expect((await transaction.findUnrevokedByOwner('owner-1', 9)).map(({ owner }) => owner)).toEqual([
          standing,
        ]);
      });
    });

    it('are changed from the version before only', async ({ store }) => {
      await write(store, createSampleOwner());
      for (const version of [1, 3]) {
        await expect(write(store, createSampleOwner({ version }))).rejects.toThrow();
      }
      await expect(write(store, createSampleOwner({ ownerId: 'owner-2', version: 2 }))).rejects.toThrow();
      expect((await store.listEvents({ limit: 9 })).length).toBe(1);
    });

    it('are listed with keys by their ids, in pages, whether or not anything is recorded about them', async ({
      store,
      other,
    }) => {
      await write(store, createSampleOwner({ ownerId: 'without keys' }));
      const owners = ['b', 'a', 'B', 'b', 'é'];
      await insert(
        store,
        ...owners.map((ownerId, index) => createSampleKey({ id: `key${index}`, ownerId })),
        createSampleKey({ id: 'revoked', ownerId: 'c', revokedAt: 1 }),
      );
      expect(await other.owners.listWithKeys({ limit: 9 })).toEqual(['B', 'a', 'b', 'c', 'é']);
      expect(await other.owners.listWithKeys({ after: 'a', limit: 2 })).toEqual(['b', 'c']);
      expect(await other.owners.listWithKeys({ after: 'é', limit: 2 })).toEqual([]);
    });

    it('have a number of keys in each keyspace that were not revoked', async ({ store, other }) => {
      await insert(
        store,
        createSampleKey({ id: 'a' }),
        createSampleKey({ id: 'b', expiresAt: 1, enabled: false }),
        createSampleKey({ id: 'revoked', revokedAt: 1 }),
        createSampleKey({ id: 'c', keyspace: 'other' }),
        createSampleKey({ id: 'd', ownerId: 'owner-2' }),
      );
      expect(await other.owners.countKeys('owner-1', 'default')).toBe(2);
      expect(await other.owners.countKeys('owner-1', 'other')).toBe(1);
      expect(await other.owners.countKeys('owner-3', 'default')).toBe(0);
      expect(await other.owners.countKeys('owner\0', 'default')).toBe(0);
    });

    it('come in the feed with their version, and in the trail', async ({ store, other }) => {
      await write(store, createSampleOwner());
      const [change] = await other.feed.latest(9);
      const hash = change?.hash;
      const expected = { keyId: null, ownerId: 'owner-1', ownerVersion: 1, action: 'owner.suspended' };
      expect(change).toEqual({ sequence: 1, ...expected, hash });
      const draft = createSampleOwnerEvent(createSampleOwner());
      const [event] = await other.listEvents({ ownerId: 'owner-1', limit: 9 });
      expect(event).toEqual({ sequence: 1, ...draft, hash });
      const [entry] = await other.trail.entries(0, 9);
      expect([entry?.keyId, entry?.ownerId, entry?.action]).toEqual([null, 'owner-1', 'owner.suspended']);
    });

    it('come in the answer of a beat', async ({ store, other }) => {
      await other.feed.join({ id: 'follower', acked: 0, leaseMs: 1 });
      await write(store, createSampleOwner());
      const { changes } = await other.feed.beat('follower', { sequence: 0, hash: '0'.repeat(64) }, 9);
      expect(changes).toEqual(await store.feed.latest(9));
    });

    it('P18: says where the next so many owners end, and reads no further', async ({ store }) => {
      for (const ownerId of ['b', 'a', 'c', 'd']) await write(store, createSampleOwner({ ownerId }));
      expect(await store.owners.findScanEnd(undefined, 2)).toBe('b');
      expect(await store.owners.findScanEnd('b', 2)).toBe('d');
      expect(await store.owners.findScanEnd('b', 3)).toBe(null);
      const part = await store.owners.list({ isSuspended: true, after: 'a', until: 'c', limit: 9 });
      expect(part.map(({ ownerId }) => ownerId)).toEqual(['b', 'c']);
    });

    it('are listed by their ids, in pages, and by whether they are suspended', async ({ store }) => {
      for (const ownerId of ['b', 'a', 'c']) {
        await write(store, createSampleOwner({ ownerId, suspendedAt: ownerId === 'b' ? null : 5 }));
      }
      const listIds = async (query: object): Promise<readonly string[]> =>
        (await store.owners.list({ limit: 9, ...query })).map(({ ownerId }) => ownerId);
      expect(await listIds({})).toEqual(['a', 'b', 'c']);
      expect(await listIds({ after: 'a', limit: 1 })).toEqual(['b']);
      expect(await listIds({ isSuspended: true })).toEqual(['a', 'c']);
      expect(await listIds({ isSuspended: false })).toEqual(['b']);
    });

    it('are found by a part of the id, taken literally', async ({ store }) => {
      const ids = ['Org:Acme', '100%', 'snake_case', 'C:\\temp', 'stop!now', `it's "quoted"`, 'ÄRGER 🚀'];
      for (const ownerId of ids) await write(store, createSampleOwner({ ownerId, suspendedAt: null }));
      const expected: Readonly<Record<string, readonly string[]>> = {
        ...{ 'org:acme': ['Org:Acme'], ORG: ['Org:Acme'], '%': ['100%'], _: ['snake_case'] },
        ...{ 'snake-case': [], '\\': ['C:\\temp'], '!': ['stop!now'], "'s": [`it's "quoted"`] },
        // Upper and lower case are alike for ASCII alone.
        ...{ '"': [`it's "quoted"`], Ärger: ['ÄRGER 🚀'], ärger: [], '🚀': ['ÄRGER 🚀'] },
        ...{ 'Org\0': [], '\0': [], ['x'.repeat(5_000)]: [], "' or 1=1 --": [] },
      };
      const found: Record<string, readonly string[]> = {};
      for (const q of Object.keys(expected)) {
        found[q] = (await store.owners.list({ q, limit: 9 })).map(({ ownerId }) => ownerId);
      }
      expect(found).toEqual(expected);
      expect((await store.owners.list({ q: '', limit: 9 })).length).toBe(ids.length);
      expect(await store.owners.list({ q: 'o', isSuspended: true, limit: 9 })).toEqual([]);
      const part = await store.owners.list({ q: 'O', after: ids[5], until: 'stop!now', limit: 9 });
      expect(part.map(({ ownerId }) => ownerId)).toEqual(['stop!now']);
    });
  });
}
