import type { Clock } from '../ports/clock.js';
import type { Logger } from '../ports/logger.js';
import { RowPruner, type KeptRows, type PrunedLog } from './row-pruner.js';

/** What is written, when, and what is kept of it. */
export interface WindowWriterParts<L extends PrunedLog> {
  /** How long what is noted waits to be written with more, in milliseconds. */
  readonly windowMs: number;
  /** Writes what was noted since the last time, also where the log is not set yet. Must not reject. Returns whether rows were written. */
  readonly write: (log: L | null) => Promise<boolean>;
  readonly kept: KeptRows;
}

/**
 * Writes to a log in the background, one window of time after the other and never two at once, and removes old rows of it. At the
 * end of the process, what is left is written at once.
 */
export class WindowWriter<L extends PrunedLog> {
  readonly #parts: WindowWriterParts<L>;
  readonly #pruner: RowPruner;
  #log: L | null = null;
  #ensureLease: () => Promise<void> = () => Promise.resolve();
  #timer: NodeJS.Timeout | null = null;
  #writing: Promise<void> = Promise.resolve();

  constructor(ports: { readonly clock: Clock; readonly logger: Logger }, parts: WindowWriterParts<L>) {
    this.#parts = parts;
    this.#pruner = new RowPruner(ports, parts.kept);
  }

  /**
   * Sets the log to write to.
   *
   * @param ensureLease - resolves when all changes up to now are known here, erasures among them; rejects when that is unknown
   */
  start(log: L, ensureLease?: () => Promise<void>): void {
    this.#log = log;
    if (ensureLease !== undefined) this.#ensureLease = ensureLease;
    this.#pruner.start();
  }

  /** Writes what is left. Never rejects. */
  async stop(): Promise<void> {
    const pruned = this.#pruner.stop();
    await this.flush();
    await pruned;
    this.#log = null;
    this.#cancel();
  }

  /** Writes at the end of the window; a later call in the same window changes nothing. */
  schedule(): void {
    this.#timer ??= setTimeout(() => void this.flush(), this.#parts.windowMs).unref();
  }

  /** Closes the window and writes it. Never rejects. */
  flush(): Promise<void> {
    this.#cancel();
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  /** To be called before anything is written: what was erased must be known by then. */
  ensureLease(): Promise<void> {
    return this.#ensureLease();
  }

  /** Waits for what is being written, and returns the log. */
  async settle(): Promise<L | null> {
    await this.#writing;
    return this.#log;
  }

  async #write(): Promise<void> {
    const log = this.#log;
    const hasWritten = await this.#parts.write(log);
    if (log !== null && hasWritten) this.#pruner.pruneWhenDue(log);
  }

  #cancel(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
