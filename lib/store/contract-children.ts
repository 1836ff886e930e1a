import type { ApiKeyRecord } from '../domain/api-key.js';
import type { KeyQuery } from '../ports/key-store.js';
import type { ContractContext } from './contract-context.js';
import {
  createNextVersion,
  createSampleKey,
  createSampleUse,
  insert,
  sampleTime,
  update,
} from './sample-keys.js';

/** Keys below other keys. */
export function describeChildren({ describe, it, expect }: ContractContext): void {
  const top = createSampleKey({
    id: 'keytop0000000001',
    scopes: ['orders:*'],
    features: ['beta'],
    expiresAt: sampleTime + 9,
    ipAllowlist: ['10.0.0.0/8'],
    resources: { project: ['p1', "it's"] },
    rateLimits: [{ name: 'minute', limit: 5, windowSeconds: 60 }],
    maxIdleDays: 3,
    activatedAt: sampleTime + 1,
  });
  const child = createSampleKey({ id: 'keychild00000001', parentId: top.id, createdAt: sampleTime + 1 });
  const grandchild = createSampleKey({
    id: 'keygrand00000001',
    parentId: child.id,
    createdAt: sampleTime + 2,
  });
  const listAncestors = (record: ApiKeyRecord | null): readonly unknown[] =>
    (record?.ancestors ?? []).map(({ id, version }) => [id, version]);

  describe('children', () => {
    it('come with all keys above them, the parent first, in every read', async ({ store, other }) => {
      await insert(store, top, child, grandchild);
      const expected = [
        [child.id, 1],
        [top.id, 1],
      ];
      const { id, ownerId } = grandchild;
      expect(listAncestors(await other.find(id))).toEqual(expected);
      expect(listAncestors(await other.find(id, ownerId))).toEqual(expected);
      expect((await other.list({ now: 0, limit: 9 })).map(listAncestors)).toEqual([
        expected,
        [[top.id, 1]],
        [],
      ]);
      await other.transact(async (transaction) => {
        expect(listAncestors(await transaction.find(id))).toEqual(expected);
        const unrevoked = await transaction.findUnrevokedByOwner(ownerId, 9);
        expect(unrevoked.map(listAncestors)).toEqual([expected, [[top.id, 1]], []]);
      });
      expect((await other.find(id))?.parentId).toBe(child.id);
      const found = await other.find(top.id);
      expect([found?.parentId, found?.ancestors]).toEqual([null, []]);
    });

    it('come with every field of the keys above them that bounds them, as it is now', async ({
      store,
      other,
    }) => {
      await insert(store, top, child);
      await store.recordUse([createSampleUse({ keyId: top.id, at: sampleTime + 5 })]);
      await update(store, createNextVersion(top, { enabled: false, revokedAt: sampleTime + 7 }));
      const found = await other.find(child.id);
      expect(found?.version).toBe(1);
      expect(found?.ancestors).toEqual([
        {
          id: top.id,
          parentId: null,
          version: 2,
          enabled: false,
          revokedAt: sampleTime + 7,
          expiresAt: top.expiresAt,
          createdAt: top.createdAt,
          activatedAt: top.activatedAt,
          lastUsedAt: sampleTime + 5,
          maxIdleDays: top.maxIdleDays,
          scopes: top.scopes,
          features: top.features,
          ipAllowlist: top.ipAllowlist,
          resources: top.resources,
          rateLimits: top.rateLimits,
          hasCredits: top.hasCredits,
        },
      ]);
    });

    it('see a change of a key above them in the transaction that makes it', async ({ store }) => {
      await insert(store, top, child);
      await store.transact(async (transaction) => {
        const next = createNextVersion(top, { revokedAt: sampleTime });
        await transaction.update(next, {
          ...{ action: 'key.revoked', keyId: top.id, keyspace: top.keyspace, ownerId: top.ownerId },
          ...{ keyVersion: 2, changedFields: ['revokedAt'], actor: { kind: 'admin', id: 'admin-1' } },
          ...{ address: null, requestId: null, at: sampleTime },
        });
        expect((await transaction.find(child.id))?.ancestors[0]?.revokedAt).toBe(sampleTime);
      });
    });

    it('keep their parent with every change', async ({ store }) => {
      await insert(store, top, child);
      await update(store, createNextVersion(child, { name: 'Renamed' }));
      const found = await store.find(child.id);
      expect([found?.name, found?.parentId]).toEqual(['Renamed', top.id]);
    });

    it('end their list where a key is missing', async ({ store }) => {
      await insert(store, createSampleKey({ id: 'keyorphan0000001', parentId: 'keymissing000001' }));
      const found = await store.find('keyorphan0000001');
      expect([found?.parentId, found?.ancestors]).toEqual(['keymissing000001', []]);
    });

    it('are listed by whether a key above them is not active, or missing', async ({ store }) => {
      const orphan = createSampleKey({ id: 'keyorphan0000001', parentId: 'keymissing000001' });
      await insert(store, top, child, grandchild, orphan);
      const dayMs = 86_400_000;
      const listIds = async (inactiveAncestor: boolean, query: Partial<KeyQuery> = {}) => {
        const found = await store.list({ inactiveAncestor, now: sampleTime, limit: 9, ...query });
        return new Set(found.map(({ id }) => id));
      };
      const allBelow = new Set([child.id, grandchild.id, orphan.id]);
      expect(await listIds(true)).toEqual(new Set([orphan.id]));
      expect(await listIds(false)).toEqual(new Set([top.id, child.id, grandchild.id]));
      expect(await listIds(true, { now: sampleTime + 9 })).toEqual(allBelow);
      expect(await listIds(false, { now: sampleTime + 9 })).toEqual(new Set([top.id]));
      const endless = createNextVersion(top, { expiresAt: null });
      await update(store, endless);
      expect(await listIds(true, { now: sampleTime + 2 * dayMs })).toEqual(new Set([orphan.id]));
      expect(await listIds(true, { now: sampleTime + 4 * dayMs, state: 'active' })).toEqual(allBelow);
      const enforced = { [top.keyspace]: { maxLifetimeDays: null, maxIdleDays: 1 } };
      expect(await listIds(true, { now: sampleTime + 2 * dayMs, enforced })).toEqual(allBelow);
      const disabled = createNextVersion(endless, { enabled: false });
      await update(store, disabled);
      expect(await listIds(true, { parentId: child.id })).toEqual(new Set([grandchild.id]));
      await update(store, createNextVersion(disabled, { enabled: true, revokedAt: sampleTime }));
      expect(await listIds(true, { ownerId: top.ownerId, state: 'active' })).toEqual(allBelow);
    });

    it('are listed by their parent', async ({ store }) => {
      await insert(store, top, child, grandchild);
      const listIds = async (parentId: string): Promise<readonly string[]> =>
        (await store.list({ parentId, now: 0, limit: 9 })).map(({ id }) => id);
      expect(await listIds(top.id)).toEqual([child.id]);
      expect(await listIds(child.id)).toEqual([grandchild.id]);
      expect(await listIds(grandchild.id)).toEqual([]);
      expect(await listIds('a\0')).toEqual([]);
    });
  });
}
