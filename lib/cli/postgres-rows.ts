import { loadDriver } from '../sql/load-driver.js';
import { CommandError } from './command-error.js';
import { getErrorCode } from '../domain/error-code.js';
import { getErrorMessage } from './get-error-message.js';
import { createSourceRow, type RowSource, type SourceRow } from './row-source.js';

/** The part of pg that is used here. */
interface PgResult {
  readonly rows: readonly (readonly unknown[])[];
  readonly fields: readonly { readonly name: string }[];
}
interface PgClient {
  connect(): Promise<unknown>;
  query(query: {
    readonly text: string;
    readonly rowMode: 'array';
    readonly name?: string;
    readonly types: TypeParsers;
  }): Promise<PgResult>;
  end(): Promise<void>;
  on(event: 'error', listener: (error: unknown) => void): unknown;
}
interface Pg {
  readonly Client: new (options: {
    readonly connectionString: string;
    readonly connectionTimeoutMillis: number;
    readonly application_name: string;
  }) => PgClient;
}
interface TypeParsers {
  getTypeParser(oid: number): (value: string) => unknown;
}

const rowsOfFetch = 500;
const connectionTimeoutMillis = 10_000;
const byteaOid = 17;

/** Everything is read as text, as the database writes it: `Date` would drop microseconds, and local times would be moved. */
const types: TypeParsers = {
  getTypeParser: (oid) =>
    oid === byteaOid ? (value) => Buffer.from(value.slice(2), 'hex') : (value) => value,
};

/**
 * Reads the rows of a query from PostgreSQL: in one read-only snapshot, some at a time.
 *
 * @param address - never shown, because it may have a password
 * @throws CommandError
 */
export async function openPostgres(address: string, query: string): Promise<RowSource> {
  const { Client } = (await loadDriver('pg', 'A source in PostgreSQL')) as Pg;
  const client = new Client({
    connectionString: address,
    connectionTimeoutMillis,
    application_name: 'api-keys import',
  });
  // A connection that breaks between two queries; the next query reports it.
  client.on('error', () => undefined);
  const run = (text: string, name?: string): Promise<PgResult> =>
    askServer(() => client.query({ text, rowMode: 'array', types, ...(name === undefined ? {} : { name }) }));
  const readMore = (): Promise<PgResult> => run(`fetch ${rowsOfFetch} from imported_rows`);
  try {
    await askServer(() => client.connect());
    await run('begin isolation level repeatable read read only');
    await run("set local datestyle = 'ISO'");
    await run("set local bytea_output = 'hex'");
    // With a name it is prepared, and what is prepared is one statement.
    await run(`declare imported_rows no scroll cursor for ${query}`, 'imported_rows');
    const first = await readMore();
    const columns = first.fields.map(({ name }) => name);
    return {
      columns,
      rows: readRows(first, columns, readMore),
      getShare: () => null,
      close: () => endClient(client),
    };
  } catch (error) {
    await endClient(client);
    throw error;
  }
}

async function* readRows(
  first: PgResult,
  columns: readonly string[],
  readMore: () => Promise<PgResult>,
): AsyncGenerator<SourceRow> {
  for (let { rows } = first; rows.length > 0; { rows } = await readMore()) {
    for (const cells of rows) yield createSourceRow(columns, cells, null);
  }
}

/** The transaction has written nothing, so there is nothing to end. */
async function endClient(client: PgClient): Promise<void> {
  try {
    await client.end();
  } catch {
    // It was not connected, or is no more.
  }
}

/** Classes of codes whose messages are about the statement: they name tables and columns. Others may quote what was read. */
const aboutStatement = /^(?:42|25|34)/;

async function askServer<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = getErrorCode(error) ?? 'no connection';
    const reason = aboutStatement.test(code) ? getErrorMessage(error) : explain(code);
    throw new CommandError(`PostgreSQL refused: ${reason}`);
  }
}

function explain(code: string): string {
  if (code.startsWith('28')) return `the user or the password is not accepted (${code})`;
  if (code.startsWith('3D')) return `there is no such database (${code})`;
  return code;
}
