import type { Kysely } from 'kysely';
import type { FeedPosition } from '../ports/change-feed.js';
import { toUnavailable } from './as-unavailable.js';
import { createStaleServerError, isFromStaleServer, isServerCurrent } from './position-check.js';
import { readInTransaction } from './postgres/read-transaction.js';
import type { SeenPosition } from './seen-position.js';
import type { SqlDatabase } from './sql-database.js';
import type { Tables } from './tables.js';

/** The same database twice. */
export interface CheckedDatabases {
  /** Every read of it is checked. */
  readonly checked: SqlDatabase;
  /** For reads that check in their own statement which server answers. */
  readonly unchecked: SqlDatabase;
}

/**
 * Wraps a database, so that reads reject with `ERR_API_KEYS_UNAVAILABLE` when the server that answers them lacks a
 * change that was seen before, or takes no changes. It is checked before the read, in one transaction with it: a change that
 * a server has once is in every later read.
 */
export function createCheckedDatabase(database: SqlDatabase, seen: SeenPosition): SqlDatabase {
  const run = database.dialect === 'postgres' ? readInTransaction : readFromFile;

  const checkFirst =
    (read: SqlDatabase['read']): SqlDatabase['read'] =>
    async (budget, work) => {
      let failedCheck: unknown;
      try {
        return await read(budget, (on) =>
          on.connection().execute((connection) =>
            run(connection, seen.current, work, (error) => {
              failedCheck = error;
            }),
          ),
        );
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

/** A connection leads to one file. */
const readFromFile: typeof readInTransaction = async (on, seen, work, onUnchecked) => {
  if (seen.sequence > 0)
    await checkFile(on, seen).catch((error: unknown) => {
      onUnchecked(error);
      throw error;
    });
  return work(on);
};

async function checkFile(on: Kysely<Tables>, seen: FeedPosition): Promise<void> {
  const rows = await on.selectNoFrom(isServerCurrent(on, 'sqlite', seen)).execute();
  if (isFromStaleServer(rows)) throw createStaleServerError();
}
