import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import pg from 'pg';
import { InvalidOptionError } from '../../lib/errors.js';
import type { SecretCredential } from '../../lib/domain/credential.js';
import type { KeyStore } from '../../lib/ports/key-store.js';
import { postgresStore } from '../../lib/sql/postgres/postgres-store.js';
import type { PostgresStoreOptions } from '../../lib/sql/postgres/postgres-store.js';
import {
  insert,
  createNextVersion,
  createSampleCredential,
  createSampleEvent,
  createSampleKey,
  sampleTime,
  update,
} from '../../lib/store/sample-keys.js';
import { createDatabase } from '../servers/postgres.cjs';
import { waitUntil } from '../servers/wait-until.cjs';
import { settle } from './settle.js';
import { makeEffective } from '../harness/make-effective.js';
import { watchMachine } from '../harness/machine-watch.js';
import { waitsForLock } from './waits-for-lock.js';

const machine = watchMachine();

// Every test makes a database of its own, and some wait for deadlines: a busy machine needs more than five seconds.
jest.setTimeout(90_000);

const unavailable = expect.objectContaining({ code: 'ERR_API_KEYS_UNAVAILABLE' });

let database: Awaited<ReturnType<typeof createDatabase>>;
let warnings: string[];
let opened: KeyStore[];
const logger = {
  warn: (message: string) => void warnings.push(message),
  error: (message: string) => void warnings.push(message),
};

beforeEach(async () => {
  warnings = [];
  opened = [];
  database = await createDatabase(process.env['TEST_DATABASE_URL'] ?? '');
});

afterEach(async () => {
  for (const store of opened) await store.close();
  await database.drop();
});

async function openStore(options: Partial<PostgresStoreOptions> = {}): Promise<KeyStore> {
  const store = postgresStore({ connection: database.url, logger, ...options });
  opened.push(store);
  await store.open();
  return store;
}

/** A pool of the app. It may still hold a connection, which it is closing, when the database is dropped. */
function openPool(settings: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool({ connectionString: database.url, ...settings });
  pool.on('error', () => undefined);
  return pool;
}

/** A connection of somebody else to the same database. */
async function withClient<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

describe('postgresStore', () => {
  it.each([
    [{ connection: 'mysql://u:hunter2@host/db' }, /must be a URL such as postgres/],
    [{ connection: '' }, /must be a URL/],
    [{ connection: {} as pg.Pool }, /must be a URL or a pg\.Pool/],
    [{ connection: 'postgres://host/db', schema: 'Keys' }, /schema must/],
    [{ connection: 'postgres://host/db', schema: 'a"; drop table x; --' }, /schema must/],
    [{ connection: 'postgres://host/db', schema: 'a'.repeat(64) }, /schema must/],
  ])('refuses %j', (options, message) => {
    expect(() => postgresStore({ logger, ...options })).toThrow(InvalidOptionError);
    expect(() => postgresStore({ logger, ...options })).toThrow(message);
    expect(() => postgresStore({ logger, ...options })).not.toThrow(/hunter2/);
  });

  it.each([
    ['nobody listens', 'postgres://user:hunter2@127.0.0.1:1/db'],
    ['the host does not exist', 'postgres://user:hunter2@host.invalid/db'],
    ['the URL is broken', 'postgres://user:hunter2@[::1/db'],
    ['the port is broken', 'postgres://user:hunter2@host:99999999/db'],
  ])('is unavailable when %s, and shows no password', async (_, connection) => {
    const store = postgresStore({ connection, logger });
    opened.push(store);
    const { error, milliseconds } = await settle(store.open());
    expect(error).toEqual(unavailable);
    await machine.expectWithin(2_500, milliseconds);
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('hunter2');
  });

  it('is unavailable when the database does not exist', async () => {
    const connection = new URL(database.url);
    connection.pathname = '/nowhere';
    await expect(openStore({ connection: connection.toString() })).rejects.toEqual(unavailable);
  });

  it('relies on no setting of the database: search path, isolation, collation, standard text', async () => {
    const url = new URL(database.url);
    const name = `${url.pathname.slice(1)}_icu`;
    await withClient(async (client) => {
      await client.query(
        `create database ${name} template template0 encoding 'UTF8' locale_provider icu icu_locale 'en-US'`,
      );
      await client.query(`alter database ${name} set search_path = ''`);
      await client.query(`alter database ${name} set default_transaction_isolation = 'serializable'`);
      await client.query(`alter database ${name} set standard_conforming_strings = off`);
      await client.query(`alter database ${name} set timezone = 'Asia/Tokyo'`);
    });
    url.pathname = `/${name}`;
    const store = await openStore({ connection: url.toString() });
    await insert(store, ...['a', 'B', 'c'].map((id) => createSampleKey({ id, name: `ÄRGER mit \\${id}` })));
    const list = (q: string) => store.list({ q, now: sampleTime, limit: 9, scope: 'orders:read' });
    expect((await list('')).map((record) => record.id)).toEqual(['c', 'a', 'B']);
    expect((await list('MIT \\')).length).toBe(3);
    expect(await list('ärger')).toEqual([]);
    await Promise.all(['a', 'B', 'c'].map((id) => update(store, createNextVersion(createSampleKey({ id })))));
    expect((await store.listEvents({ limit: 9 })).length).toBe(6);
    await store.close();
    await withClient((client) => client.query(`drop database ${name} with (force)`));
  });

  it('keeps to its schema', async () => {
    await openStore({ schema: 'own_schema' });
    const { rows } = await withClient((client) =>
      client.query(`select distinct schemaname from pg_tables where tablename in ('keys', 'audit_events')`),
    );
    expect(rows).toEqual([{ schemaname: 'own_schema' }]);
  });
});

