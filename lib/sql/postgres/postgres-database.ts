import { Kysely, sql } from 'kysely';
import type { Logger } from '../../ports/logger.js';
import { ApiKeysError, isProblem } from '../../errors.js';
import { loadDriver } from '../load-driver.js';
import { areCommitsKept } from './keep-commit.js';
import { createListenerClient } from './listener-client.js';
import { notifyChannel } from './notify-channel.js';
import { PoolLosses } from './pool-losses.js';
import { PoolQueue } from './pool-queue.js';
import type { PoolLane } from './pool-queue.js';
import { createBoundedPostgresDialect } from './postgres-driver.js';
import type { PostgresLimits } from './postgres-driver.js';
import { mustRetry } from './postgres-errors.js';
import type { PgPool } from './postgres-pool.js';
import { watchPostgres } from './postgres-watch.js';
import { migrationDeadlineMs } from '../sql-database.js';
import type { SqlDatabase } from '../sql-database.js';
import type { Tables } from '../tables.js';
import type { TimeBudget } from '../time-budget.js';

/** Settings of {@link createPostgresDatabase}, defaults filled in. */
export interface PostgresSettings {
  readonly connection: string | PgPool;
  readonly schema: string;
  readonly deadlineMs: number;
  readonly readDeadlineMs: number;
  readonly maxConnections: number;
  readonly logger: Logger;
}

/** The advisory lock of migrations: an arbitrary number that must never change. */
const migrationLock = 7_165_300_918_004_201n;
const maxRetries = 2;

interface OwnPool extends PgPool {
  end(): Promise<void>;
}

interface PgModule {
  readonly Pool: new (config: Readonly<Record<string, unknown>>) => OwnPool;
}

/** Creates the database of a PostgreSQL schema of our own, through a pool of ours or the app's. */
export function createPostgresDatabase(settings: PostgresSettings): SqlDatabase {
  const { connection, schema, deadlineMs, readDeadlineMs } = settings;
  // The server gives up before the caller does, so that a lock is released while its holder still learns of it.
  const limits: PostgresLimits = {
    clientMs: deadlineMs,
    answerMs: deadlineMs,
    transactionStepMs: deadlineMs * 0.75,
  };
  const lookUpLimits: PostgresLimits = { ...limits, clientMs: readDeadlineMs, answerMs: readDeadlineMs };
  let pool: PoolQueue | undefined;
  let ownPool: OwnPool | undefined;

  const createKysely = (lane: PoolLane, within: PostgresLimits): Kysely<Tables> => {
    if (pool === undefined) throw new Error('The PostgreSQL store is not open');
    return new Kysely<Tables>({ dialect: createBoundedPostgresDialect(pool, lane, within) }).withSchema(
      schema,
    );
  };
  let own: Kysely<Tables> | undefined;
  let losing: Kysely<Tables> | undefined;
  let taking: Kysely<Tables> | undefined;
  let forRequests: Kysely<Tables> | undefined;
  let lookingUp: Kysely<Tables> | undefined;
  /** Of lone statements; read once. */
  let keepsCommits: boolean | undefined;
  const mayRequestsWait = (): boolean => pool?.mayRequestsWait ?? false;
  const createOwnPool = async (url: string): Promise<PgPool> => (ownPool ??= await createPool(url, settings));

  /** Runs a statement of its own. It needs a transaction only where its commit would not be kept otherwise. */
  async function runKept<T>(on: Kysely<Tables>, work: (database: Kysely<Tables>) => Promise<T>): Promise<T> {
    keepsCommits ??= await readCommitSetting(on);
    return (keepsCommits ? on.connection() : on.transaction()).execute(work);
  }

  return {
    dialect: 'postgres',
    label: `the PostgreSQL schema "${schema}"`,
    channel: notifyChannel(schema),

    async open() {
      const source = typeof connection === 'string' ? await createOwnPool(connection) : connection;
      pool ??= new PoolQueue(source, getPoolSize(source));
      own ??= createKysely('own', limits);
      taking ??= createKysely('taking', limits);
      forRequests ??= createKysely('requests', limits);
      lookingUp ??= createKysely('requests', lookUpLimits);
    },

    async close() {
      const closing = ownPool;
      pool = ownPool = own = losing = taking = forRequests = lookingUp = undefined;
      await closing?.end();
    },

    read: (budget, work) => askAgain(budget, () => work((own ??= createKysely('own', limits)))),
    readForRequest: (budget, work) =>
      askAgain(budget, () => work((forRequests ??= createKysely('requests', limits))), mayRequestsWait),
    lookUp: (budget, work) =>
      askAgain(budget, () => work((lookingUp ??= createKysely('requests', lookUpLimits))), mayRequestsWait),
    writeOnce: (budget, work, { mayBeLost = false } = {}) =>
      askAgain(budget, () => {
        const on = (own ??= createKysely('own', limits));
        return mayBeLost ? work(on) : runKept(on, work);
      }),
    spend: (budget, work) =>
      runKept((forRequests ??= createKysely('requests', limits)), (connected) => {
        // The caller has been answered, and what it was to pay for was refused.
        budget.check();
        return work(connected);
      }),

    async write(budget, work, { lane, mayBeLost } = {}) {
      const choosePool = (): Kysely<Tables> => {
        if (mayBeLost === true) return (losing ??= createKysely('own', { ...limits, mayBeLost }));
        if (lane === 'taking' || lane === 'narrowing') return (taking ??= createKysely('taking', limits));
        if (lane === 'requests') return (forRequests ??= createKysely('requests', limits));
        return (own ??= createKysely('own', limits));
      };
      for (let retries = 0; ; retries += 1) {
        let hasBegun = false;
        try {
          return await choosePool()
            .transaction()
            .execute((transaction) => {
              hasBegun = true;
              budget.check();
              return work(transaction);
            });
        } catch (error) {
          const mayRetry = hasBegun ? mustRetry(error) : mayAskAgain(error, budget);
          if (lane === 'requests' && !mayRequestsWait()) throw error;
          if (retries === maxRetries || !mayRetry) throw error;
        }
      }
    },

    migrate: (work) =>
      createKysely('own', {
        ...limits,
        answerMs: migrationDeadlineMs,
        transactionStepMs: migrationDeadlineMs,
      })
        .transaction()
        .execute(async (transaction) => {
          await sql`select pg_catalog.pg_advisory_xact_lock(${sql.lit(migrationLock)})`.execute(transaction);
          await createSchema(transaction, schema);
          await work(transaction);
        }),

    watch: (source, onHint) =>
      watchPostgres({ ...source, schema, createClient: () => createListenerClient(connection) }, onHint),

    async hasTable(database, name) {
      const tables = sql`select 1 from pg_catalog.pg_tables where schemaname = ${schema} and tablename = ${name}`;
      return (await tables.execute(database)).rows.length > 0;
    },
  };
}

