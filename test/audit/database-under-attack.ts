import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Libsql from 'libsql';
import pg from 'pg';
import { hashAuditEntry, firstAuditHash } from '../../lib/ports/audit-chain.js';
import { createDatabase } from '../servers/postgres.cjs';

type Value = string | number | null;
type Row = Readonly<Record<string, Value>>;

/** One stored entry of the audit trail, as somebody sees it who has the database but not the pepper. */
export interface EntryRow {
  readonly sequence: number;
  readonly key_id: string;
  readonly owner_id: string;
  readonly action: string;
  readonly actor_id: string | null;
  readonly at: number;
  readonly payload: string;
  readonly personal: string | null;
  readonly hash: string;
}

/** A database, and what somebody can do to it who can write to it. */
export interface DatabaseUnderAttack {
  /** For the option `database`. */
  readonly database: string;
  query(sql: string): Promise<readonly Row[]>;
  run(...statements: readonly string[]): Promise<void>;
  drop(): Promise<void>;
}

const tables = ['keys', 'credentials', 'credential_digests', 'audit_events', 'audit_head'];
/** In this order nothing refers to what is gone. */
const emptied = [
  'credential_digests',
  'credentials',
  'key_uses',
  'key_usage',
  'key_used_parts',
  'keys',
  'audit_events',
  'audit_head',
];

export const databases: Readonly<Record<string, () => Promise<DatabaseUnderAttack>>> = {
  async SQLite() {
    const folder = await mkdtemp(join(tmpdir(), 'tampered-'));
    const file = join(folder, 'keys.sqlite');
    // An instance of this process may hold the lock: waiting for it inside of libsql would keep it from letting go.
    const within = async <T>(work: (database: InstanceType<typeof Libsql>) => T): Promise<T> => {
      for (let attempt = 1; ; attempt += 1) {
        const database = new Libsql(file);
        try {
          return work(database);
        } catch (error) {
          const isLocked = String((error as { code?: unknown }).code).startsWith('SQLITE_BUSY');
          if (!isLocked || attempt === 500) throw error;
        } finally {
          database.close();
        }
        await sleep(10);
      }
    };
    return {
      database: `file:${file}`,
      query: (sql) => within((database) => database.prepare(sql).all() as Row[]),
      run: (...statements) =>
        within((database) => {
          database.exec('begin immediate');
          for (const statement of statements) database.exec(statement);
          database.exec('commit');
        }),
      drop: () => rm(folder, { recursive: true }),
    };
  },

  async PostgreSQL() {
    const database = await createDatabase(process.env['TEST_DATABASE_URL'] ?? '');
    const client = new pg.Client({
      connectionString: database.url,
      options: '-c search_path=api_keys',
      types: { getTypeParser: (oid) => (oid === 20 ? Number : String) as never },
    });
    await client.connect();
    return {
      database: database.url,
      query: async (sql) => (await client.query<Record<string, Value>>(sql)).rows,
      async run(...statements) {
        await client.query('begin');
        for (const statement of statements) await client.query(statement);
        await client.query('commit');
      },
      async drop() {
        await client.end();
        await database.drop();
      },
    };
  },
};

export async function readTrail({ query }: DatabaseUnderAttack): Promise<readonly EntryRow[]> {
  return (await query('select * from audit_events order by sequence')) as unknown as readonly EntryRow[];
}

/** Puts other entries in place of the trail, and the head where they end. */
export async function writeTrail(database: DatabaseUnderAttack, entries: readonly EntryRow[]): Promise<void> {
  const { sequence, hash } = entries.at(-1) ?? { sequence: 0, hash: firstAuditHash };
  await database.run(
    'delete from audit_events',
    ...entries.map((entry) => insertion('audit_events', { ...entry })),
    `update audit_head set sequence = ${sequence}, hash = ${quoted(hash)}`,
  );
}

/** What a careful forger does: numbers without gaps, and hashes that fit. Only the MACs are beyond reach. */
export function rechained(entries: readonly EntryRow[]): readonly EntryRow[] {
  let previous = firstAuditHash;
  return entries.map((entry, index) => {
    const payload = JSON.stringify({
      ...(JSON.parse(entry.payload) as object),
      sequence: index + 1,
    });
    previous = hashAuditEntry(previous, payload);
    return { ...entry, sequence: index + 1, payload, hash: previous };
  });
}

/** An entry with another payload, and copies that fit. */
export function edited(entry: EntryRow, changes: Readonly<Record<string, unknown>>): EntryRow {
  const event = { ...(JSON.parse(entry.payload) as Record<string, unknown>), ...changes };
  return { ...entry, owner_id: String(event['ownerId']), payload: JSON.stringify(event) };
}

/** All that is stored, as a backup would have it. */
export async function backup({ query }: DatabaseUnderAttack): Promise<readonly string[]> {
  const statements: string[] = emptied.map((table) => `delete from ${table}`);
  for (const table of tables) {
    for (const row of await query(`select * from ${table}`)) statements.push(insertion(table, row));
  }
  return statements;
}

function insertion(table: string, row: Row): string {
  const columns = Object.keys(row);
  return `insert into ${table} (${columns.join(', ')}) values (${columns.map((name) => quoted(row[name] ?? null)).join(', ')})`;
}

function quoted(value: Value): string {
  if (value === null) return 'null';
  return typeof value === 'number' ? String(value) : `'${value.replaceAll("'", "''")}'`;
}
