import { sql } from 'kysely';
import type { AliasedExpression, Expression, Kysely } from 'kysely';
import { ApiKeysError } from '../errors.js';
import { startOfFeed, type FeedPosition } from '../ports/change-feed.js';
import { asUnavailable } from './as-unavailable.js';
import type { SqlDialect } from './sql-database.js';
import type { Tables } from './tables.js';

/** A column of any statement: 1 when the server that answers takes changes and has a certain one, else 0. */
export interface ServerCheck {
  readonly is_current: number;
}

/**
 * Whether a PostgreSQL server takes changes. One that has all that this process has seen, but only answers reads, a replica or
 * an old primary after a failover, may lack what another process has committed since.
 */
const takesChanges = sql<boolean>`not pg_catalog.pg_is_in_recovery() and pg_catalog.current_setting('default_transaction_read_only') = 'off'`;

/**
 * Whether the server that answers takes changes and has the last one that this process has seen. In a statement that is
 * compiled once, its parameters are those of {@link listPositionParameters}.
 */
export function isServerCurrent(
  database: Kysely<Tables>,
  dialect: SqlDialect,
  { sequence, hash }: FeedPosition = startOfFeed,
): AliasedExpression<number, 'is_current'> {
  const entry = database
    .selectFrom('audit_events as seen')
    .select('seen.sequence')
    .where('seen.sequence', '=', sequence)
    .where('seen.hash', '=', hash);
  const has = sql<boolean>`(cast(${sequence} as bigint) = 0 or exists ${entry})`;
  const isCurrent = dialect === 'postgres' ? sql<boolean>`${has} and ${takesChanges}` : has;
  return sql<number>`case when ${isCurrent} then 1 else 0 end`.as('is_current');
}

/** The parameters of {@link isServerCurrent}, in the order of the statement. */
export function listPositionParameters({ sequence, hash }: FeedPosition): readonly unknown[] {
  return [sequence, sequence, hash];
}

/** Whether the rows of a statement, if it has any, show that the server which has answered it is behind, or takes no changes. */
export function isFromStaleServer(rows: readonly unknown[] | undefined): boolean {
  return (rows?.[0] as Partial<ServerCheck> | undefined)?.is_current === 0;
}

/** Creates the error for a server that is behind, or takes no changes. */
export function createStaleServerError(): ApiKeysError {
  const cause = new Error(
    'The database server that answered takes no changes, or lacks one that was committed before',
  );
  return new ApiKeysError('unavailable', { cause });
}

/**
 * Runs a query and, in the same statement, checks which server answers it.
 *
 * @param key - a column that is null in no row of the query
 * @throws ApiKeysError `unavailable`, by a rejection, when the server is behind, or takes no changes
 */
export async function selectFromCurrentServer<O>(
  on: Kysely<Tables>,
  dialect: SqlDialect,
  seen: FeedPosition,
  query: Expression<O>,
  key: keyof O,
): Promise<readonly O[]> {
  const check = on.selectNoFrom(isServerCurrent(on, dialect, seen));
  const statement = sql<
    O & ServerCheck
  >`select found.*, server.is_current from (${check}) as server left join (${query}) as found on true`;
  // Whatever makes the trail unreadable, without it nothing that the server returns is trusted.
  const { rows } = await asUnavailable(() => statement.execute(on));
  if (isFromStaleServer(rows)) throw createStaleServerError();
  return rows.filter((row) => row[key] !== null);
}
