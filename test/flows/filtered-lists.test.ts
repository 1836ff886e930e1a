import { createInstance } from '../harness/instance.js';
import { makeOwnDatabase } from '../harness/own-database.js';
import type { KeyStore } from '../../lib/store/index.js';
import { memoryStore } from '../../lib/testing/index.js';
import { createSampleEvent, createSampleKey, sampleTime } from '../../lib/store/sample-keys.js';
import { postgresStore } from '../../lib/sql/postgres/postgres-store.js';
import { sqliteStore } from '../../lib/sql/sqlite/sqlite-store.js';
import { theApp } from '../harness/the-app.js';

jest.setTimeout(180_000);

const logger = { warn: () => undefined, error: () => undefined };
/** For inserting 100 keys in one transaction on a busy machine. */
const patience = { deadlineMs: 20_000 };
/** More than are looked at for two pages. */
const count = 2_500;

async function openStore(kind: string): Promise<{ store: KeyStore; remove: () => Promise<void> }> {
  if (kind === 'memory') return { store: memoryStore(), remove: async () => undefined };
  const { url, remove } = await makeOwnDatabase(kind === 'SQLite' ? 'SQLite' : 'PostgreSQL');
  const store =
    kind === 'SQLite'
      ? sqliteStore({ file: url.slice('file:'.length), ...patience })
      : postgresStore({ connection: url, logger, ...patience });
  return { store, remove };
}

describe.each(['memory', 'SQLite', 'PostgreSQL'])('a list with a filter, on %s', (kind) => {
  it('P18: looks at 1,000 keys for one page, and its cursor goes on to what matches', async () => {
    const { store, remove } = await openStore(kind);
    await store.open();
    for (let start = 0; start < count; start += 100) {
      await store.transact(async (transaction) => {
        for (let index = start; index < start + 100; index += 1) {
          const oldest = index === 0 ? { name: 'needle', tags: ['needle'], scopes: ['orders:write'] } : {};
          const id = `key${String(index).padStart(5, '0')}`;
          const record = createSampleKey({
            id,
            keyspace: 'default',
            createdAt: sampleTime + index,
            ...oldest,
          });
          await transaction.insert(record, createSampleEvent(record));
        }
      });
    }
    const { apiKeys } = createInstance({ store });
    try {
      await apiKeys.ready();
      for (const filter of [{ q: 'needle' }, { tag: 'needle' }, { scope: 'orders:write' }] as const) {
        const pages: number[] = [];
        let cursor: string | undefined;
        do {
          const page = await apiKeys.keys
            .as(theApp)
            .list({ ...filter, ...(cursor !== undefined && { cursor }) });
          pages.push(page.items.length);
          cursor = page.nextCursor ?? undefined;
        } while (cursor !== undefined);
        expect(pages).toEqual([0, 0, 1]);
      }
      expect((await apiKeys.keys.as(theApp).list({ limit: 100 })).items).toHaveLength(100);
    } finally {
      await apiKeys.close();
      await store.close();
      await remove();
    }
  });
});
