import { readFileSync } from 'node:fs';
import Database from 'libsql';
import pg from 'pg';
import { createDefaultKeyspace } from '../../lib/instance/default-keyspace.js';
import { ExpirySweep } from '../../lib/manage/expiry-sweep.js';
import { removeEndedKeys } from '../../lib/manage/remove-ended-keys.js';
import { resolveOptions } from '../../lib/options/resolve-options.js';
import type { KeyStore } from '../../lib/ports/key-store.js';
import { postgresStore } from '../../lib/sql/postgres/postgres-store.js';
import { sqliteStore } from '../../lib/sql/sqlite/sqlite-store.js';
import { fillTables, firstTime, keyIdOf, ownerOf } from '../bench/fill-tables.cjs';
import { createInstance, scopes, testPepper, type TestInstance } from '../harness/instance.js';
import { makeOwnDatabase, type OwnDatabase } from '../harness/own-database.js';
import { theApp } from '../harness/the-app.js';

jest.setTimeout(180_000);

const logger = { warn: () => {}, error: () => {} };
const dayMs = 86_400_000;
/** What is read is counted, not how long it takes on a busy machine. */
const deadlineMs = 60_000;
/** When the operations are called: five months after the keys were made. */
const now = Date.UTC(2026, 5, 1);

/** What one statement has read, and how much of it is too much. */
interface Statement {
  readonly text: string;
  /** On PostgreSQL rows of tables, on SQLite bytes of the file. */
  readonly read: number;
}

/** A filled database, which records the statements that run in it. */
interface Recorded {
  readonly store: KeyStore;
  readonly instance: TestInstance;
  readonly keys: number;
  /** Maximum of what one statement may read, however many keys there are. */
  readonly bound: number;
  readonly statements: Statement[];
  stop(): Promise<void>;
}

/** A page looks at 1,000 keys, and at the last use of each, and at the keys above it. */
const maxRows = 2_500;
/** Less than the smallest index of all keys has. */
const maxBytes = 1_000_000;

interface PlanNode {
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly Plans?: readonly PlanNode[];
}

/** Rows of tables that a plan has read, those that it threw away included. */
function countRows(node: PlanNode): number {
  const each =
    node['Actual Rows'] +
    (node['Rows Removed by Filter'] ?? 0) +
    (node['Rows Removed by Index Recheck'] ?? 0);
  const own = node['Relation Name'] === undefined ? 0 : each * node['Actual Loops'];
  return (node.Plans ?? []).reduce((sum, child) => sum + countRows(child), own);
}

/** The server itself reports the plan of each statement as it ran. */
const reportPlans = [
  'session_preload_libraries=auto_explain',
  'auto_explain.log_min_duration=0',
  'auto_explain.log_analyze=on',
  'auto_explain.log_format=json',
  'auto_explain.log_level=notice',
  // As of a disk that seeks fast, which most servers have: with the default, a small table is rather read than looked up in.
  'random_page_cost=1.1',
];

async function recordPostgres(database: OwnDatabase): Promise<Recorded> {
  const keys = 10_000;
  const statements: Statement[] = [];
  const migrated = postgresStore({ connection: database.url, logger });
  await migrated.open();
  await migrated.close();
  const filling = new pg.Client({ connectionString: database.url, options: '-c search_path=api_keys' });
  await filling.connect();
  await fillTables((text, parameters) => filling.query(text, parameters), 'postgres', {
    ...{ keys, entries: keys * 2, usage: keys * 2 },
  });
  await filling.end();

  const options = reportPlans.map((setting) => `-c ${setting}`).join(' ');
  const pool = new pg.Pool({ connectionString: database.url, options, max: 4 });
  pool.on('error', () => undefined);
  pool.on('connect', (client) =>
    client.on('notice', ({ message = '' }) => {
      const { Plan: plan, 'Query Text': text } = JSON.parse(message.slice(message.indexOf('{'))) as {
        readonly Plan: PlanNode;
        readonly 'Query Text': string;
      };
      statements.push({ text, read: countRows(plan) });
    }),
  );
  const store = postgresStore({ connection: pool, deadlineMs, logger });
  await store.open();
  const instance = createInstance({
    store: postgresStore({ connection: pool, deadlineMs, logger }),
  });
  const stop = async (): Promise<void> => {
    await instance.apiKeys.close();
    await store.close();
    await pool.end();
  };
  return { store, instance, keys, bound: maxRows, statements, stop };
}

/** Bytes that this process has read from files so far. */
function countReadBytes(): number {
  return Number(/rchar: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);
}

type Run = (...parameters: unknown[]) => unknown;
interface Prepared {
  all: Run;
  run: Run;
  readonly iterate: Run;
}

