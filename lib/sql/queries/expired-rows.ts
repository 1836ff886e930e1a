import type { Kysely } from 'kysely';
import type { ExpiredRows } from '../../ports/housekeeping.js';
import type { SqlDialect } from '../sql-database.js';
import type { Tables } from '../tables.js';
import { deleteFound } from './delete-found.js';

/** Removes expired rows, at most `limit` of them. */
export async function deleteExpired(
  database: Kysely<Tables>,
  dialect: SqlDialect,
  rows: ExpiredRows,
  time: number,
  limit: number,
): Promise<number> {
  if (rows === 'expiryNotices') return deleteNotices(database, dialect, time, limit);
  const { table, id, end, isEndIncluded } = places[rows];
  // The tables have no column in common that the compiler could name.
  const anyTable = database as unknown as Kysely<Record<string, Record<string, string | number>>>;
  const expired = anyTable
    .selectFrom(`${table} as old`)
    .select(`old.${id}`)
    .where(`old.${end}`, isEndIncluded ? '<=' : '<', time)
    .orderBy(`old.${end}`)
    .limit(limit);
  return deleteFound(database, dialect, { table, columns: [id as never], rows: expired, locked: 'skip' });
}

/** A notice has three columns for a name. */
function deleteNotices(
  database: Kysely<Tables>,
  dialect: SqlDialect,
  time: number,
  limit: number,
): Promise<number> {
  return deleteFound(database, dialect, {
    table: 'expiry_notices',
    columns: ['key_id', 'expires_at', 'threshold_seconds'],
    rows: database
      .selectFrom('expiry_notices as old')
      .select(['old.key_id', 'old.expires_at', 'old.threshold_seconds'])
      .where('old.expires_at', '<=', time)
      .orderBy('old.expires_at')
      .limit(limit),
    locked: 'skip',
  });
}

/** The tables of rows that expire. Each of the expiry columns has an index. */
const places = {
  claims: { table: 'idempotency_keys', id: 'name', end: 'created_at', isEndIncluded: false },
  nonces: { table: 'nonces', id: 'name', end: 'expires_at', isEndIncluded: true },
  revokedTokens: { table: 'revoked_tokens', id: 'id', end: 'expires_at', isEndIncluded: true },
  refreshGrants: { table: 'refresh_grants', id: 'id', end: 'expires_at', isEndIncluded: true },
} as const satisfies Readonly<Record<Exclude<ExpiredRows, 'expiryNotices'>, object>>;
