import type { Kysely, Transaction } from 'kysely';
import type { ChangeLane } from '../ports/key-store.js';
import type { FeedWatch } from '../ports/change-feed.js';
import type { Tables } from './tables.js';
import type { TimeBudget } from './time-budget.js';

/** The two databases that the SQL store speaks to. */
export type SqlDialect = 'sqlite' | 'postgres';

/** Whether the schema may be changed at start (`auto`) or only looked at (`check`). */
export type MigrateMode = 'auto' | 'check';

/** A migration may have to rewrite a large table, or to wait for another process that does. */
export const migrationDeadlineMs = 120_000;

/** What the SQL store needs from a database. Trouble rejects with `ERR_API_KEYS_UNAVAILABLE`, mistakes as they are. */
export interface SqlDatabase {
  readonly dialect: SqlDialect;
  /** What it is called in messages; no address, no password. */
  readonly label: string;
  /** Where changes are told to those who listen; `null` when the database has no such thing. */
  readonly channel: string | null;
  /** Loads the driver and connects. */
  open(): Promise<void>;
  close(): Promise<void>;
  /** Reads what is committed. Never waits for a change. */
  read<T>(budget: TimeBudget, work: (database: Kysely<Tables>) => Promise<T>): Promise<T>;
  /**
   * As {@link read}, for what a request asks for. However many there are, they are not in the way of the other methods;
   * too many at once are refused.
   */
  readForRequest<T>(budget: TimeBudget, work: (database: Kysely<Tables>) => Promise<T>): Promise<T>;
  /** As {@link readForRequest}, for reads that every request with a key or a token may wait for: it gives up sooner. */
  lookUp<T>(budget: TimeBudget, work: (database: Kysely<Tables>) => Promise<T>): Promise<T>;
  /**
   * Runs work that is one step: PostgreSQL takes a single statement without more ado, SQLite runs the work in a
   * transaction. Tries again when there was no answer, so the work may be done twice. Never waits for a change of another
   * process longer than it takes to commit.
   */
  writeOnce<T>(budget: TimeBudget, work: (database: Kysely<Tables>) => Promise<T>): Promise<T>;
  /**
   * Runs work that is one step, for a request, and never a second time once it may have been carried out: what is spent
   * must not be spent twice.
   */
  spend<T>(budget: TimeBudget, work: (database: Kysely<Tables>) => Promise<T>): Promise<T>;
  /**
   * Runs work in one transaction of read committed or better; again after a deadlock, at most twice. Tries again when it
   * could not begin.
   *
   * @param lane - `taking` goes before all others that wait for a connection or for the file. Default: `giving`
   */
  write<T>(
    budget: TimeBudget,
    work: (transaction: Transaction<Tables>) => Promise<T>,
    lane?: ChangeLane,
  ): Promise<T>;
  /** Runs work in one transaction, alone among all processes that call this, within {@link migrationDeadlineMs}. */
  migrate(work: (transaction: Transaction<Tables>) => Promise<void>): Promise<void>;
  /** Calls back when the number of the last change may have grown; `ChangeFeed.watch` says the rest. */
  watch(lastSequence: () => Promise<number>, onHint: () => void): FeedWatch;
  hasTable(database: Kysely<Tables>, name: keyof Tables): Promise<boolean>;
}