/** Notes of each statement how many bytes of the file it reads; the cache of a connection keeps little more than it needs. */
function recordReads(statements: Statement[]): () => void {
  const prototype = (Database as unknown as { prototype: { prepare(text: string): Prepared } }).prototype;
  const { prepare } = prototype;
  const known = new WeakSet<object>();
  prototype.prepare = function prepareRecorded(this: { exec(text: string): void } & object, text) {
    if (!known.has(this)) {
      known.add(this);
      this.exec('pragma cache_size = 100');
    }
    const prepared = prepare.call(this as never, text);
    for (const name of ['all', 'run'] as const) {
      const original = prepared[name].bind(prepared);
      prepared[name] = (...parameters) => {
        const before = countReadBytes();
        const result = original(...parameters);
        statements.push({ text, read: countReadBytes() - before });
        return result;
      };
    }
    return prepared;
  };
  return () => {
    prototype.prepare = prepare;
  };
}

async function recordSqlite(database: OwnDatabase): Promise<Recorded> {
  const keys = 30_000;
  const file = database.url.slice('file:'.length);
  const migrated = sqliteStore({ file, logger });
  await migrated.open();
  await migrated.close();
  const filling = new Database(file);
  filling.exec('begin');
  await fillTables(
    (text, parameters = []) => {
      filling.prepare(text).run(parameters);
    },
    'sqlite',
    { keys, entries: keys * 2, usage: keys },
  );
  filling.exec('commit');
  filling.exec('pragma wal_checkpoint(truncate)');
  filling.close();
  const statements: Statement[] = [];
  const restore = recordReads(statements);
  const store = sqliteStore({ file, deadlineMs, logger });
  await store.open();
  const instance = createInstance({ store: sqliteStore({ file, deadlineMs, logger }) });
  const stop = async (): Promise<void> => {
    await instance.apiKeys.close();
    await store.close();
    restore();
  };
  return { store, instance, keys, bound: maxBytes, statements, stop };
}

/** What is done with the filled database, and what a statement of it may read; in this order. */
const operations: Readonly<Record<string, (recorded: Recorded) => Promise<unknown>>> = {
  'keys.list': list({}),
  'keys.list of an owner with many keys': list({ ownerId: 'big' }),
  'keys.list by part of the name': list({ q: 'nothing' }),
  'keys.list by tag': list({ tag: 'nothing' }),
  'keys.list by scope': list({ scope: 'users:read' }),
  'keys.list of unused keys': list({ unusedForDays: 3_000 }),
  'keys.list by end': list({ expiresBefore: new Date(firstTime - dayMs) }),
  'keys.list by keyspace': list({ keyspace: 'other' }),
  'keys.list by number': list({ number: 999_999 }),
  'keys.list by number of an owner': list({ ownerId: 'big', number: 3 }),
  'keys.list by member': list({ createdByMember: 'nobody' }),
  'keys.list by member of an owner': list({ ownerId: 'big', createdByMember: 'member-1' }),
  'keys.list by parent': list({ parentId: keyIdOf(1) }),
  'keys.list by state': list({ ownerId: 'big', state: 'disabled' }),
  'keys.list of active keys of an owner who has none': list({ ownerId: 'gone', state: 'active' }),
  'keys.list of keys below inactive ones': list({ inactiveAncestor: true }),
  'keys.list to its end': async ({ instance: { apiKeys } }) => {
    let cursor: string | null | undefined;
    do {
      const page = await apiKeys.keys.as(theApp).list({ q: 'nothing', ...(cursor ? { cursor } : {}) });
      cursor = page.nextCursor;
    } while (cursor !== null);
  },
  'keys.posture': ({ instance: { apiKeys } }) => apiKeys.keys.as(theApp).posture({ limit: 100 }),
  'keys.get': ({ instance: { apiKeys } }) => apiKeys.keys.as(theApp).get({ id: keyIdOf(2) }),
  'keys.usage': ({ instance: { apiKeys } }) =>
    apiKeys.keys.as(theApp).usage({ id: keyIdOf(2), from: new Date(firstTime), to: new Date(now) }),
  'keys.create for an owner with many keys': ({ instance }) => instance.key({ ownerId: 'big' }),
  'the counting of the keys of an owner': ({ store }) =>
    store.transact((transaction) => transaction.countByOwner('gone', 'default')),
  'the search for keys to supersede': ({ store }) =>
    store.transact((transaction) => transaction.findUnrevokedByOwner('gone', 101, 'other')),
  'keys.revokeAll of an owner whose keys are revoked': ({ instance: { apiKeys } }) =>
    apiKeys.keys.as(theApp).revokeAll({ ownerId: 'gone' }),
  'keys.revokeAll': ({ instance: { apiKeys } }) => apiKeys.keys.as(theApp).revokeAll({ ownerId: 'owner-3' }),
  'owners.list': ({ instance: { apiKeys } }) => apiKeys.owners.as(theApp).list({ limit: 100 }),
  'owners.list by part of the id': ({ instance: { apiKeys } }) =>
    apiKeys.owners.as(theApp).list({ q: 'nothing' }),
  'owners.list of suspended owners': ({ instance: { apiKeys } }) =>
    apiKeys.owners.as(theApp).list({ suspended: true }),
  'the list of owners with keys': async ({ store }) => {
    const [first] = await store.owners.listWithKeys({ limit: 3 });
    await store.owners.listWithKeys({ after: first, limit: 3 });
  },
  'audit.list': ({ instance: { apiKeys } }) => apiKeys.audit.as(theApp).list({}),
  'audit.list by action': ({ instance: { apiKeys } }) =>
    apiKeys.audit.as(theApp).list({ action: 'key.erased' }),
  'audit.list of a key': ({ instance: { apiKeys } }) => apiKeys.audit.as(theApp).list({ keyId: keyIdOf(7) }),
  'audit.list of an owner by action': ({ instance: { apiKeys } }) =>
    apiKeys.audit.as(theApp).list({ ownerId: 'big', action: 'key.erased' }),
  'audit.list by time': ({ instance: { apiKeys } }) =>
    apiKeys.audit.as(theApp).list({ from: new Date(firstTime), to: new Date(firstTime + 5_000) }),
  'audit.listAccess': ({ instance: { apiKeys } }) => apiKeys.audit.as(theApp).listAccess({ ownerId: 'big' }),
  'audit.export by action': async ({ instance: { apiKeys } }) => {
    for await (const _ of apiKeys.audit.as(theApp).export({ ownerId: 'big', action: 'key.erased' })) break;
  },
  'audit.verify': ({ instance: { apiKeys } }) => apiKeys.audit.as(theApp).verify(),
  'the sweep for keys that expire soon': async ({ store }) => {
    const noted: string[] = [];
    await createSweep(store, (id) => noted.push(id)).sweep();
    // It still finds all of them.
    expect(noted.length).toBeGreaterThan(10);
  },
  'the removal of keys that ended long ago': ({ store }) => removeSomeKeys(store, firstTime + 60_000),
  'the removal of expired rows': async ({ store }) => {
    const rows = ['claims', 'nonces', 'revokedTokens', 'refreshGrants', 'expiryNotices'] as const;
    for (const each of rows) await store.housekeeping.removeExpired(each, now, 200);
    await store.usage.forgetBefore(now, 200);
    await store.housekeeping.removeTrimmed(200);
  },
  'owners.erase': ({ instance: { apiKeys } }) => apiKeys.owners.as(theApp).erase({ ownerId: 'owner-5' }),
  'owners.erase of an owner with many entries': ({ instance: { apiKeys }, keys }) =>
    apiKeys.owners.as(theApp).erase({ ownerId: ownerOf(keys - 1, keys) }),
};

