import { setTimeout as sleep } from 'node:timers/promises';
import type { SqliteDatabase, SqliteStatement } from 'kysely';
import { ApiKeysError, isProblem } from '../../errors.js';
import { getErrorCode } from '../../domain/error-code.js';
import type { TimeBudget } from '../time-budget.js';

/** The part of libsql's `Database` that is used here; better-sqlite3 has the same. */
export interface LibsqlDatabase extends SqliteDatabase {
  readonly open: boolean;
  readonly inTransaction: boolean;
  exec(statements: string): unknown;
}

/** The constructor that `libsql` exports. */
export type LibsqlConstructor = new (path: string, options: { timeout: number }) => LibsqlDatabase;

/** Errors of the statement or its data. All others (locks, disk, file) are outages. */
const mistakes = /^SQLITE_(?:ERROR|CONSTRAINT|MISMATCH|RANGE|MISUSE|TOOBIG)/;

/**
 * Wraps a connection, so that outages throw `ERR_API_KEYS_UNAVAILABLE`, and parameters are checked before libsql sees
 * them.
 */
export function guardConnection(database: LibsqlDatabase): SqliteDatabase {
  return {
    close: () => database.close(),
    prepare: (text) => translateErrors(() => guardStatement(database.prepare(text))),
  };
}

/**
 * Wraps a read-only connection, so that prepared statements are cached, because preparing one takes longer than
 * running it. A failed statement is not used again, because libsql may have left it open.
 */
export function cacheStatements(database: LibsqlDatabase): SqliteDatabase {
  const connection = guardConnection(database);
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
      // Lists have many forms; the read that every verification needs comes first and stays cached.
      if (statements.size >= maxCachedStatements) return connection.prepare(text);
      const statement = prepare(text);
      statements.set(text, statement);
      return statement;
    },
  };
}

const maxCachedStatements = 50;

function guardStatement(statement: SqliteStatement): SqliteStatement {
  return {
    reader: statement.reader,
    all: (parameters) => {
      check(parameters);
      return translateErrors(() => statement.all(parameters));
    },
    run: (parameters) => {
      check(parameters);
      return translateErrors(() => statement.run(parameters));
    },
    iterate: (parameters) => {
      check(parameters);
      return translateErrors(() => statement.iterate(parameters));
    },
  };
}

/**
 * Rejects parameters that libsql mishandles: it ends the whole process on a boolean, treats `undefined` as null and
 * cuts a string at its first NUL.
 */
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
 * Runs a statement without parameters that may find the file locked. Not with `prepare`: libsql leaves a prepared
 * statement that was refused with SQLITE_BUSY open, and no transaction can be committed until it is collected.
 */
export function execute(database: LibsqlDatabase, statement: string): void {
  translateErrors(() => database.exec(statement));
}

function translateErrors<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const code = getErrorCode(error);
    if (code !== undefined && mistakes.test(code)) throw error;
    throw new ApiKeysError('unavailable', { cause: error });
  }
}

/**
 * Retries work that finds the file locked, without blocking the event loop in between.
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
    // Random, so that two processes do not keep colliding.
    await sleep(2 + Math.random() * 8);
  }
}

function isBusy(error: unknown): boolean {
  if (!isProblem(error, 'unavailable')) return false;
  return getErrorCode((error as Error).cause)?.startsWith('SQLITE_BUSY') === true;
}
