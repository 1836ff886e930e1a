import type { OneTimeNames } from '../ports/one-time-names.js';

/** Names of one process. */
export class MemoryOneTimeNames implements OneTimeNames {
  readonly #taken = new Map<string, number>();

  async take(name: string, expiresAt: number, now: number): Promise<boolean> {
    if (this.#taken.has(name)) return false;
    for (const [old, end] of this.#taken) if (end <= now) this.#taken.delete(old);
    this.#taken.set(name, expiresAt);
    return true;
  }
}
