import { createReadStream, type ReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { finished, type Readable } from 'node:stream';
import { CommandError } from './command-error.js';
import { readCsv } from './csv-rows.js';
import { decodeText } from './decode-text.js';
import { getErrorCode } from '../domain/error-code.js';
import { readJsonLines } from './json-line-rows.js';
import { openPostgres } from './postgres-rows.js';
import type { RowSource } from './row-source.js';
import { openSqlite } from './sqlite-rows.js';

/** Where rows come from, as it is given in a command. */
export interface SourceArguments {
  /** A file, `-`, `postgres://…`, `sqlite:FILE` or `env:NAME`. */
  readonly from: string;
  /** `csv` or `jsonl`, where the name of a file does not tell. */
  readonly form: string | undefined;
  readonly query: string | undefined;
  /** Between the cells of CSV. */
  readonly separator: string | undefined;
}

/** What a source may need of its surroundings. */
export interface SourceHost {
  readonly terminal: { readonly input: Readable };
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** In bytes. Of smaller files, all may be read before anything of it is imported. */
const minMeasured = 1_048_576;
const sqlitePrefix = /^sqlite:(?:\/\/)?/;
const postgresPrefix = /^postgres(?:ql)?:\/\//;

/**
 * Opens a source of rows.
 *
 * @throws CommandError
 */
export async function openSource(given: SourceArguments, host: SourceHost): Promise<RowSource> {
  const from = resolveAddress(given.from, host.environment);
  if (postgresPrefix.test(from) || sqlitePrefix.test(from)) {
    const { query, form, separator } = given;
    if (query === undefined) throw new CommandError("A database needs --query 'select …'.", 2);
    if (form !== undefined || separator !== undefined) {
      throw new CommandError('--as and --separator are for files.', 2);
    }
    return sqlitePrefix.test(from)
      ? openSqlite(from.replace(sqlitePrefix, ''), query)
      : openPostgres(from, query);
  }
  if (given.query !== undefined) {
    throw new CommandError('--query is for databases: --from postgres://… or --from sqlite:FILE.', 2);
  }
  return openFile(from, given, host.terminal.input);
}

/** A password in an argument would be in the list of processes and in the history of the shell. */
function resolveAddress(from: string, environment: SourceHost['environment']): string {
  if (/^[a-z]+:\/\/[^@\s]*:.*@/i.test(from) || /[?&]password=/i.test(from)) {
    throw new CommandError(
      'An address with a password does not belong into a command: put it into a variable of the environment, and write --from env:NAME.',
      2,
    );
  }
  if (!from.startsWith('env:')) return from;
  const value = environment[from.slice('env:'.length)];
  if (value === undefined || value === '')
    throw new CommandError('The variable that --from names is not set.', 2);
  return value;
}

async function openFile(from: string, given: SourceArguments, input: Readable): Promise<RowSource> {
  const form =
    given.form ??
    { '.csv': 'csv', '.tsv': 'csv', '.jsonl': 'jsonl', '.ndjson': 'jsonl' }[extname(from).toLowerCase()];
  if (form !== 'csv' && form !== 'jsonl') {
    throw new CommandError(
      'What form the source has is not clear: --as csv or --as jsonl; a database is postgres://… or sqlite:FILE.',
      2,
    );
  }
  if (form === 'jsonl' && given.separator !== undefined) throw new CommandError('--separator is for CSV.', 2);
  const separator = parseSeparator(given.separator ?? (extname(from).toLowerCase() === '.tsv' ? 'tab' : ','));
  const size = from === '-' ? null : await readSize(from);
  const stream = from === '-' ? input : createReadStream(from);
  const text = decodeText(translateErrors(stream));
  const endReading = async (): Promise<void> => {
    stream.destroy();
    if (from !== '-') await new Promise((resolve) => finished(stream, resolve));
  };
  const getShare = (): number | null => {
    const read = (stream as Partial<ReadStream>).bytesRead ?? 0;
    return size === null || size < minMeasured ? null : Math.min(1, read / size);
  };
  if (form === 'jsonl') return { columns: null, rows: readJsonLines(text), getShare, close: endReading };
  try {
    return { ...(await readCsv(text, separator)), getShare, close: endReading };
  } catch (error) {
    await endReading();
    throw error;
  }
}

async function readSize(file: string): Promise<number> {
  try {
    const { size } = await stat(file);
    return size;
  } catch (error) {
    throw new CommandError(
      `The file of --from cannot be read (${getErrorCode(error) ?? 'unknown error'}).`,
      2,
    );
  }
}

async function* translateErrors(stream: Readable): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of stream)
      yield typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Uint8Array);
  } catch (error) {
    throw new CommandError(`The source cannot be read (${getErrorCode(error) ?? 'unknown error'}).`);
  }
}

function parseSeparator(text: string): string {
  const separator = text === 'tab' ? '\t' : text;
  if (separator.length === 1 && !/["\r\n]/.test(separator)) return separator;
  throw new CommandError('--separator is one character, or the word tab.', 2);
}
