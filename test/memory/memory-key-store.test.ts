import { memoryStore } from '../../lib/memory/memory-key-store.js';
import { insert, createSampleKey, createSampleUse } from '../../lib/store/sample-keys.js';

describe('memoryStore', () => {
  it('shares nothing with another one', async () => {
    const [one, other] = [memoryStore(), memoryStore()];
    await insert(one, createSampleKey());
    expect(await other.find(createSampleKey().id)).toBe(null);
  });

  it('keeps a digest and a use that come in while a change is being made', async () => {
    const store = memoryStore();
    const record = createSampleKey();
    await insert(store, record);
    await store.transact(async (transaction) => {
      const renamed = { ...record, name: 'Renamed', version: 2 };
      const event = {
        action: 'key.updated',
        keyId: record.id,
        keyspace: 'default',
        ownerId: 'owner-1',
      } as const;
      await transaction.update(renamed, {
        ...event,
        keyVersion: 2,
        changedFields: ['name'],
        actor: { kind: 'application', id: null },
        address: null,
        requestId: null,
        at: 1,
      });
      await store.addDigest(record.id, 'credential01', 'beef', 'new');
      await store.recordUse([createSampleUse({ keyId: record.id, at: 7, count: 2 })]);
    });
    const found = await store.find(record.id);
    expect(found?.name).toBe('Renamed');
    expect(found?.lastUsedAt).toBe(7);
    expect(found?.useCount).toBe(2);
    expect(found?.credentials).toMatchObject([{ digests: { beef: 'new' } }]);
  });
});
