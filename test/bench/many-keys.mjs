// @ts-check
// How long each operation takes with many keys, on PostgreSQL and on SQLite with a tenth of them. Tables are filled by SQL.
//   npm run bench -- --many-keys [--keys 1000000] [--entries 10000000] [--usage 50000000] [--on PostgreSQL] [--times 100]
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { createApiKeys } from 'express-api-keys';
import Database from 'libsql';
import pg from 'pg';
import { startPostgres } from '../servers/postgres.cjs';
import { fillTables, firstTime, keyIdOf, ownerOf } from './fill-tables.cjs';
import { table } from './markdown-table.cjs';
import { percentile } from './statistics.cjs';

/** @typedef {import('./fill-tables.cjs').Sizes} Sizes */
/** @typedef {import('express-api-keys').ApiKeys<'orders:read'>} Keys */

const actor = /** @type {const} */ ({ kind: 'application' });
/** Calls that write, or read all there is, are made fewer times. */
const few = 10;

/** @param {string} database an address or a file: path */
const open = (database) =>
  createApiKeys({
    ...{
      prefix: 'acme',
      scopes: { 'orders:read': 'Read orders' },
      pepper: 'p'.repeat(32),
      bcryptCost: 8,
      database,
    },
    logger: { warn() {}, error: console.error },
  });

/**
 * @param {Keys} apiKeys @param {Sizes} sizes @param {number} times
 * @returns {Record<string, { times: number, call: (round: number) => Promise<unknown> }>}
 */
function listOperations({ keys, owners, audit }, sizes, times) {
  const [managed, logged, known] = [keys.as(actor), audit.as(actor), owners.as(actor)];
  /** @param {object} filter */
  const list = (filter) => ({ times, call: () => managed.list(/** @type {any} */ (filter)) });
  /** @param {object} filter */
  const listLog = (filter) => ({ times, call: () => logged.list(/** @type {any} */ (filter)) });
  /** A small owner of its own for each call. @param {number} round */
  const smallOwner = (round) => ownerOf(sizes.keys - 101 - 2 * round, sizes.keys);
  return {
    'keys.create': {
      times: few,
      call: () => managed.create({ ownerId: 'big', name: 'new', scopes: ['orders:read'] }),
    },
    'keys.get': { times, call: (round) => managed.get({ id: keyIdOf(round + 1) }) },
    'keys.list': list({}),
    'keys.list of an owner with half of the keys': list({ ownerId: 'big' }),
    'keys.list, q without a match': list({ q: 'nothing' }),
    'keys.list, tag without a match': list({ tag: 'nothing' }),
    'keys.list, scope without a match': list({ scope: 'users:read' }),
    'keys.list, unusedForDays': list({ unusedForDays: 3_000 }),
    'keys.list, state': list({ state: 'disabled' }),
    'keys.list, number': list({ number: 3 }),
    'keys.list, member of an owner': list({ ownerId: 'big', createdByMember: 'member-1' }),
    'keys.list, below inactive keys': list({ inactiveAncestor: true }),
    'keys.posture, 100 keys': { times, call: () => managed.posture({ limit: 100 }) },
    'keys.usage of a key': {
      times,
      call: (round) => managed.usage({ id: keyIdOf(round + 1) }),
    },
    'keys.revokeAll, all revoked already': { times: few, call: () => managed.revokeAll({ ownerId: 'gone' }) },
    'keys.revokeAll of an owner with a few keys': {
      times: few,
      call: (round) => managed.revokeAll({ ownerId: smallOwner(round) }),
    },
    'owners.list': { times, call: () => known.list({}) },
    'owners.list, q without a match': { times, call: () => known.list({ q: 'nothing' }) },
    'owners.erase of an owner with a few keys': {
      times: few,
      call: (round) => known.erase({ ownerId: smallOwner(round) }),
    },
    'audit.list': listLog({}),
    'audit.list of a key': listLog({ keyId: keyIdOf(7) }),
    'audit.list of an owner with half of the keys': listLog({ ownerId: 'big' }),
    'audit.list, action without a match': listLog({ action: 'key.erased' }),
    'audit.list, a time': listLog({ from: new Date(firstTime), to: new Date(firstTime + 5_000) }),
    'audit.export, the first 1,000 entries': {
      times: few,
      async call() {
        let left = 1_000;
        for await (const _ of logged.export()) if ((left -= 1) === 0) break;
      },
    },
    'audit.verify of everything': { times: 1, call: () => logged.verify() },
  };
}

