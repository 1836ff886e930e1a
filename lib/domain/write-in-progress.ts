/**
 * The maximum number of rows that are handed over at once, because they are written in one transaction: changes may have to wait for
 * it, and of one that takes longer than the deadline of the store nothing is kept.
 */
export const maxRowsPerWrite = 200;

/** The rows that are being written to a store, and when that has ended: what was handed over can no longer be changed. */
export class WriteInProgress<T> {
  #rows: readonly T[] = [];
  #ended: Promise<unknown> = Promise.resolve();

  /** Writes rows; one write at a time. Rejects as the write does. */
  async run(rows: readonly T[], write: (rows: readonly T[]) => Promise<void>): Promise<void> {
    const writing = write(rows);
    this.#rows = rows;
    this.#ended = writing.catch(() => undefined);
    try {
      await writing;
    } finally {
      this.#rows = [];
    }
  }

  /** Resolves when the present write has ended, whether or not it worked; `null` when it has no such row. */
  findEndOf(matches: (row: T) => boolean): Promise<unknown> | null {
    return this.#rows.some(matches) ? this.#ended : null;
  }
}
