import type { ImportProgress } from '../manage/import-keys.js';
import { StatusLine } from './status-line.js';
import type { Terminal } from './terminal.js';

/** How often a line of a log shows the progress, in milliseconds. */
const lineIntervalMs = 5_000;

/** Counts what an import has done, and shows it while it runs. */
export class ImportMonitor {
  readonly #status: StatusLine;
  readonly #isDryRun: boolean;
  readonly #getShare: () => number | null;
  readonly #startedAt = performance.now();
  #read = 0;
  #refused = 0;
  #progress: ImportProgress = { rows: 0, imported: 0, alreadyImported: 0, invalid: 0 };

  /** @param getShare - how much of the source was read, 0 to 1; `null` where that is not known */
  constructor(terminal: Terminal, isDryRun: boolean, getShare: () => number | null) {
    this.#status = new StatusLine(terminal, lineIntervalMs);
    this.#isDryRun = isDryRun;
    this.#getShare = getShare;
  }

  /** The number of the last row that was read; 1 is the first. */
  get read(): number {
    return this.#read;
  }

  /** How many rows were left out, by the mapping or by the import. */
  get invalid(): number {
    return this.#refused + this.#progress.invalid;
  }

  countRow(): void {
    this.#read += 1;
    this.#show();
  }

  countRefusedRow(): void {
    this.#refused += 1;
  }

  noteProgress(progress: ImportProgress): void {
    this.#progress = progress;
    this.#show();
  }

  /** What was done, as one line. */
  summarize(): string {
    const { imported, alreadyImported } = this.#progress;
    const done = this.#isDryRun ? 'would be imported' : 'imported';
    return `${this.#read} rows read: ${imported} ${done}, ${alreadyImported} already there, ${this.invalid} left out`;
  }

  #show(): void {
    this.#status.show(() => {
      const perSecond = Math.round((this.#read * 1_000) / (performance.now() - this.#startedAt));
      const share = this.#getShare();
      const percent = share === null ? '' : `, ${Math.floor(share * 100)} %`;
      return `${this.summarize()}; ${perSecond} per second${percent}`;
    });
  }
}