async function readCommitSetting(on: Kysely<Tables>): Promise<boolean> {
  const { is_kept } = await on.selectNoFrom(areCommitsKept.as('is_kept')).executeTakeFirstOrThrow();
  return is_kept === 1;
}

/**
 * Repeats a step that had no reply.
 *
 * @param hasRoom - called before each repetition, because a refused flood must not come back two more times
 */
async function askAgain<T>(
  budget: TimeBudget,
  work: () => Promise<T>,
  hasRoom = (): boolean => true,
): Promise<T> {
  for (let retries = 0; ; retries += 1) {
    try {
      return await work();
    } catch (error) {
      if (retries === maxRetries || !hasRoom() || !mayAskAgain(error, budget)) throw error;
    }
  }
}

/** After a restart or failover every pooled connection is dead, and only its next use shows it. */
function mayAskAgain(error: unknown, budget: TimeBudget): boolean {
  return isProblem(error, 'unavailable') && budget.remainingMs > 0;
}

async function createPool(connectionString: string, settings: PostgresSettings): Promise<OwnPool> {
  const { Pool } = (await loadDriver('pg', 'PostgreSQL')) as PgModule;
  let pool: OwnPool;
  try {
    pool = new Pool({
      connectionString,
      max: settings.maxConnections,
      connectionTimeoutMillis: Math.ceil(settings.deadlineMs * 0.75),
      keepAlive: true,
      // The app's own server keeps a process alive; an idle connection must not keep a script from ending.
      allowExitOnIdle: true,
      application_name: 'express-api-keys',
    });
  } catch (error) {
    // pg's own message may quote the connection string, including its password.
    throw new ApiKeysError('unavailable', {
      cause: new Error(`The pool could not be created (${getErrorName(error)})`),
    });
  }
  new PoolLosses(pool, settings.logger).listen();
  return pool;
}

/** Returns the maximum number of clients of a pool. A pool that does not expose it is assumed to have enough. */
function getPoolSize(pool: PgPool): number {
  const { options } = pool as { readonly options?: { readonly max?: unknown } };
  return typeof options?.max === 'number' ? options.max : Infinity;
}

function getErrorName(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown error';
}

/** `create schema if not exists` requires the privilege to create one even when it exists. */
async function createSchema(database: Kysely<Tables>, schema: string): Promise<void> {
  const { rows } = await sql`select 1 from pg_catalog.pg_namespace where nspname = ${schema}`.execute(
    database,
  );
  if (rows.length === 0) await sql`create schema ${sql.id(schema)}`.execute(database);
}
