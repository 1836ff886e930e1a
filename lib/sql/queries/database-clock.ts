import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { SqlDialect } from '../sql-database.js';
import type { Tables } from '../tables.js';

/** The clock of PostgreSQL at this moment, in epoch milliseconds, also where a statement had to wait for a lock. */
export const postgresTime: RawBuilder<number> = sql<number>`cast(extract(epoch from pg_catalog.clock_timestamp()) * 1000 as bigint)`;
/** The clock of PostgreSQL when the statement began, in epoch milliseconds: the same wherever the statement asks for it. */
const postgresNow = sql<number>`cast(extract(epoch from pg_catalog.statement_timestamp()) * 1000 as bigint)`;

/** The time by the clock of the database, in epoch milliseconds; `null` for SQLite, which has that of its processes. */
export async function readClock(database: Kysely<Tables>, dialect: SqlDialect): Promise<number | null> {
  if (dialect === 'sqlite') return null;
  const row = await database.selectNoFrom(postgresNow.as('now')).executeTakeFirstOrThrow();
  return row.now;
}

/** The earlier one of a time that a process gives and the clock of the database. */
export function limitToClock(time: RawBuilder<number>, dialect: SqlDialect): RawBuilder<number> {
  return dialect === 'sqlite' ? time : sql<number>`least(${time}, ${postgresNow})`;
}
