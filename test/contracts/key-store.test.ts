import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { memoryStore } from '../../lib/memory/memory-key-store.js';
import { postgresStore } from '../../lib/sql/postgres/postgres-store.js';
import { sqliteStore } from '../../lib/sql/sqlite/sqlite-store.js';
import { describeKeyStore } from '../../lib/store/index.js';

// Some tests make hundreds of changes, on a machine that runs all other test files beside.
jest.setTimeout(90_000);

describeKeyStore('memoryStore', async () => ({ store: memoryStore(), cleanUp: async () => undefined }));

describeKeyStore('sqliteStore', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'key-store-'));
  const make = () => sqliteStore({ file: join(folder, 'keys.db') });
  return {
    store: make(),
    another: make,
    cleanUp: () => rm(folder, { recursive: true, force: true }),
  };
});

describe('with a PostgreSQL server', () => {
  const connection = process.env['TEST_DATABASE_URL'] ?? '';

  describeKeyStore('postgresStore', async () => {
    const schema = `contract_${randomBytes(8).toString('hex')}`;
    const make = () => postgresStore({ connection, schema, logger: console });
    return { store: make(), another: make, cleanUp: () => dropSchema(schema) };
  });

  async function dropSchema(schema: string): Promise<void> {
    const client = new pg.Client({ connectionString: connection });
    await client.connect();
    await client.query(`drop schema if exists ${schema} cascade`);
    await client.end();
  }
});
