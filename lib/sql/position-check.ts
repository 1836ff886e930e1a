import { sql } from 'kysely';
import type { AliasedExpression, Kysely } from 'kysely';
import { ApiKeysError } from '../errors.js';
import type { FeedPosition } from '../ports/change-feed.js';
import { toUnavailable } from './as-unavailable.js';
import { prepareStatement, type PreparedStatement } from './prepared-statement.js';
import type { SeenPosition } from './seen-position.js';
import type { SqlDatabase } from './sql-database.js';
import type { Tables } from './tables.js';

/** A column of any statement: 1 when the server that answers has a change, else 0. */
export interface PositionCheck {
  readonly has_position: number;
}

/** Its parameters are those of {@link listPositionParameters}. */
export function hasPosition(database: Kysely<Tables>): AliasedExpression<number, 'has_position'> {
  const entry = database
    .selectFrom('audit_events as seen')
    .select('seen.sequence')
    .where('seen.sequence', '=', 0)
    .where('seen.hash', '=', '');
  return sql<number>`case when cast(${0} as bigint) = 0 or exists ${entry} then 1 else 0 end`.as(
    'has_position',
  );
}

/** The parameters of {@link hasPosition}, in the order of the statement. */
export function listPositionParameters({ sequence, hash }: FeedPosition): readonly unknown[] {
  return [sequence, sequence, hash];
}

/** Whether the rows of a statement, if it has any, show that the server which has answered it is behind. */
export function isFromBehind(rows: readonly unknown[] | undefined): boolean {
  return (rows?.[0] as Partial<PositionCheck> | undefined)?.has_position === 0;
}

/** Creates the error for a server that is behind. */
export function createBehindError(): ApiKeysError {
  const cause = new Error('The database server that answered lacks a change which was committed before');
  return new ApiKeysError('unavailable', { cause });
}

/**
 * Wraps a database, so that reads reject with `ERR_API_KEYS_UNAVAILABLE` when the server that answers them lacks a
 * change that was seen before. It is checked before the read on the same connection: a change that a server has once
 * is in every later read.
 */
export function createPositionCheckedDatabase(database: SqlDatabase, seen: SeenPosition): SqlDatabase {
  let statement: PreparedStatement<PositionCheck> | undefined;

  async function check(on: Kysely<Tables>, position: FeedPosition): Promise<void> {
    statement ??= prepareStatement(on.selectNoFrom(hasPosition(on)));
    const { rows } = await statement(on, listPositionParameters(position));
    if (isFromBehind(rows)) throw createBehindError();
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
