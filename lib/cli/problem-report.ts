import { open, stat, type FileHandle } from 'node:fs/promises';
import { CommandError } from './command-error.js';
import { getErrorCode } from './get-error-code.js';
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
   * @param path - `undefined` for no file; an earlier report is overwritten
   * @param source - the file that is imported, which must not be overwritten
   * @throws CommandError
   */
  static async open(terminal: Terminal, path: string | undefined, source: string): Promise<ProblemReport> {
    if (path === undefined) return new ProblemReport(terminal, null);
    if (await isSameFile(path, source)) {
      throw new CommandError('--report names the file that is imported, and would overwrite it.', 2);
    }
    try {
      return new ProblemReport(terminal, await open(path, 'w', 0o600));
    } catch (error) {
      throw new CommandError(
        `The file of --report cannot be written (${getErrorCode(error) ?? 'unknown error'}).`,
        2,
      );
    }
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
    await file.appendFile(text);
  }
}

async function isSameFile(path: string, other: string): Promise<boolean> {
  try {
    const [one, two] = await Promise.all([stat(path), stat(other.replace(/^sqlite:(?:\/\/)?/, ''))]);
    return one.dev === two.dev && one.ino === two.ino;
  } catch {
    return false;
  }
}
