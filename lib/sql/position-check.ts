import { sql } from 'kysely';
import type { AliasedExpression, Kysely } from 'kysely';
import { ApiKeysError } from '../errors.js';
import { startOfFeed, type FeedPosition } from '../ports/change-feed.js';
import { toUnavailable } from './as-unavailable.js';
import { prepareStatement, type PreparedStatement } from './prepared-statement.js';
import type { SeenPosition } from './seen-position.js';
import type { SqlDatabase, SqlDialect } from './sql-database.js';
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
 * Wraps a database, so that reads reject with `ERR_API_KEYS_UNAVAILABLE` when the server that answers them lacks a
 * change that was seen before, or takes no changes. It is checked before the read on the same connection: a change that a
 * server has once is in every later read.
 */
export function createPositionCheckedDatabase(database: SqlDatabase, seen: SeenPosition): SqlDatabase {
  let statement: PreparedStatement<ServerCheck> | undefined;

  async function check(on: Kysely<Tables>, position: FeedPosition): Promise<void> {
    statement ??= prepareStatement(on.selectNoFrom(isServerCurrent(on, database.dialect)));
    const { rows } = await statement(on, listPositionParameters(position));
    if (isFromStaleServer(rows)) throw createStaleServerError();
  }

  const checkFirst =
    (read: SqlDatabase['read']): SqlDatabase['read'] =>
    async (budget, work) => {
      let failedCheck: unknown;
      try {
        return await read(budget, (on) => {
          const position = seen.current;
          if (position.sequence === 0) return work(on);
          return on.connection().execute(async (connection) => {
            await check(connection, position).catch((error: unknown) => {
              failedCheck = error;
              throw error;
            });
            return work(connection);
          });
        });
      } catch (error) {
        // Whatever makes the trail unreadable, without it nothing that the server returns is trusted.
        throw error === failedCheck ? toUnavailable(error) : error;
      }
    };

  const { read, readForRequest, lookUp } = database;
  return {
    ...database,
    read: checkFirst(read),
    readForRequest: checkFirst(readForRequest),
    lookUp: checkFirst(lookUp),
  };
}
