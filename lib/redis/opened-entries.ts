import { RecentMap } from '../domain/two-generations.js';
import type { CachedCopy } from '../ports/verification-cache.js';

/** An authenticated entry. */
export interface OpenedEntry {
  readonly value: string;
  /** Wall clock in milliseconds. */
  readonly usableUntil: number;
  readonly copy: CachedCopy;
}

/** Longer entries are not memoized, so that all of them together stay below 8 MB. */
const maxValueLength = 4096;

/** Memoizes the entries that were opened last, so that the same string need not be authenticated and parsed again. */
export class OpenedEntries {
  readonly #entries: RecentMap<OpenedEntry>;

  constructor(maxEntries = 2000) {
    this.#entries = new RecentMap(maxEntries);
  }

  /** The entry of a key that was opened from this very string. */
  get(keyId: string, value: string): OpenedEntry | undefined {
    const found = this.#entries.get(keyId);
    return found?.value === value ? found : undefined;
  }

  forget(keyId: string): void {
    this.#entries.delete(keyId);
  }

  add(keyId: string, entry: OpenedEntry): void {
    if (entry.value.length <= maxValueLength) this.#entries.set(keyId, entry);
  }
}
