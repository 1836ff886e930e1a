/** A queue in which every item belongs to a share. Shares are served round-robin, and each one first in, first out. */
export class FairQueue<T> {
  /** In the order in which shares are served. */
  readonly #shares = new Map<string, Set<T>>();
  #size = 0;

  /** Number of waiting items. */
  get size(): number {
    return this.#size;
  }

  /** Number of waiting items in one share. */
  sizeOf(share: string): number {
    return this.#shares.get(share)?.size ?? 0;
  }

  /** Number of waiting items, at the most, that are taken before one that is added to this share now. */
  countAhead(share: string): number {
    const own = this.sizeOf(share);
    let count = 0;
    for (const { size } of this.#shares.values()) count += Math.min(size, own + 1);
    return count;
  }

  /** Adds an item at the end of a share. */
  add(share: string, item: T): void {
    const items = this.#shares.get(share) ?? new Set();
    this.#shares.set(share, items.add(item));
    this.#size += 1;
  }

  /** Removes and returns the next item; `undefined` if none is waiting. */
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

  /** Removes an item that no longer waits. */
  remove(share: string, item: T): void {
    const items = this.#shares.get(share);
    if (items?.delete(item) !== true) return;
    this.#size -= 1;
    if (items.size === 0) this.#shares.delete(share);
  }

  /** Removes and returns all waiting items. */
  clear(): readonly T[] {
    const items = [...this.#shares.values()].flatMap((share) => [...share]);
    this.#shares.clear();
    this.#size = 0;
    return items;
  }
}
