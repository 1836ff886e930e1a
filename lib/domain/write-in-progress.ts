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
