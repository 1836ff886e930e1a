import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Libsql from 'libsql';
import pg from 'pg';
import { InvalidOptionError } from '../../lib/errors.js';
import { migrations } from '../../lib/sql/migrations.js';
import { postgresStore } from '../../lib/sql/postgres/postgres-store.js';
import { sqliteStore } from '../../lib/sql/sqlite/sqlite-store.js';
import { insert, createSampleKey, createSampleUse } from '../../lib/store/sample-keys.js';
import { createDatabase } from '../servers/postgres.cjs';
import { bundleStores, runInChild } from './child-process.js';

// Processes that start at the same time share the machine with all other test files.
jest.setTimeout(180_000);

const newer = migrations.length + 1;
const insertNewer = `insert into schema_versions (version, name) values (${newer}, 'from the future')`;

/** Undoes every migration after the first, the newest first; some of them have only added to tables that are dropped. */
const backToVersion1 = [
  ...['keys_unrevoked_by_owner', 'keys_unrevoked_by_keyspace', 'keys_by_number', 'keys_by_member'].map(
    (index) => `drop index ${index}`,
  ),
  'alter table audit_head drop column history_since',
  'alter table audit_head drop column history',
  'drop table key_routes',
  ...['webhooks', 'event_deliveries', 'event_queues'].map((table) => `drop table ${table}`),
  'drop index keys_by_parent',
  ...['sequence', 'hash', 'entry'].map((column) => `alter table audit_head drop column start_${column}`),
  'drop table observed_refusals',
  'drop table removed_keys',
  'drop index keys_by_revocation',
  'drop index revoked_tokens_by_key',
  'drop table owner_credits',
  'drop table key_used_parts',
  'alter table keys drop column parent_id',
  'alter table keys drop column resources',
  'alter table keys drop column max_idle_days',
  'alter table keys drop column activated_at',
  'alter table audit_events drop column personal',
  'drop index audit_events_by_member',
  'alter table audit_events drop column member_id',
  ...['kind', 'id', 'member_id', 'member_name'].map(
    (column) => `alter table keys drop column created_by_${column}`,
  ),
  'drop table owners',
  'drop table signature_place',
  ...['signing_keys', 'refresh_grants', 'revoked_tokens'].map((table) => `drop table ${table}`),
  'alter table keys drop column token_lifetime_seconds',
  ...['sealed_secret', 'algorithm', 'spki', 'sha256_fingerprint', 'md5_fingerprint'].map(
    (column) => `alter table credentials drop column ${column}`,
  ),
  ...['key_usage', 'key_credits', 'access_events', 'idempotency_keys', 'expiry_notices', 'nonces'].map(
    (table) => `drop table ${table}`,
  ),
  'drop index keys_by_expiry',
  'drop index audit_events_by_actor',
  'drop index audit_events_by_time',
  'alter table audit_events drop column actor_id',
  'alter table key_uses drop column last_used_address',
  'alter table credentials drop column grace_from_first_use_seconds',
  ...[
    ...['number', 'revocation_reason', 'revocation_comment', 'features', 'tags'],
    ...['rate_limits', 'has_credits'],
  ].map((column) => `alter table keys drop column ${column}`),
  'drop table instances',
  'alter table key_uses drop column use_count',
  'delete from schema_versions where version > 1',
];

describe('the schema of a SQLite file', () => {
  let folder: string;
  let file: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'migrate-'));
    file = join(folder, 'keys.db');
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('is refused when it is newer than this version', async () => {
    const store = sqliteStore({ file });
    await store.open();
    await store.close();
    const database = new Libsql(file);
    database.exec(insertNewer);
    database.close();
    await expect(store.open()).rejects.toThrow(InvalidOptionError);
    await expect(store.open()).rejects.toThrow(
      new RegExp(`is at version ${newer}; .* knows only ${newer - 1}\\. Upgrade express-api-keys`),
    );
  });

  it('keeps its keys and their uses when it is brought up to date', async () => {
    const store = sqliteStore({ file });
    await store.open();
    await insert(store, createSampleKey({ lastUsedAt: 5, useCount: 9 }), createSampleKey({ id: 'unused' }));
    await store.close();
    const database = new Libsql(file);
    for (const statement of backToVersion1) database.exec(statement);
    database.close();
    await store.open();
    // How often it was used was not counted then.
    expect(await store.find(createSampleKey().id)).toEqual(createSampleKey({ lastUsedAt: 5 }));
    expect(await store.find('unused')).toEqual(createSampleKey({ id: 'unused' }));
    await store.recordUse([createSampleUse({ keyId: createSampleKey().id, at: 6, count: 2 })]);
    expect(await store.find(createSampleKey().id)).toEqual(createSampleKey({ lastUsedAt: 6, useCount: 2 }));
    expect(await store.feed.instances()).toEqual([]);
    await store.close();
  });

  it('is left alone with migrate: check, which says what to do', async () => {
    await expect(sqliteStore({ file, migrate: 'check' }).open()).rejects.toThrow(
      new RegExp(`is at version 0; .* needs ${newer - 1}\\. Start once with migrate: 'auto'`),
    );
    const store = sqliteStore({ file });
    await store.open();
    await store.close();
    const checking = sqliteStore({ file, migrate: 'check' });
    await checking.open();
    await checking.close();
  });
});

