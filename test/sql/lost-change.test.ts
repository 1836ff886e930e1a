import { rm, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Libsql from 'libsql';
import { Client } from 'pg';
import type { KeyStore } from '../../lib/ports/key-store.js';
import { postgresStore } from '../../lib/sql/postgres/postgres-store.js';
import { sqliteStore } from '../../lib/sql/sqlite/sqlite-store.js';
import { createSampleKey, insert } from '../../lib/store/sample-keys.js';
import { createDatabase } from '../servers/postgres.cjs';
import { settle } from './settle.js';

const logger = { warn: () => undefined, error: () => undefined };
const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** Each opens a store on a database of its own, and a way to run statements beside it. */
const databases: Record<
  string,
  () => Promise<{ store: KeyStore; run: (statement: string) => Promise<unknown> }>
> = {
  async PostgreSQL() {
    const { url, drop } = await createDatabase(process.env['TEST_DATABASE_URL'] ?? '');
    const store = postgresStore({ connection: url, logger });
    const client = new Client({ connectionString: `${url}?options=-csearch_path%3Dapi_keys` });
    await client.connect();
    undo.push(
      drop,
      () => client.end(),
      () => store.close(),
    );
    await store.open();
    return { store, run: (statement) => client.query(statement) };
  },
  async SQLite() {
    const folder = await mkdtemp(join(tmpdir(), 'lost-change-'));
    const file = join(folder, 'keys.db');
    const store = sqliteStore({ file });
    await store.open();
    const beside = new Libsql(file);
    undo.push(
      () => rm(folder, { recursive: true }),
      () => beside.close(),
      () => store.close(),
    );
    return { store, run: async (statement) => beside.exec(statement) };
  },
};

it.each(Object.keys(databases))(
  'P2: no change is made on %s where the last change that was seen is another one now, until the process has joined again',
  async (kind) => {
    const { store, run } = await databases[kind]!();
    await store.feed.join({ id: 'one', acked: 0, leaseMs: 4_000 });
    await insert(store, createSampleKey());
    await run(`update audit_events set hash = '${'a'.repeat(64)}'`);
    await run(`update audit_head set hash = '${'a'.repeat(64)}'`);
    const position = () => store.transact(async (transaction) => transaction.position);
    expect((await settle(position())).error).toMatchObject({ code: 'ERR_API_KEYS_UNAVAILABLE' });
    await store.feed.join({ id: 'two', acked: 0, leaseMs: 4_000 });
    expect(await position()).toEqual({ sequence: 1, hash: 'a'.repeat(64) });
  },
);
