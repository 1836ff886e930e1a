import { setTimeout as sleep } from 'node:timers/promises';
import type { SqliteDatabase, SqliteStatement } from 'kysely';
import { ApiKeysError, isProblem } from '../../errors.js';
import { codeOf } from '../error-code.js';
import type { TimeBudget } from '../time-budget.js';

/** The part of libsql's `Database` that is used; better-sqlite3 has the same. */
export interface LibsqlDatabase extends SqliteDatabase {
  readonly open: boolean;
  readonly inTransaction: boolean;
  exec(statements: string): unknown;
}

/** The constructor that `libsql` exports. */
export type LibsqlConstructor = new (path: string, options: { timeout: number }) => LibsqlDatabase;

/** The statement was wrong, or its data were. All else (locks, disk, file) is trouble of the moment. */
const mistakes = /^SQLITE_(?:ERROR|CONSTRAINT|MISMATCH|RANGE|MISUSE|TOOBIG)/;

/** A connection whose trouble is `ERR_API_KEYS_UNAVAILABLE` and that checks parameters before libsql sees them. */
export function guardedConnection(database: LibsqlDatabase): SqliteDatabase {
  return {
    close: () => database.close(),
    prepare: (text) => translated(() => guardedStatement(database.prepare(text))),
  };
}

/**
 * A connection that keeps the statements it has prepared, for reading only: preparing one takes longer than running it.
 * A statement that failed is not used again, because libsql may have left it open.
 */
export function rememberingConnection(database: LibsqlDatabase): SqliteDatabase {
  const connection = guardedConnection(database);
  const statements = new Map<string, SqliteStatement>();

  function prepare(text: string): SqliteStatement {
    const statement = connection.prepare(text);
    const forgettingOnFailure = <T>(work: () => T): T => {
      try {
        return work();
      } catch (error) {
        statements.delete(text);
        throw error;
      }
    };
    return {
      reader: statement.reader,
      all: (parameters) => forgettingOnFailure(() => statement.all(parameters)),
      run: (parameters) => forgettingOnFailure(() => statement.run(parameters)),
      iterate: (parameters) => forgettingOnFailure(() => statement.iterate(parameters)),
    };
  }

  return {
    close: () => connection.close(),
    prepare(text) {
      const known = statements.get(text);
      if (known !== undefined) return known;
      // Lists come in many forms; the read that every check needs comes first and stays.
      if (statements.size >= maxRememberedStatements) return connection.prepare(text);
      const statement = prepare(text);
      statements.set(text, statement);
      return statement;
    },
  };
}

const maxRememberedStatements = 50;

function guardedStatement(statement: SqliteStatement): SqliteStatement {
  return {
    reader: statement.reader,
    all: (parameters) => {
      check(parameters);
      return translated(() => statement.all(parameters));
    },
    run: (parameters) => {
      check(parameters);
      return translated(() => statement.run(parameters));
    },
    iterate: (parameters) => {
      check(parameters);
      return translated(() => statement.iterate(parameters));
    },
  };
}

/** libsql ends the whole process on a boolean, takes `undefined` for null and cuts a text at its first NUL. */
function check(parameters: readonly unknown[]): void {
  for (const parameter of parameters) {
    if (typeof parameter === 'string' && !parameter.includes('\0')) continue;
    if (typeof parameter === 'number' || parameter === null) continue;
    throw new TypeError(
      `A value that SQLite cannot store: ${typeof parameter === 'string' ? 'text with NUL' : typeof parameter}`,
    );
  }
}

/**
 * Runs a statement without parameters that may find the file locked. Not by way of `prepare`: libsql leaves a prepared
 * statement that was refused with SQLITE_BUSY open, and no transaction can be committed until it is collected.
 */
export function execute(database: LibsqlDatabase, statement: string): void {
  translated(() => database.exec(statement));
}

function translated<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const code = codeOf(error);
    if (code !== undefined && mistakes.test(code)) throw error;
    throw new ApiKeysError('unavailable', { cause: error });
  }
}

/**
 * Repeats work that finds the file locked, without blocking the event loop in between.
 *
 * @throws ApiKeysError `ERR_API_KEYS_UNAVAILABLE` when the lock is still held past the deadline
 */
export async function retryWhileBusy<T>(budget: TimeBudget, work: () => T | Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isBusy(error) || budget.remainingMs === 0) throw error;
    }
    // Random, so that two processes do not keep meeting.
    await sleep(2 + Math.random() * 8);
  }
}

function isBusy(error: unknown): boolean {
  if (!isProblem(error, 'unavailable')) return false;
  return codeOf((error as Error).cause)?.startsWith('SQLITE_BUSY') === true;
}
