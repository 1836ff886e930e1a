import { RecentMap } from '../domain/two-generations.js';

/** How long an id is treated as unknown before the store is queried again, in milliseconds. */
const lifetimeMs = 5_000;

/**
 * Ids that the store does not know. They are cached apart from known keys, and bounded, so that a flood of made-up
 * ids evicts nothing and fills nothing up. When a key is created under such an id, the id is dropped as the change is
 * applied.
 */
export class NegativeCache {
  /** Id -> expiry, monotonic, in milliseconds. */
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
