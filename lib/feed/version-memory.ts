/** What is remembered of the last change of one key. */
interface Remembered {
  readonly version: number;
  readonly sequence: number;
}

/**
 * The versions that the last changes gave to keys, so that older copies can be told wherever they come from: out of a
 * cache that was flushed, failed over or written to by a command that came too late. No clock is asked: a copy says up
 * to which change it is complete (`asOf`), and all later changes are remembered here, or the copy is not believed.
 */
export class VersionMemory {
  readonly #capacity: number;
  readonly #versions = new Map<string, Remembered>();
  /** All changes with a higher number are remembered, as far as they are known. */
  #floor = Infinity;
  /** All changes up to this number are known. */
  #known = -1;

  /** @param capacity - most keys that are remembered */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Forgets everything; changes after `sequence` will be told. */
  restart(sequence: number): void {
    this.#versions.clear();
    this.#floor = sequence;
    this.#known = sequence;
  }

  /** Takes note of one change, in any order; whether it was news. */
  remember(keyId: string, version: number, sequence: number): boolean {
    const before = this.#versions.get(keyId);
    if (before !== undefined && before.version >= version) return false;
    // Set anew, so that the keys that changed last come last.
    this.#versions.delete(keyId);
    this.#versions.set(keyId, { version, sequence });
    if (this.#versions.size > this.#capacity) this.#forgetOldest();
    return true;
  }

  /** Says that all changes up to this number have been remembered. */
  knowUpTo(sequence: number): void {
    this.#known = Math.max(this.#known, sequence);
  }

  /** Whether a copy of a key is as new as every change that is known here. */
  isCurrent(keyId: string, version: number, asOf: number): boolean {
    if (asOf < this.#floor || asOf > this.#known) return false;
    const remembered = this.#versions.get(keyId);
    return remembered === undefined || version >= remembered.version;
  }

  #forgetOldest(): void {
    for (const [keyId, { sequence }] of this.#versions) {
      this.#versions.delete(keyId);
      this.#floor = Math.max(this.#floor, sequence);
      return;
    }
  }
}