describe('a pool that was handed in', () => {
  it('is used with its own settings left alone, and never closed', async () => {
    const pool = openPool({ max: 2 });
    const before = await pool.query<{ big: string }>('select 9007199254740993::bigint as big');
    const store = await openStore({ connection: pool });
    await insert(store, createSampleKey({ expiresAt: sampleTime }));
    expect(await store.find(createSampleKey().id)).toEqual(createSampleKey({ expiresAt: sampleTime }));
    await store.close();
    const after = await pool.query<{ big: string }>('select 9007199254740993::bigint as big');
    expect(after.rows).toEqual(before.rows);
    // Limits are of our transactions, not of the session; no listener is left behind.
    const client = await pool.connect();
    expect((await client.query('show statement_timeout')).rows).toEqual([{ statement_timeout: '0' }]);
    expect(client.listenerCount('error')).toBeLessThanOrEqual(1);
    client.release();
    await store.open();
    expect((await store.find(createSampleKey().id))?.version).toBe(1);
    await store.close();
    await pool.end();
  });

  it('is read right whatever type parsers the app has set', async () => {
    const types = { getTypeParser: () => () => 'parsed by the app' } as unknown as pg.CustomTypesConfig;
    const pool = openPool({ types });
    const store = await openStore({ connection: pool });
    await insert(store, createSampleKey());
    expect(await store.find(createSampleKey().id)).toEqual(createSampleKey());
    await store.close();
    await pool.end();
  });

  it('makes us unavailable, not endless, when the app holds all of its connections', async () => {
    const pool = openPool({ max: 1 });
    const store = await openStore({ connection: pool, deadlineMs: 1000 });
    const client = await pool.connect();
    const { error, milliseconds } = await settle(store.find('x'));
    expect(error).toEqual(unavailable);
    await machine.expectWithin(1_500, milliseconds);
    client.release();
    expect(await store.find('x')).toBe(null);
    await store.close();
    await pool.end();
  });
});