describe('the schema in PostgreSQL', () => {
  const bundle = bundleStores();
  let database: Awaited<ReturnType<typeof createDatabase>>;

  beforeAll(async () => {
    database = await createDatabase(process.env['TEST_DATABASE_URL'] ?? '');
  });

  afterAll(() => database.drop());

  const makeStore = (schema: string, migrate: 'auto' | 'check' = 'auto') =>
    postgresStore({ connection: database.url, schema, migrate, logger: console });

  async function run(...statements: readonly string[]): Promise<void> {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    try {
      for (const statement of statements) await client.query(statement);
    } finally {
      await client.end();
    }
  }

  it('is refused when it is newer than this version', async () => {
    const store = makeStore('newer');
    await store.open();
    await run(`set search_path to newer`, insertNewer);
    await store.close();
    await expect(store.open()).rejects.toThrow(
      new RegExp(`schema "newer" is at version ${newer}; .* knows only ${newer - 1}`),
    );
    await store.close();
  });

  it('keeps its keys and their uses when it is brought up to date', async () => {
    const store = makeStore('older');
    await store.open();
    await insert(store, createSampleKey({ lastUsedAt: 5, useCount: 9 }));
    await store.close();
    await run('set search_path to older', ...backToVersion1);
    await store.open();
    expect(await store.find(createSampleKey().id)).toEqual(createSampleKey({ lastUsedAt: 5 }));
    await store.recordUse([createSampleUse({ keyId: createSampleKey().id, at: 6, count: 2 })]);
    expect(await store.find(createSampleKey().id)).toEqual(createSampleKey({ lastUsedAt: 6, useCount: 2 }));
    expect(await store.feed.instances()).toEqual([]);
    await store.close();
  });

  it('is not brought up to date with an index of it that is invalid, until the index is dropped', async () => {
    for (const schema of ['unfinished', 'other']) {
      const store = makeStore(schema);
      await store.open();
      await store.close();
    }
    const drops = backToVersion1.filter((statement) => statement.startsWith('drop index keys_un'));
    const back = ['delete from schema_versions where version = (select max(version) from schema_versions)'];
    // What remains of a build that was cancelled. It is none of this schema's what another one has.
    const invalidate = (name: string): string =>
      `update pg_index set indisvalid = false where indexrelid = '${name}'::regclass`;
    await run('set search_path to unfinished', ...drops, ...back, invalidate('unfinished.keys_by_number'));
    await run(invalidate('other.keys_by_member'));
    const store = makeStore('unfinished');
    const drop = 'DROP INDEX CONCURRENTLY unfinished.keys_by_number;';
    const refused: unknown = await store.open().catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(InvalidOptionError);
    expect((refused as Error).message).toMatch(new RegExp(`start again: ${drop}$`));
    expect(await listIndexes('unfinished')).toEqual(['keys_by_member', '!keys_by_number']);
    await run(drop);
    await store.open();
    expect(await listIndexes('unfinished')).toEqual([
      ...['keys_by_member', 'keys_by_number', 'keys_unrevoked_by_keyspace', 'keys_unrevoked_by_owner'],
    ]);
    await store.close();
  });

  /** Lists the indexes for many keys, invalid ones with an exclamation mark. */
  async function listIndexes(schema: string): Promise<readonly string[]> {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    try {
      const { rows } = await client.query<{ name: string; is_valid: boolean }>(
        `select c.relname as name, i.indisvalid as is_valid from pg_index i join pg_class c on c.oid = i.indexrelid
          where c.relnamespace = $1::regnamespace and c.relname ~ '^keys_(unrevoked_|by_number|by_member)' order by 1`,
        [schema],
      );
      return rows.map(({ name, is_valid }) => (is_valid ? name : `!${name}`));
    } finally {
      await client.end();
    }
  }

  it('is left alone with migrate: check, which says what to do', async () => {
    const checking = makeStore('checked', 'check');
    await expect(checking.open()).rejects.toThrow(
      new RegExp(`schema "checked" is at version 0; .* needs ${newer - 1}\\. Start once`),
    );
    const store = makeStore('checked');
    await store.open();
    await store.close();
    await checking.open();
    await checking.close();
  });

  it('is used as it is by a user who may neither make schemas nor tables', async () => {
    const store = makeStore('granted');
    await store.open();
    await store.close();
    await run(
      'create role keys_user login',
      'grant usage on schema granted to keys_user',
      'grant select, insert, update, delete on all tables in schema granted to keys_user',
    );
    const url = new URL(database.url);
    url.username = 'keys_user';
    const limited = postgresStore({ connection: url.toString(), schema: 'granted', logger: console });
    await limited.open();
    expect(await limited.find('x')).toBe(null);
    await limited.close();
    await run('drop owned by keys_user', 'drop role keys_user');
  });

  it('is made in a schema that exists already', async () => {
    await run('create schema existing');
    const store = makeStore('existing');
    await store.open();
    expect(await store.find('x')).toBe(null);
    await store.close();
  });

  it('is migrated once when eight instances start at the same time', async () => {
    const stores = Array.from({ length: 8 }, () => makeStore('crowded'));
    await Promise.all(stores.map((store) => store.open()));
    expect(await Promise.all(stores.map((store) => store.find('x')))).toEqual(stores.map(() => null));
    await Promise.all(stores.map((store) => store.close()));
  });

  it('is migrated once when four processes start at the same time, and numbers all their changes', async () => {
    const options = `{ connection: ${JSON.stringify(database.url)}, schema: 'processes', logger: console, deadlineMs: 10_000 }`;
    const children = ['a', 'b', 'c', 'd'].map((name) =>
      runInChild(
        bundle,
        `const store = stores.postgresStore(${options});
        await store.open();
        for (let i = 0; i < 10; i++) await stores.insert(store, stores.createSampleKey({ id: '${name}' + i }));
        await store.close();`,
      ),
    );
    await Promise.all(children.map((child) => child.ended));
    const store = makeStore('processes', 'check');
    await store.open();
    const events = await store.listEvents({ limit: 100 });
    expect(events.map((event) => event.sequence)).toEqual(Array.from({ length: 40 }, (_, i) => 40 - i));
    await store.close();
  });
});