function list(filter: Parameters<TestInstance['apiKeys']['keys']['list']>[0]) {
  return ({ instance: { apiKeys } }: Recorded) => apiKeys.keys.as(theApp).list(filter as never);
}

function createSweep(store: KeyStore, note: (id: string) => void): ExpirySweep {
  const keyspace = createDefaultKeyspace(
    resolveOptions({ prefix: 'acme', scopes, pepper: testPepper, store }),
  );
  const clock = { now: () => now };
  const notify = ({ id }: { readonly id: string }): void => note(id);
  return new ExpirySweep({ store, clock, keyspace, thresholds: [86_400, 604_800], notify, logger });
}

async function removeSomeKeys(store: KeyStore, time: number): Promise<void> {
  const clock = { now: () => now };
  await removeEndedKeys({ store, clock, isStopped: () => false }, time);
  expect(await store.housekeeping.findEndedKeys(time, 5)).toEqual([]);
}

describe.each(['PostgreSQL', 'SQLite'] as const)('on %s with many keys', (kind) => {
  let database: OwnDatabase;
  let recorded: Recorded;

  beforeAll(async () => {
    database = await makeOwnDatabase(kind);
    recorded = await (kind === 'PostgreSQL' ? recordPostgres(database) : recordSqlite(database));
    await recorded.instance.apiKeys.ready();
  });

  afterAll(async () => {
    await recorded.stop();
    await database.remove();
  });

  it('records what statements read: counting all keys reads too much', async () => {
    recorded.statements.splice(0);
    await recorded.store.trail.lastEntries('', 100_000);
    expect(Math.max(...recorded.statements.map(({ read }) => read))).toBeGreaterThan(recorded.bound);
  });

  it.each(Object.keys(operations))(
    '%s runs statements that read a bounded part of the tables',
    async (name) => {
      recorded.statements.splice(0);
      await operations[name]?.(recorded);
      expect(recorded.statements.length).toBeGreaterThan(0);
      expect(recorded.statements.filter(({ read }) => read > recorded.bound)).toEqual([]);
    },
  );
});
