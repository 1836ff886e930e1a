/** How long ids are gathered before they are asked for, in milliseconds. */
const batchWindowMs = 250;
/** So many ids are asked for without waiting. */
const maxBatchSize = 1_000;

interface Batch {
  readonly ids: Set<string>;
  readonly found: Promise<ReadonlySet<string>>;
  readonly send: () => void;
}

/**
 * Finds out which ids exist, with one read for all that come within a quarter of a second. An answer never rests on a read
 * that began before it was asked for.
 */
export class LookupBatcher {
  readonly #existing: (ids: readonly string[]) => Promise<ReadonlySet<string>>;
  #batch: Batch | null = null;

  /** @param existing - rejects when the store does not answer; then everyone who waits is told so */
  constructor(existing: (ids: readonly string[]) => Promise<ReadonlySet<string>>) {
    this.#existing = existing;
  }

  async exists(id: string): Promise<boolean> {
    const batch = (this.#batch ??= this.#begin());
    batch.ids.add(id);
    if (batch.ids.size >= maxBatchSize) batch.send();
    return (await batch.found).has(id);
  }

  #begin(): Batch {
    const ids = new Set<string>();
    let send = (): void => undefined;
    const found = new Promise<ReadonlySet<string>>((resolve, reject) => {
      const ask = (): void => {
        clearTimeout(timer);
        if (this.#batch?.ids === ids) this.#batch = null;
        this.#existing([...ids]).then(resolve, reject);
      };
      const timer = setTimeout(ask, batchWindowMs);
      send = ask;
    });
    return { ids, found, send };
  }
}
