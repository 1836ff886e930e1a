import type { CachedCopy } from '../ports/verification-cache.js';

/** An entry that was found authentic. */
export interface OpenedEntry {
  readonly text: string;
  /** Wall clock in milliseconds. */
  readonly usableUntil: number;
  readonly copy: CachedCopy;
}

/** Longer ones are not remembered, so that all of them stay below 8 MB. */
const maxTextLength = 4096;

/**
 * Remembers the entries that were opened last, so that the same text need not be authenticated and parsed again. Two
 * generations: when the newer one is full, the older one is forgotten.
 */
export class OpenedEntries {
  readonly #maxEntries: number;
  #newer = new Map<string, OpenedEntry>();
  #older = new Map<string, OpenedEntry>();

  /** @param maxEntries - how many a generation holds */
  constructor(maxEntries = 1000) {
    this.#maxEntries = maxEntries;
  }

  /** The entry of a key that was opened from this very text. */
  get(keyId: string, text: string): OpenedEntry | undefined {
    const found = this.#newer.get(keyId);
    if (found !== undefined) return found.text === text ? found : undefined;
    const older = this.#older.get(keyId);
    if (older?.text !== text) return undefined;
    this.#put(keyId, older);
    return older;
  }

  remember(keyId: string, entry: OpenedEntry): void {
    if (entry.text.length <= maxTextLength) this.#put(keyId, entry);
  }

  #put(keyId: string, entry: OpenedEntry): void {
    if (this.#newer.size >= this.#maxEntries && !this.#newer.has(keyId)) {
      this.#older = this.#newer;
      this.#newer = new Map();
    }
    this.#newer.set(keyId, entry);
  }
}
