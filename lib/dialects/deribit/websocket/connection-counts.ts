/** Counts connections by name, with a maximum for each. Names without connections take no memory. */
export class ConnectionCounts {
  readonly #max: number;
  readonly #counts = new Map<string, number>();

  constructor(max: number) {
    this.#max = max;
  }

  /** Counts one more, unless there are as many as there may be. */
  take(name: string): boolean {
    const count = this.#counts.get(name) ?? 0;
    if (count >= this.#max) return false;
    this.#counts.set(name, count + 1);
    return true;
  }

  release(name: string): void {
    const count = (this.#counts.get(name) ?? 0) - 1;
    if (count > 0) this.#counts.set(name, count);
    else this.#counts.delete(name);
  }
}
