import { Readable, type Transform } from 'node:stream';
import { loadDriver } from '../sql/load-driver.js';
import { CommandError } from './command-error.js';
import { getErrorCode } from '../domain/error-code.js';
import { createSourceRow, type SourceRow } from './row-source.js';

/** The part of csv-parse that is used here. */
interface CsvParse {
  parse(options: {
    readonly delimiter: string;
    readonly on_record: (cells: readonly string[], info: { readonly lines: number }) => NumberedCells;
    readonly relax_column_count: true;
    readonly skip_empty_lines: true;
    readonly max_record_size: number;
  }): Transform;
}

/** Cells, and the line in which their record ends. */
interface NumberedCells {
  readonly cells: readonly string[];
  readonly line: number;
}

/** In characters. A quote that is never closed must not take all memory. */
const maxRecordSize = 1_048_576;

const sentences: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'a quote is opened and never closed',
  CSV_INVALID_CLOSING_QUOTE: 'behind a closing quote, there is neither a separator nor the end of the line',
  CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE:
    'behind a closing quote, there is neither a separator nor the end of the line',
  INVALID_OPENING_QUOTE:
    'there is a quote in a field that is not quoted; write the field in quotes, and the quote twice',
  CSV_MAX_RECORD_SIZE: `a row is longer than ${maxRecordSize} characters`,
};

/**
 * Reads CSV (RFC 4180) whose first line names the columns.
 *
 * @returns the columns, and the rows
 * @throws CommandError for what is no CSV, with the line and without anything that it has
 */
export async function readCsv(
  text: AsyncIterable<string>,
  separator: string,
): Promise<{ readonly columns: readonly string[]; readonly rows: AsyncGenerator<SourceRow> }> {
  const { parse } = (await loadDriver('csv-parse', 'A source in CSV')) as CsvParse;
  const lines = new LineSurplus();
  const parser = parse({
    delimiter: separator,
    on_record: (cells, { lines: counted }) => ({ cells, line: counted - lines.countSurplus(cells) }),
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: maxRecordSize,
  });
  const source = Readable.from(text);
  source.once('error', (error) => parser.destroy(error));
  const records: AsyncIterator<NumberedCells> = source.pipe(parser)[Symbol.asyncIterator]();
  const header = await readNext(records, lines);
  if (header === null) throw new CommandError('The source is empty: its first line names the columns.');
  const columns = header.cells.map((name) => name.trim());
  return { columns, rows: readRows(records, columns, lines) };
}

async function* readRows(
  records: AsyncIterator<NumberedCells>,
  columns: readonly string[],
  lines: LineSurplus,
): AsyncGenerator<SourceRow> {
  for (;;) {
    const next = await readNext(records, lines);
    if (next === null) return;
    const { cells, line } = next;
    if (cells.length === columns.length) yield createSourceRow(columns, cells, line);
    else {
      const problem = `must have ${columns.length} cells, as the first line, and has ${cells.length}`;
      yield { line, cells: new Map(), problem };
    }
  }
}

/** How many lines the parser has counted twice: to it, `\r\n` in a cell is two. An editor shows one. */
class LineSurplus {
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Adds those of a record, and returns how many there are up to its end. */
  countSurplus(cells: readonly string[]): number {
    for (const cell of cells) this.#count += cell.split('\r\n').length - 1;
    return this.#count;
  }
}

async function readNext(
  records: AsyncIterator<NumberedCells>,
  lines: LineSurplus,
): Promise<NumberedCells | null> {
  try {
    const next = await records.next();
    return next.done === true ? null : next.value;
  } catch (error) {
    throw toCommandError(error, lines.count);
  }
}

function toCommandError(error: unknown, surplus: number): unknown {
  const code = getErrorCode(error);
  if (code === undefined || !Object.hasOwn(sentences, code)) return error;
  const line =
    typeof error === 'object' && error !== null && 'lines' in error ? Number(error.lines) - surplus : null;
  return new CommandError(`${line === null ? 'The source' : `Line ${line}`} is no CSV: ${sentences[code]}.`);
}
