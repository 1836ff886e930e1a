/** Longest time for which an id is taken for unknown without asking again, in milliseconds. */
const lifetimeMs = 5_000;

/**
 * Ids that the store does not know. Apart from the keys that it does know, and bounded, so that a flood of made-up ids
 * pushes nothing out and fills nothing up. A key that is made under such an id is forgotten here when its change is
 * applied.
 */
export class NegativeCache {
  readonly #maxEntries: number;
  /** Id -> until when, monotonic, in milliseconds. */
  #young = new Map<string, number>();
  #old = new Map<string, number>();

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
  }

  has(keyId: string): boolean {
    if (this.#young.size === 0 && this.#old.size === 0) return false;
    const until = this.#young.get(keyId) ?? this.#old.get(keyId);
    return until !== undefined && performance.now() < until;
  }

  add(keyId: string): void {
    if (this.#young.size * 2 >= this.#maxEntries) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(keyId, performance.now() + lifetimeMs);
  }

  forget(keyId: string): void {
    this.#young.delete(keyId);
    this.#old.delete(keyId);
  }

  forgetAll(): void {
    this.#young = new Map();
    this.#old = new Map();
  }
}