describe('a pool that the app holds for a long time', () => {
  let pool: pg.Pool;
  let store: KeyStore;
  let held: pg.PoolClient;

  beforeEach(async () => {
    // Without connectionTimeoutMillis, pg's default: the pool itself never gives up.
    pool = openPool({ max: 1 });
    store = await openStore({ connection: pool, deadlineMs: 1_000 });
    await insert(store, createSampleKey());
    held = await pool.connect();
  });

  afterEach(async () => {
    await store.close();
    await pool.end();
  });

  it('gathers no queue in it, however many calls come, and each is answered within its deadline', async () => {
    for (let round = 0; round < 3; round += 1) {
      const calls = Array.from({ length: 500 }, () => settle(store.find(createSampleKey().id)));
      calls.push(settle(insert(store, createSampleKey({ id: `lost${round}` }))));
      for (const { error, milliseconds } of await Promise.all(calls)) {
        expect(error).toEqual(unavailable);
        await machine.expectWithin(2_000, milliseconds);
      }
      expect(pool.waitingCount).toBeLessThanOrEqual(64);
    }
    held.release();
    // Nothing stands in the way of the first call after it, not even for one turn of the event loop.
    expect(await store.find(createSampleKey().id)).toEqual(createSampleKey());
    await insert(store, createSampleKey({ id: 'after' }));
    // The pool serves in order: when this is answered, all that was left of the busy time has been given back.
    await pool.query('select 1');
    expect(pool.waitingCount).toBe(0);
    expect((await store.listEvents({ limit: 9 })).map(({ keyId }) => keyId)).toEqual([
      'after',
      createSampleKey().id,
    ]);
    expect([pool.totalCount, pool.idleCount]).toEqual([1, 1]);
  });

  it('refuses a flood at once', async () => {
    const calls = Array.from({ length: 3_000 }, () => settle(store.find('x')));
    const refused = (await Promise.all(calls)).filter(({ error }) =>
      inspect(error).includes('calls are waiting for a PostgreSQL connection already'),
    );
    expect(refused.length).toBe(2_000);
    held.release();
    expect(await store.find('x')).toBe(null);
  });

  it('hands a client on to those who still wait, oldest first, also when many do', async () => {
    held.release();
    // 150 reads, one after the other, take a busy machine a second.
    const patient = await openStore({ connection: pool, deadlineMs: 20_000 });
    held = await pool.connect();
    const calls = Array.from({ length: 150 }, () =>
      patient.find(createSampleKey().id, createSampleKey().ownerId),
    );
    await sleep(20);
    held.release();
    expect(new Set((await Promise.all(calls)).map((record) => record?.version))).toEqual(new Set([1]));
    await patient.close();
  });
});

describe('an update', () => {
  it('writes only the credentials that changed', async () => {
    const store = await openStore();
    const credentials = ['c', 'b', 'a'].map((id) => createSampleCredential({ id, endedAt: sampleTime }));
    const before = createSampleKey({ credentials });
    await insert(store, before);
    const writtenBy = () =>
      withClient(async (client) => {
        const { rows } = await client.query<{ id: string; xmin: string }>(
          'select id, xmin::text from api_keys.credentials',
        );
        return new Map(rows.map(({ id, xmin }) => [id, xmin]));
      });
    const first = await writtenBy();
    const [c, b] = credentials as [SecretCredential, SecretCredential];
    const rotated = createNextVersion(before, {
      credentials: [createSampleCredential({ id: 'd' }), { ...c, endsAt: sampleTime }, b],
    });
    await update(store, rotated);
    expect(await store.find(before.id)).toEqual(rotated);
    const second = await writtenBy();
    expect([...second.keys()].sort()).toEqual(['b', 'c', 'd']);
    expect(second.get('c')).not.toBe(first.get('c'));
    expect(second.get('b')).toBe(first.get('b'));
  });
});

