import { existsSync } from 'node:fs';
import { loadDriver } from '../sql/load-driver.js';
import { CommandError } from './command-error.js';
import { getErrorCode } from '../domain/error-code.js';
import { getErrorMessage } from './get-error-message.js';
import { createSourceRow, type RowSource, type SourceRow } from './row-source.js';

/** The part of libsql that is used here. */
interface LibsqlStatement {
  readonly reader: boolean;
  columns(): readonly { readonly name: string }[];
  raw(isRaw: boolean): LibsqlStatement;
  safeIntegers(isOn: boolean): LibsqlStatement;
  iterate(): Iterable<readonly unknown[]>;
}
interface LibsqlDatabase {
  exec(statement: string): unknown;
  prepare(statement: string): LibsqlStatement;
  close(): void;
}
type Libsql = new (file: string, options: { readonly timeout: number }) => LibsqlDatabase;

/** How long a lock of another process is waited for. */
const timeout = 5_000;

/**
 * Reads the rows of a query from a file of SQLite, and never writes to it.
 *
 * @throws CommandError
 */
export async function openSqlite(file: string, query: string): Promise<RowSource> {
  // It would be created.
  if (!existsSync(file)) throw new CommandError('There is no such file of SQLite: --from sqlite:FILE', 2);
  // A pragma can change the file in spite of `query_only`.
  if (!/^\s*(?:select|with|values)\b/i.test(query)) throw createQueryError();
  const Database = (await loadDriver('libsql', 'A source in SQLite')) as Libsql;
  const database = runStatement(() => new Database(file, { timeout }));
  try {
    const statement = runStatement(() => {
      database.exec('pragma query_only = on');
      return database.prepare(query);
    });
    if (!statement.reader) throw createQueryError();
    const columns = statement.columns().map(({ name }) => name);
    return {
      columns,
      rows: readRows(statement, columns),
      getShare: () => null,
      close: async () => database.close(),
    };
  } catch (error) {
    database.close();
    throw error;
  }
}

function createQueryError(): CommandError {
  return new CommandError('--query must be a SELECT that returns rows.', 2);
}

async function* readRows(statement: LibsqlStatement, columns: readonly string[]): AsyncGenerator<SourceRow> {
  // Whole numbers beyond 2^53 stay exact.
  const rows = runStatement(() => statement.safeIntegers(true).raw(true).iterate()[Symbol.iterator]());
  for (;;) {
    const next = runStatement(() => rows.next());
    if (next.done === true) return;
    yield createSourceRow(columns, next.value, null);
  }
}

function runStatement<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const code = getErrorCode(error) ?? '';
    // Messages about the statement name tables and columns. Others may quote what was read.
    const message = code === 'SQLITE_ERROR' ? getErrorMessage(error) : '';
    throw new CommandError(`SQLite refused: ${message || code || 'it cannot be read'}`);
  }
}
