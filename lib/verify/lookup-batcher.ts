/** How long ids are batched before they are queried, in milliseconds. */
const batchWindowMs = 250;
/** A batch of this many ids is queried without waiting. */
const maxBatchSize = 1_000;

interface Batch {
  readonly ids: Set<string>;
  readonly found: Promise<ReadonlySet<string>>;
  readonly send: () => void;
}

/**
 * Finds out which ids exist, with one read for all ids that come within a quarter of a second. A result never comes from
 * a read that was sent before it was requested.
 */
export class LookupBatcher {
  readonly #findExisting: (ids: readonly string[]) => Promise<ReadonlySet<string>>;
  #batch: Batch | null = null;

  /** @param findExisting - rejects when the store does not respond; then all waiting callers are rejected */
  constructor(findExisting: (ids: readonly string[]) => Promise<ReadonlySet<string>>) {
    this.#findExisting = findExisting;
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
      const sendQuery = (): void => {
        clearTimeout(timer);
        if (this.#batch?.ids === ids) this.#batch = null;
        this.#findExisting([...ids]).then(resolve, reject);
      };
      const timer = setTimeout(sendQuery, batchWindowMs);
      send = sendQuery;
    });
    return { ids, found, send };
  }
}
