import { Client } from 'pg';
import type { KeyStore } from '../../lib/ports/key-store.js';
import { postgresStore } from '../../lib/sql/postgres/postgres-store.js';
import {
  createSampleAccess,
  createSampleKey,
  createSampleUse,
  insert,
  sampleTime,
} from '../../lib/store/sample-keys.js';
import { makeOwnDatabase, type OwnDatabase } from '../harness/own-database.js';
import { waitUntil } from '../servers/wait-until.cjs';
import { pause } from '../faults/pause.js';
import { settle } from './settle.js';

jest.setTimeout(60_000);

const deadlineMs = 2_000;
const { id: keyId } = createSampleKey();
let database: OwnDatabase;
let store: KeyStore;
let watcher: Client;

async function connect(): Promise<Client> {
  const client = new Client({ connectionString: database.url });
  await client.connect();
  return client;
}

beforeAll(async () => {
  database = await makeOwnDatabase('PostgreSQL');
  store = postgresStore({ connection: database.url, deadlineMs, logger: { warn() {}, error() {} } });
  await store.open();
  await insert(store, createSampleKey());
  watcher = await connect();
});

afterAll(async () => {
  await watcher.end();
  await store.close();
  await database.remove();
});

/** Holds a table until it is given back. */
async function hold(table: string): Promise<() => Promise<void>> {
  const client = await connect();
  await client.query(`begin; lock table api_keys.${table} in access exclusive mode`);
  return async () => {
    await client.query('rollback');
    await client.end();
  };
}

async function isOneAtWork(condition: string): Promise<boolean> {
  const { rows } = await watcher.query(
    `select 1 from pg_stat_activity where datname = current_database() and application_name = 'express-api-keys' and ${condition}`,
  );
  return rows.length > 0;
}

const waitsForLock = (): Promise<boolean> => isOneAtWork("wait_event_type = 'Lock'");

// What each writes, which tables it comes to first and last, and where what it wrote would be.
const writes: readonly [string, readonly string[], string, () => Promise<void>][] = [
  [
    'a row of the access log',
    ['access_events'],
    'access_events',
    () => store.accessLog.add([createSampleAccess()]),
  ],
  ['a use', ['key_uses', 'key_usage'], 'key_usage', () => store.recordUse([createSampleUse({ keyId })])],
  [
    'usage by route',
    ['key_routes', 'keys'],
    'key_routes',
    () => store.usage.addRoutes([{ keyId, day: sampleTime, route: '/orders', status: '2xx', count: 1 }]),
  ],
];

it.each(writes)(
  '%s that nobody waits for any more is not committed',
  async (_what, tables, written, write) => {
    const held = [];
    for (const table of tables) held.push(await hold(table));
    const writing = settle(write());
    // Each wait is shorter than the server allows, and both together are longer than the deadline.
    for (const [index, giveBack] of held.entries()) {
      if (index === held.length - 1) break;
      await waitUntil('it waits for a table', waitsForLock);
      await pause(deadlineMs * 0.6);
      await giveBack();
    }
    expect((await writing).error).toMatchObject({ code: 'ERR_API_KEYS_UNAVAILABLE' });
    await held.at(-1)?.();
    await waitUntil(
      'the server has done what it was sent',
      async () => !(await isOneAtWork("state <> 'idle'")),
    );
    const { rows } = await watcher.query(`select * from api_keys.${written}`);
    expect(rows).toEqual([]);
  },
);
