/** Items that wait, each in somebody's share. Shares are served in turn, and each one first in, first out. */
export class FairQueue<T> {
  /** The share that is served next comes first. */
  readonly #shares = new Map<string, Set<T>>();
  #size = 0;

  /** How many wait. */
  get size(): number {
    return this.#size;
  }

  /** How many wait in one share. */
  sizeOf(share: string): number {
    return this.#shares.get(share)?.size ?? 0;
  }

  /** Adds an item at the end of a share. */
  add(share: string, item: T): void {
    const items = this.#shares.get(share) ?? new Set();
    this.#shares.set(share, items.add(item));
    this.#size += 1;
  }

  /** Takes the next item out; `undefined` when none waits. */
  take(): T | undefined {
    for (const [share, items] of this.#shares) {
      this.#shares.delete(share);
      for (const item of items) {
        items.delete(item);
        this.#size -= 1;
        if (items.size > 0) this.#shares.set(share, items);
        return item;
      }
    }
    return undefined;
  }

  /** Takes an item out that does not wait any longer. */
  remove(share: string, item: T): void {
    const items = this.#shares.get(share);
    if (items?.delete(item) !== true) return;
    this.#size -= 1;
    if (items.size === 0) this.#shares.delete(share);
  }

  /** Takes out all that wait. */
  clear(): readonly T[] {
    const items = [...this.#shares.values()].flatMap((share) => [...share]);
    this.#shares.clear();
    this.#size = 0;
    return items;
  }
}
