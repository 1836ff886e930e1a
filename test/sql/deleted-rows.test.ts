import pg from 'pg';
import type { KeyStore } from '../../lib/ports/key-store.js';
import { postgresStore } from '../../lib/sql/postgres/postgres-store.js';
import { createSampleKey, insert, sampleTime } from '../../lib/store/sample-keys.js';
import { makeOwnDatabase, type OwnDatabase } from '../harness/own-database.js';

jest.setTimeout(120_000);

/** What is in each table, and how much of it is removed in one step. */
const [stored, limit] = [30, 10];
const key = createSampleKey();
const end = sampleTime;
const after = end + 1;

/** A kind of rows that are removed in steps. */
interface Removed {
  readonly table: string;
  readonly columns: string;
  /** Of the row with the number `i`. */
  readonly values: string;
  readonly remove: (store: KeyStore) => Promise<number>;
}

const usage = {
  table: 'key_usage',
  columns: 'key_id, hour, verdict, count',
  values: `'${key.id}', i, 'allowed', 1`,
};
const routes = {
  table: 'key_routes',
  columns: 'key_id, day, route, status, count',
  values: `'${key.id}', i, '/orders', '2xx', 1`,
};
const observed = {
  table: 'observed_refusals',
  columns: 'hour, method, route, code, key_id, owner_id, count, first_at, last_at',
  values: `i, 'GET', '/orders', 'key_revoked', '${key.id}', '${key.ownerId}', 1, ${end}, ${end}`,
};

const kinds: Readonly<Record<string, Removed>> = {
  'idempotency keys': {
    table: 'idempotency_keys',
    columns: 'name, payload_hash, key_id, created_at',
    values: `'name' || i, 'hash', '${key.id}', ${end}`,
    remove: ({ housekeeping }) => housekeeping.removeExpired('claims', after, limit),
  },
  nonces: {
    table: 'nonces',
    columns: 'name, expires_at',
    values: `'name' || i, ${end}`,
    remove: ({ housekeeping }) => housekeeping.removeExpired('nonces', after, limit),
  },
  'revoked tokens': {
    table: 'revoked_tokens',
    columns: 'id, key_id, expires_at',
    values: `'token' || i, '${key.id}', ${end}`,
    remove: ({ housekeeping }) => housekeeping.removeExpired('revokedTokens', after, limit),
  },
  'refresh tokens': {
    table: 'refresh_grants',
    columns: 'id, key_id, credential_id, scopes, expires_at, digest',
    values: `'chain' || i, '${key.id}', 'a', '[]', ${end}, 'digest' || i`,
    remove: ({ housekeeping }) => housekeeping.removeExpired('refreshGrants', after, limit),
  },
  'notices of expiry': {
    table: 'expiry_notices',
    columns: 'key_id, expires_at, threshold_seconds',
    values: `'${key.id}', ${end}, i`,
    remove: ({ housekeeping }) => housekeeping.removeExpired('expiryNotices', after, limit),
  },
  'old usage of keys': { ...usage, remove: (store) => store.usage.forgetBefore(after, limit) },
  'the usage of some keys': {
    ...usage,
    remove: ({ housekeeping }) => housekeeping.removeUsage([key.id], limit),
  },
  'old usage by route': { ...routes, remove: (store) => store.usage.forgetBefore(after, limit) },
  'the usage by route of some keys': {
    ...routes,
    remove: ({ housekeeping }) => housekeeping.removeUsage([key.id], limit),
  },
  'the usage by route of an erased owner': {
    ...routes,
    remove: ({ erasure }) => erasure.eraseRoutes([key.id], limit),
  },
  'old observed requests': { ...observed, remove: ({ observations }) => observations.prune(after, 0, limit) },
  'surplus observed requests': {
    ...observed,
    remove: ({ observations }) => observations.prune(0, 5, limit),
  },
  'the observed requests of an erased owner': {
    ...observed,
    remove: ({ erasure }) => erasure.eraseFromObservations(key.ownerId, limit),
  },
  'the access log of an erased owner': {
    table: 'access_events',
    columns: 'id, at, action, key_id, owner_id, payload',
    values: `'event' || i, ${end}, 'access.refused', '${key.id}', '${key.ownerId}', '{}'`,
    remove: ({ erasure }) => erasure.eraseFromAccessLog(key.ownerId, limit),
  },
  'the start of the audit trail': {
    table: 'audit_events',
    columns: 'sequence, key_id, owner_id, action, at, payload, hash',
    values: `1000 + i, '${key.id}', '${key.ownerId}', 'key.updated', ${end}, '{}', 'hash' || i`,
    remove: ({ housekeeping }) => housekeeping.removeTrimmed(limit),
  },
};

/** Without these, PostgreSQL prefers to look up each row of a table among those that are to be removed. */
const plans = ['hashagg', 'hashjoin', 'mergejoin', 'material', 'memoize', 'sort'];

let database: OwnDatabase;
let pool: pg.Pool;
let store: KeyStore;
let client: pg.Client;

beforeAll(async () => {
  database = await makeOwnDatabase('PostgreSQL');
  const options = plans.map((plan) => `-c enable_${plan}=off`).join(' ');
  pool = new pg.Pool({ connectionString: database.url, options, max: 4 });
  pool.on('error', () => undefined);
  store = postgresStore({ connection: pool, logger: { warn: () => undefined, error: () => undefined } });
  await store.open();
  await insert(store, key);
  client = new pg.Client({ connectionString: database.url, options: '-c search_path=api_keys' });
  await client.connect();
});

afterAll(async () => {
  await client.end();
  await store.close();
  await pool.end();
  await database.remove();
});

it.each(Object.entries(kinds))(
  'whatever the plan of the statement, no more than asked for are removed: %s, on PostgreSQL',
  async (_kind, { table, columns, values, remove }) => {
    // Usage is removed from two tables at once.
    for (const each of [table, usage.table, routes.table]) await client.query(`delete from ${each}`);
    await client.query('update audit_head set start_sequence = 2000');
    await client.query(
      `insert into ${table} (${columns}) select ${values} from generate_series(1, ${stored}) as series(i)`,
    );
    await client.query(`analyze ${table}`);
    expect(await remove(store)).toBe(limit);
    const { rows } = await client.query(`select count(*)::integer as count from ${table}`);
    expect(rows).toEqual([{ count: stored - limit }]);
  },
);
