import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { CommandError } from './command-error.js';
import { getErrorCode } from '../domain/error-code.js';
import type { Terminal } from './terminal.js';

/** What is wrong with one field of one row. */
export interface RowProblem {
  /** 1 is the first row below the header. */
  readonly row: number;
  /** The line in the file; `null` for rows of a database. */
  readonly line: number | null;
  readonly field: string;
  readonly message: string;
}

/** How many problems are shown on the terminal. */
const maxShown = 20;
/** How many characters wait to be written to the file. */
const maxUnwritten = 16_384;

/** Lists what is wrong with rows: all of it in a file, if there is one, and the beginning on the terminal. */
export class ProblemReport {
  readonly #terminal: Terminal;
  readonly #file: FileHandle | null;
  #count = 0;
  #unwritten = '';

  private constructor(terminal: Terminal, file: FileHandle | null) {
    this.#terminal = terminal;
    this.#file = file;
  }

  /**
   * @param path - `undefined` for no file; an earlier report is overwritten, and nothing else
   * @throws CommandError
   */
  static async open(terminal: Terminal, path: string | undefined): Promise<ProblemReport> {
    if (path === undefined) return new ProblemReport(terminal, null);
    try {
      return new ProblemReport(terminal, await openReport(path));
    } catch (error) {
      if (error instanceof CommandError) throw error;
      throw new CommandError(
        `The file of --report cannot be written (${getErrorCode(error) ?? 'unknown error'}).`,
        2,
      );
    }
  }

  /** How many problems there are. */
  get count(): number {
    return this.#count;
  }

  async add(problem: RowProblem): Promise<void> {
    this.#count += 1;
    const { row, line, field, message } = problem;
    if (this.#count <= maxShown) {
      this.#terminal.say(`${line === null ? `row ${row}` : `line ${line}`}: ${field}: ${message}`);
    } else if (this.#count === maxShown + 1) {
      this.#terminal.say(
        `… more problems follow; ${this.#file === null ? '--report FILE lists' : 'the report has'} all of them`,
      );
    }
    if (this.#file === null) return;
    this.#unwritten += `${JSON.stringify(problem)}\n`;
    if (this.#unwritten.length > maxUnwritten) await this.#write(this.#file);
  }

  async close(): Promise<void> {
    if (this.#file === null) return;
    await this.#write(this.#file);
    await this.#file.close();
  }

  async #write(file: FileHandle): Promise<void> {
    const text = this.#unwritten;
    this.#unwritten = '';
    await file.writeFile(text);
  }
}

/** How a report begins. */
const beginning = '{"row":';

/** The file may be the source, a database or a module of the app, under whatever name: only a report is overwritten. */
async function openReport(path: string): Promise<FileHandle> {
  const file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(beginning.length), 0, beginning.length, 0);
    if (bytesRead > 0 && buffer.toString('latin1', 0, bytesRead) !== beginning) {
      throw new CommandError(
        '--report names a file that is no report, and would overwrite it. Name a new file.',
        2,
      );
    }
    if ((await file.stat()).isFile()) await file.chmod(0o600);
    await file.truncate(0).catch(() => undefined);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}
