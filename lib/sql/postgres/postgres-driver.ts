import {
  CompiledQuery,
  PostgresAdapter,
  PostgresDriver,
  PostgresIntrospector,
  PostgresQueryCompiler,
} from 'kysely';
import type { DatabaseConnection, Dialect, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import { ApiKeysError } from '../../errors.js';
import { isConnectionLost, isTrouble } from './postgres-errors.js';
import type { PoolLane, PoolLease, PoolQueue } from './pool-queue.js';
import type { PgQuery, PgResult } from './postgres-pool.js';
import { behind, isFromBehind } from '../position-check.js';

/** Time limits of one Kysely over a pool, in milliseconds. */
export interface PostgresLimits {
  /** How long to wait for a client of the pool. */
  readonly clientMs: number;
  /** How long the client waits for the answer to one statement before it gives up the connection. */
  readonly answerMs: number;
  /** How long the server lets a statement in a transaction run, wait for a lock, or the transaction stand idle. */
  readonly transactionStepMs: number;
}

/** Kysely's PostgreSQL dialect with limits on all waiting. Never ends the pool that is behind the queue. */
export function boundedPostgresDialect(pool: PoolQueue, lane: PoolLane, limits: PostgresLimits): Dialect {
  return {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new BoundedPostgresDriver(pool, lane, limits),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  };
}

class BoundedPostgresDriver extends PostgresDriver {
  readonly #begin: CompiledQuery;

  constructor(pool: PoolQueue, lane: PoolLane, limits: PostgresLimits) {
    super({
      pool: {
        connect: async () => guardedClient(await pool.connect(limits.clientMs, lane), limits.answerMs),
        end: async () => undefined,
      },
    });
    const limit = Math.ceil(limits.transactionStepMs);
    // Read committed whatever the database's default: who has waited for the lock must see what its holder wrote.
    // One message, so the limits cost no round trip. They are LOCAL: behind a transaction pooler the session is not ours.
    this.#begin = CompiledQuery.raw(
      'begin isolation level read committed; ' +
        `set local statement_timeout = ${limit}; ` +
        `set local lock_timeout = ${limit}; ` +
        `set local idle_in_transaction_session_timeout = ${limit}`,
    );
  }

  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(this.#begin);
  }
}

/** A client whose trouble is `ERR_API_KEYS_UNAVAILABLE`, and that is thrown away when its connection is in doubt. */
function guardedClient({ client, release }: PoolLease, answerMs: number): PostgresPoolClient {
  let lost: unknown;
  // Nobody else listens while a client is checked out, and an unheard "error" event ends the process.
  const onError = (error: Error): void => {
    lost ??= error;
  };
  client.on('error', onError);

  const query = async (text: string, values: readonly unknown[]): Promise<PgResult> => {
    if (lost !== undefined) throw new ApiKeysError('unavailable', { cause: lost });
    try {
      const limited = { text, values: [...values], types: ownTypes, query_timeout: answerMs };
      const answer = await client.query(limited);
      // Whoever asked refuses the answer; the connection leads to the wrong server, and must not be used again.
      if (isFromBehind(answer.rows)) lost ??= behind();
      return answer;
    } catch (error) {
      // A statement that was given up may still be running: its connection cannot be handed on.
      if (isConnectionLost(error)) lost ??= error;
      throw isTrouble(error) ? new ApiKeysError('unavailable', { cause: error }) : error;
    }
  };

  return {
    query: query as <R>(text: unknown, values?: readonly unknown[]) => Promise<PostgresQueryResult<R>>,
    release: () => {
      release(lost !== undefined);
      client.removeListener('error', onError);
    },
  } as PostgresPoolClient;
}

/** `int8`, `int2`, `int4`. */
const integerOids: readonly number[] = [20, 21, 23];

/**
 * How values are read, per statement, so that neither our choice reaches the app's queries nor the app's type parsers
 * ours. All integers here are safe ones: times, versions, sequence numbers.
 */
const ownTypes: PgQuery['types'] = {
  getTypeParser: (oid) => (integerOids.includes(oid) ? Number : (text) => text),
};
