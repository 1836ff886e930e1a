import type { Kysely, Transaction } from 'kysely';
import type { ChangeLane } from '../ports/key-store.js';
import type { FeedWatch } from '../ports/change-feed.js';
import type { Tables } from './tables.js';
import type { TimeBudget } from './time-budget.js';

/** The two databases of the SQL store. */
export type SqlDialect = 'sqlite' | 'postgres';

/** Whether the schema is migrated at start (`auto`) or only checked (`check`). */
export type MigrateMode = 'auto' | 'check';

/**
 * Whom a transaction goes before where many wait for a connection or for the file: `taking`, then `own`, then the others; for a connection,
 * `narrowing` is as `taking`. `own`: what
 * this process itself depends on. `requests`: what requests cause besides changes; they are bounded in number.
 */
export type WriteLane = ChangeLane | 'own' | 'requests';

/** How something is written. */
export interface Writing {
  /** @default 'giving' */
  readonly lane?: WriteLane | undefined;
  /**
   * Whether a power cut may undo it: a beat, a count, a row of the log. SQLite then does not wait for the disk, for which the whole process
   * would wait with it.
   *
   * @default false
   */
  readonly mayBeLost?: boolean | undefined;
}

/**
 * How long a migration may take, in milliseconds: it may have to rewrite a large table, or to wait for another
 * process that does.
 */
export const migrationDeadlineMs = 120_000;

/** What a watch compares with what it hears. */
export interface WatchSource {
  /** Reads the sequence number of the last change. */
  readLast(): Promise<number>;
  /** The sequence number of the last change that this process has seen; without I/O. */
  lastSeen(): number;
}

/** A database of the SQL store. Outages reject with `ERR_API_KEYS_UNAVAILABLE`, mistakes with their own error. */
export interface SqlDatabase {
  readonly dialect: SqlDialect;
  /** Its name in messages, without address and password. */
  readonly label: string;
  /** The channel on which changes are notified; `null` when the database has none. */
  readonly channel: string | null;
  /** Loads the driver and connects. */
  open(): Promise<void>;
  close(): Promise<void>;
  /** Reads committed data. Never waits for a change. */
  read<T>(budget: TimeBudget, work: (database: Kysely<Tables>) => Promise<T>): Promise<T>;
  /**
   * Like {@link read}, for reads that requests cause. However many there are, they do not delay the other methods;
   * too many at once are refused.
   */
  readForRequest<T>(budget: TimeBudget, work: (database: Kysely<Tables>) => Promise<T>): Promise<T>;
  /**
   * Like {@link readForRequest}, with a shorter deadline, for reads that every request with a key or a token may wait
   * for.
   */
  lookUp<T>(budget: TimeBudget, work: (database: Kysely<Tables>) => Promise<T>): Promise<T>;
  /**
   * Runs work of one step: a single statement without a transaction on PostgreSQL, a transaction on SQLite. Retries
   * when there was no reply, so the work may be done twice. Never waits for a change of another process longer than
   * its commit takes.
   */
  writeOnce<T>(
    budget: TimeBudget,
    work: (database: Kysely<Tables>) => Promise<T>,
    writing?: Pick<Writing, 'mayBeLost'>,
  ): Promise<T>;
  /**
   * Runs work of one step for a request, and never a second time once it may have been carried out, because credits
   * must not be deducted twice; nor begins it after the deadline. However many there are, they do not delay the other
   * methods; too many at once are refused.
   */
  spend<T>(budget: TimeBudget, work: (database: Kysely<Tables>) => Promise<T>): Promise<T>;
  /**
   * Runs work in one transaction of read committed or better; again after a deadlock, at most twice. Retries when it
   * could not begin.
   */
  write<T>(
    budget: TimeBudget,
    work: (transaction: Transaction<Tables>) => Promise<T>,
    writing?: Writing,
  ): Promise<T>;
  /** Runs work in one transaction, in one process at a time, within {@link migrationDeadlineMs}. */
  migrate(work: (transaction: Transaction<Tables>) => Promise<void>): Promise<void>;
  /** Calls back when the sequence number of the last change may have grown; see `ChangeFeed.watch`. */
  watch(source: WatchSource, onHint: () => void, onLost: () => void): FeedWatch;
  hasTable(database: Kysely<Tables>, name: keyof Tables): Promise<boolean>;
}
