import { SqliteAdapter, SqliteDriver, SqliteIntrospector, SqliteQueryCompiler } from 'kysely';
import type { Dialect } from 'kysely';
import { execute, guardConnection, cacheStatements, retryWhileBusy } from './sqlite-connection.js';
import type { LibsqlDatabase } from './sqlite-connection.js';
import { LockTurns } from './lock-turns.js';
import { TimeBudget } from '../time-budget.js';

/** Creates Kysely's SQLite dialect with transactions that take the write lock when they begin. */
export function createImmediateSqliteDialect(database: LibsqlDatabase, deadlineMs: number): Dialect {
  return createDialectWith(() => new ImmediateSqliteDriver(database, deadlineMs));
}

/** Creates Kysely's SQLite dialect for a read-only connection. */
export function createReadingSqliteDialect(database: LibsqlDatabase): Dialect {
  return createDialectWith(() => new SqliteDriver({ database: cacheStatements(database) }));
}

function createDialectWith(createDriver: () => SqliteDriver): Dialect {
  return {
    createAdapter: () => new SqliteAdapter(),
    createDriver,
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

class ImmediateSqliteDriver extends SqliteDriver {
  readonly #database: LibsqlDatabase;
  readonly #deadlineMs: number;
  readonly #turns = new LockTurns();

  constructor(database: LibsqlDatabase, deadlineMs: number) {
    super({ database: guardConnection(database) });
    this.#database = database;
    this.#deadlineMs = deadlineMs;
  }

  /** A deferred transaction would take the lock at its first write, when what it has read may no longer be true. */
  override async beginTransaction(): Promise<void> {
    const budget = new TimeBudget(this.#deadlineMs);
    await this.#turns.wait();
    await retryWhileBusy(budget, () => execute(this.#database, 'begin immediate'));
    this.#turns.took();
  }

  override async commitTransaction(): Promise<void> {
    execute(this.#database, 'commit');
    this.#turns.released();
  }

  /** SQLite has rolled back by itself after some errors (disk full, I/O); the first error is the one to report. */
  override async rollbackTransaction(): Promise<void> {
    // libsql ends the process when `inTransaction` of a closed database is read.
    if (this.#database.open && this.#database.inTransaction) execute(this.#database, 'rollback');
    this.#turns.released();
  }
}
