import type { ImportProgress } from '../manage/import-keys.js';
import type { Terminal } from './terminal.js';

/** How often the progress is shown, in milliseconds: in place, and as lines of a log. */
const statusIntervalMs = 200;
const lineIntervalMs = 5_000;

/** Counts what an import has done, and shows it while it runs. */
export class ImportMonitor {
  readonly #terminal: Terminal;
  readonly #isDryRun: boolean;
  readonly #getShare: () => number | null;
  readonly #startedAt = performance.now();
  #shownAt = performance.now();
  #read = 0;
  #refused = 0;
  #progress: ImportProgress = { rows: 0, imported: 0, alreadyImported: 0, invalid: 0 };

  /** @param getShare - how much of the source was read, 0 to 1; `null` where that is not known */
  constructor(terminal: Terminal, isDryRun: boolean, getShare: () => number | null) {
    this.#terminal = terminal;
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
    const now = performance.now();
    const interval = this.#terminal.isWatched ? statusIntervalMs : lineIntervalMs;
    if (now - this.#shownAt < interval) return;
    this.#shownAt = now;
    const perSecond = Math.round((this.#read * 1_000) / (now - this.#startedAt));
    const share = this.#getShare();
    const percent = share === null ? '' : `, ${Math.floor(share * 100)} %`;
    const line = `${this.summarize()}; ${perSecond} per second${percent}`;
    if (this.#terminal.isWatched) this.#terminal.showStatus(line);
    else this.#terminal.say(line);
  }
}