/** @param {Keys} apiKeys @param {Sizes} sizes @param {number} times */
async function measure(apiKeys, sizes, times) {
  const lines = [['Operation', 'p50 in ms', 'p99 in ms']];
  for (const [name, operation] of Object.entries(listOperations(apiKeys, sizes, times))) {
    /** @type {number[]} */
    const took = [];
    try {
      for (let round = 0; round < operation.times; round += 1) {
        const start = performance.now();
        await operation.call(round);
        took.push(performance.now() - start);
      }
      lines.push([name, ...[0.5, 0.99].map((share) => percentile(took, share).toFixed(1))]);
    } catch (error) {
      lines.push([name, 'failed', String(/** @type {Error} */ (error).message)]);
    }
  }
  return table(lines);
}

/** @param {Sizes} sizes */
const formatSizes = ({ keys, entries, usage }) =>
  [`${keys} keys`, `${entries} entries of the audit log`, `${usage} rows of uses`]
    .join(', ')
    .replaceAll(/\d(?=(?:\d{3})+\b)/g, '$&,');

/** @param {Sizes} sizes @param {number} times */
async function measureOnPostgres(sizes, times) {
  const server = await startPostgres();
  try {
    const migrated = open(server.url);
    await migrated.ready();
    await migrated.close();
    const client = new pg.Client({ connectionString: server.url, options: '-c search_path=api_keys' });
    await client.connect();
    const start = performance.now();
    await fillTables((text, parameters) => client.query(text, parameters), 'postgres', sizes);
    const filled = Math.round((performance.now() - start) / 1000);
    await client.end();
    const apiKeys = open(server.url);
    await apiKeys.ready();
    const measured = await measure(apiKeys, sizes, times);
    await apiKeys.close();
    return `PostgreSQL: ${formatSizes(sizes)}, filled in ${filled} s\n\n${measured}`;
  } finally {
    await server.stop();
  }
}

/** @param {Sizes} sizes @param {number} times */
async function measureOnSqlite(sizes, times) {
  const folder = mkdtempSync(join(tmpdir(), 'many-keys-'));
  try {
    const file = join(folder, 'keys.sqlite');
    const migrated = open(`file:${file}`);
    await migrated.ready();
    await migrated.close();
    const database = new Database(file);
    const start = performance.now();
    database.exec('begin');
    await fillTables((text, parameters = []) => database.prepare(text).run(parameters), 'sqlite', sizes);
    database.exec('commit');
    database.exec('pragma wal_checkpoint(truncate)');
    const filled = Math.round((performance.now() - start) / 1000);
    database.close();
    const apiKeys = open(`file:${file}`);
    await apiKeys.ready();
    const measured = await measure(apiKeys, sizes, times);
    await apiKeys.close();
    return `SQLite: ${formatSizes(sizes)}, filled in ${filled} s\n\n${measured}`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * Prints a table for each database.
 * @param {Sizes & { on: 'PostgreSQL' | 'SQLite' | 'both', times: number }} wanted the sizes are those on PostgreSQL
 */
export async function measureManyKeys({ on, times, ...sizes }) {
  const [processor] = cpus();
  console.log(
    `${new Date().toISOString().slice(0, 10)}, Node.js ${process.versions.node}, ${cpus().length} x ${processor?.model}, ${Math.round(totalmem() / 2 ** 30)} GiB\n`,
  );
  if (on !== 'SQLite') console.log(`${await measureOnPostgres(sizes, times)}\n`);
  if (on === 'PostgreSQL') return;
  const { keys, entries, usage } = sizes;
  console.log(await measureOnSqlite({ keys: keys / 10, entries: entries / 10, usage: usage / 10 }, times));
}