describe('PostgreSQL during outages', () => {
  const terminateOthers = (client: pg.Client) =>
    client.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    );

  it('may cut idle connections: a warning, and the next call connects again', async () => {
    const store = await openStore();
    await Promise.all([store.find('a'), store.find('b'), store.find('c')]);
    await withClient(terminateOthers);
    const losses = () => warnings.filter((text) => text.includes('an idle PostgreSQL connection was lost'));
    for (let wait = 0; losses().length === 0 && wait < 1_000; wait += 1) await sleep(10);
    expect(losses().length).toBeGreaterThan(0);
    expect(await store.find('x')).toBe(null);
  });

  it('may have cut all connections without our noticing: the next calls connect again', async () => {
    const store = await openStore();
    for (let round = 0; round < 5; round += 1) {
      await Promise.all([store.find('a'), store.find('b')]);
      await withClient(terminateOthers);
      // At once: the news of the cut has not been read yet.
      expect(await Promise.all([store.find('x'), store.find('y')])).toEqual([null, null]);
      await withClient(terminateOthers);
      await insert(store, createSampleKey({ id: `key${round}` }));
    }
  });

  it('may cut a connection in the middle of a change: it has not happened, and the next one does', async () => {
    const store = await openStore();
    const cut = store.transact(async (transaction) => {
      await transaction.insert(createSampleKey(), createSampleEvent(createSampleKey()));
      await withClient(terminateOthers);
      await sleep(50);
      return transaction.find('x');
    });
    expect((await settle(cut)).error).toEqual(unavailable);
    await insert(store, createSampleKey());
    expect((await store.listEvents({ limit: 9 })).map((event) => event.sequence)).toEqual([1]);
  });

  it('undoes a change whose work takes too long, and lets the next one through', async () => {
    const store = await openStore({ deadlineMs: 600 });
    const other = await openStore({ deadlineMs: 20_000 });
    let goOn = (): void => undefined;
    const slow = store.transact(async (transaction) => {
      await transaction.insert(createSampleKey({ id: 'slow' }), createSampleEvent(createSampleKey()));
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
      await transaction.insert(createSampleKey({ id: 'late' }), createSampleEvent(createSampleKey()));
    });
    const slowSettled = settle(slow);
    await sleep(50);
    const next = await settle(insert(other, createSampleKey({ id: 'next' })));
    const { error, milliseconds } = await slowSettled;
    expect(error).toEqual(unavailable);
    await machine.expectWithin(1_100, milliseconds);
    expect(next.error).toBeUndefined();
    goOn();
    await sleep(50);
    const stored = await other.list({ now: 0, limit: 9 });
    expect(stored.map((record) => record.id)).toEqual(['next']);
  });

  it('lets reads through while somebody holds the lock of changes, and changes give up at the deadline', async () => {
    const store = await openStore({ deadlineMs: 800, maxConnections: 2 });
    await withClient(async (client) => {
      await client.query('begin; select 1 from api_keys.audit_head for update');
      const changes = Array.from({ length: 20 }, (_, index) =>
        settle(insert(store, createSampleKey({ id: `key${index}` }))),
      );
      // Somebody holds the lock until all this is over; so a read that a busy machine took too long for may be repeated.
      expect(await makeEffective(() => store.find('x'))).toBeNull();
      for (const { error, milliseconds } of await Promise.all(changes)) {
        expect(error).toEqual(unavailable);
        await machine.expectWithin(1_300, milliseconds);
      }
      await client.query('rollback');
    });
    await insert(store, createSampleKey());
    expect((await store.listEvents({ limit: 9 })).length).toBe(1);
  });

  it('may choose us as the victim of a deadlock: the change is run again', async () => {
    const store = await openStore({ deadlineMs: 20_000 });
    await insert(store, createSampleKey());
    const numbers: number[] = [];
    await withClient(async (client) => {
      await client.query('begin; update api_keys.keys set name = name');
      const change = store.transact(async (transaction) => {
        numbers.push(transaction.position.sequence);
        const next = createNextVersion(createSampleKey(), { name: 'Renamed' });
        await transaction.update(next, createSampleEvent(next));
        numbers.push(transaction.position.sequence);
      });
      await waitUntil('the change waits for the row', () => waitsForLock(client));
      await client.query('select 1 from api_keys.audit_head for update');
      await client.query('commit');
      await change;
    });
    // The first run ended in the update; the second one began again.
    expect(numbers).toEqual([1, 1, 2]);
    expect((await store.find(createSampleKey().id))?.name).toBe('Renamed');
    expect((await store.listEvents({ limit: 9 })).length).toBe(2);
  });
});
