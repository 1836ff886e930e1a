import { setTimeout as sleep } from 'node:timers/promises';
import {
  CompiledQuery,
  PostgresAdapter,
  PostgresDriver,
  PostgresIntrospector,
  PostgresQueryCompiler,
} from 'kysely';
import type { DatabaseConnection, Dialect, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import { ApiKeysError } from '../../errors.js';
import { keepCommit } from './keep-commit.js';
import { toSetupError } from './to-setup-error.js';
import { isConflict, isConnectionLost, isTemporary } from './postgres-errors.js';
import type { PoolLane, PoolLease, PoolQueue } from './pool-queue.js';
import type { PgClient, PgQuery, PgResult } from './postgres-pool.js';
import { createStaleServerError, isFromStaleServer } from '../position-check.js';

/** Time limits of one Kysely over a pool, in milliseconds. */
export interface PostgresLimits {
  /** How long to wait for a client of the pool. */
  readonly clientMs: number;
  /** How long the client waits for the reply to one statement before it closes the connection. */
  readonly answerMs: number;
  /** How long the server lets a statement in a transaction run, wait for a lock, or the transaction stand idle. */
  readonly transactionStepMs: number;
  /** Whether a crash of the server may undo what is committed, where the database is set so. */
  readonly mayBeLost?: boolean | undefined;
}

/** Creates Kysely's PostgreSQL dialect with limits on all waiting. Never ends the pool behind the queue. */
export function createBoundedPostgresDialect(
  pool: PoolQueue,
  lane: PoolLane,
  limits: PostgresLimits,
): Dialect {
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
        connect: async () => guardClient(await pool.connect(limits.clientMs, lane), limits.answerMs),
        end: async () => undefined,
      },
    });
    const limit = Math.ceil(limits.transactionStepMs);
    // Read committed whatever the database's default, because a change that has waited for the lock must see what its
    // holder wrote. One message, so the limits cost no round trip. They are LOCAL, because behind a transaction
    // pooler the session is not ours.
    this.#begin = CompiledQuery.raw(
      'begin isolation level read committed; ' +
        `set local statement_timeout = ${limit}; ` +
        `set local lock_timeout = ${limit}; ` +
        `set local idle_in_transaction_session_timeout = ${limit}` +
        (limits.mayBeLost === true ? '' : `; ${keepCommit}`),
    );
  }

  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(this.#begin);
  }
}

/**
 * Wraps a client, so that outages reject with `ERR_API_KEYS_UNAVAILABLE`, and a client whose connection is in doubt
 * is discarded.
 */
function guardClient({ client, release }: PoolLease, answerMs: number): PostgresPoolClient {
  let lost: unknown;
  // There is no other listener while a client is checked out, and an unhandled "error" event ends the process.
  const onError = (error: Error): void => {
    lost ??= error;
  };
  client.on('error', onError);

  let isInTransaction = false;
  const query = async (text: string, values: readonly unknown[]): Promise<PgResult> => {
    if (lost !== undefined) throw new ApiKeysError('unavailable', { cause: lost });
    // Kysely begins a transaction with the text above, and ends it with a bare "commit" or "rollback". These belong to the
    // transaction, which has to be run again as a whole when one of them is refused.
    const isBegin = text.startsWith('begin ');
    const isLone = !isInTransaction && !isBegin;
    isInTransaction = isBegin || (isInTransaction && text !== 'commit' && text !== 'rollback');
    const ask = (withinMs: number): Promise<PgResult> =>
      client.query({ text, values: [...values], types: ownTypes, query_timeout: withinMs });
    try {
      const answer = getLast(await (isLone ? retryConflicts(ask, answerMs) : ask(answerMs)));
      // The caller rejects the reply; the connection leads to the wrong server, and must not be used again.
      if (isFromStaleServer(answer.rows)) lost ??= createStaleServerError();
      return answer;
    } catch (error) {
      // A statement that timed out may still be running, so its connection cannot be reused.
      if (isConnectionLost(error)) lost ??= error;
      const explained = toSetupError(error, { user: readUser(client), text });
      // A privilege that is missing is an outage like others: it is not the caller's mistake.
      if (explained === error && !isTemporary(error)) throw error;
      throw new ApiKeysError('unavailable', { cause: explained });
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

/**
 * Repeats a statement of its own that the server rolled back for another one beside it. Where the database's default is
 * `repeatable read` or `serializable`, that is the reply to every statement that has waited for a row; the isolation of
 * a transaction can be chosen without a round trip, that of a lone statement cannot. Each round lets one of those that
 * wait through, so the rounds are bounded by time, not by number.
 * https://www.postgresql.org/docs/current/transaction-iso.html
 */
async function retryConflicts(
  ask: (withinMs: number) => Promise<PgResult>,
  answerMs: number,
): Promise<PgResult> {
  const end = performance.now() + answerMs;
  for (;;) {
    try {
      return await ask(Math.max(1, Math.ceil(end - performance.now())));
    } catch (error) {
      const pauseMs = 1 + Math.random() * 4;
      if (!isConflict(error) || performance.now() + pauseMs >= end) throw error;
      await sleep(pauseMs);
    }
  }
}

/** A message of several statements has several results, of which the last one counts. */
function getLast(answer: PgResult | readonly PgResult[]): PgResult {
  return Array.isArray(answer) ? (answer.at(-1) as PgResult) : (answer as PgResult);
}

function readUser({ user }: PgClient): string | null {
  return typeof user === 'string' && user !== '' ? user : null;
}

/** `int8`, `int2`, `int4`. */
const integerOids: readonly number[] = [20, 21, 23];

/**
 * The type parsers of our statements, set per statement, so that neither ours affect the app's queries nor the app's
 * ours. All integers here are safe integers: times, versions, sequence numbers.
 */
const ownTypes: PgQuery['types'] = {
  getTypeParser: (oid) => (integerOids.includes(oid) ? Number : (text) => text),
};
