import { RecentMap } from '../domain/two-generations.js';

/** Longest time for which an id is taken for unknown without asking again, in milliseconds. */
const lifetimeMs = 5_000;

/**
 * Ids that the store does not know. Apart from the keys that it does know, and bounded, so that a flood of made-up ids
 * pushes nothing out and fills nothing up. A key that is made under such an id is forgotten here when its change is
 * applied.
 */
export class NegativeCache {
  /** Id -> until when, monotonic, in milliseconds. */
  readonly #ids: RecentMap<number>;

  constructor(maxEntries: number) {
    this.#ids = new RecentMap(maxEntries);
  }

  has(keyId: string): boolean {
    if (this.#ids.size === 0) return false;
    const until = this.#ids.peek(keyId);
    return until !== undefined && performance.now() < until;
  }

  add(keyId: string): void {
    this.#ids.set(keyId, performance.now() + lifetimeMs);
  }

  forget(keyId: string): void {
    this.#ids.delete(keyId);
  }

  forgetAll(): void {
    this.#ids.clear();
  }
}
