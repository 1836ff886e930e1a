import { RecentMap } from '../domain/two-generations.js';
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
 * Remembers the entries that were opened last, so that the same text need not be authenticated and parsed again.
 */
export class OpenedEntries {
  readonly #entries: RecentMap<OpenedEntry>;

  constructor(maxEntries = 2000) {
    this.#entries = new RecentMap(maxEntries);
  }

  /** The entry of a key that was opened from this very text. */
  get(keyId: string, text: string): OpenedEntry | undefined {
    const found = this.#entries.get(keyId);
    return found?.text === text ? found : undefined;
  }

  remember(keyId: string, entry: OpenedEntry): void {
    if (entry.text.length <= maxTextLength) this.#entries.set(keyId, entry);
  }
}
