import { SqliteAdapter, SqliteDriver, SqliteIntrospector, SqliteQueryCompiler } from 'kysely';
import type { Dialect } from 'kysely';
import { execute, guardedConnection, rememberingConnection, retryWhileBusy } from './sqlite-connection.js';
import type { LibsqlDatabase } from './sqlite-connection.js';
import { TimeBudget } from '../time-budget.js';

/** Kysely's SQLite dialect with transactions that take the write lock when they begin. */
export function immediateSqliteDialect(database: LibsqlDatabase, deadlineMs: number): Dialect {
  return dialectWith(() => new ImmediateSqliteDriver(database, deadlineMs));
}

/** Kysely's SQLite dialect for a connection that only reads. */
export function readingSqliteDialect(database: LibsqlDatabase): Dialect {
  return dialectWith(() => new SqliteDriver({ database: rememberingConnection(database) }));
}

function dialectWith(createDriver: () => SqliteDriver): Dialect {
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

  constructor(database: LibsqlDatabase, deadlineMs: number) {
    super({ database: guardedConnection(database) });
    this.#database = database;
    this.#deadlineMs = deadlineMs;
  }

  /** A deferred transaction would take the lock at its first write, after reading what may no longer be true then. */
  override async beginTransaction(): Promise<void> {
    const budget = new TimeBudget(this.#deadlineMs);
    await retryWhileBusy(budget, () => execute(this.#database, 'begin immediate'));
  }

  override async commitTransaction(): Promise<void> {
    execute(this.#database, 'commit');
  }

  /** SQLite has rolled back by itself after some errors (disk full, I/O); the first error is the one to hear of. */
  override async rollbackTransaction(): Promise<void> {
    // libsql ends the process when a closed database is asked for inTransaction.
    if (this.#database.open && this.#database.inTransaction) execute(this.#database, 'rollback');
  }
}
