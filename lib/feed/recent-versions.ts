import { startOfFeed, type FeedChange, type FeedPosition } from '../ports/change-feed.js';

/** What is remembered of the last change of one key. */
interface Remembered {
  readonly version: number;
  readonly sequence: number;
}

/** Caches shorten the hash of a position; so many characters tell one history from another. */
const comparedHashLength = 16;

/**
 * The versions that the last changes gave to keys, so that older copies can be told wherever they come from: out of a
 * cache that was flushed, failed over or written to by a command that came too late. No clock is asked: a copy says up
 * to which change it is complete (`asOf`), and all later changes are remembered here, or the copy is not believed. The
 * hash of that change must be the one that is remembered: numbers and versions are given again after a database was
 * restored, or has failed over to a replica that lagged behind.
 */
export class RecentVersions {
  readonly #capacity: number;
  readonly #versions = new Map<string, Remembered>();
  /** Number -> hash of the changes that are known, in order. */
  readonly #hashes = new Map<number, string>();
  /** All changes with a higher number are remembered, as far as they are known. */
  #floor = Infinity;
  #knownUpTo = -1;

  /** @param capacity - most changes that are remembered */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** All changes up to this number are known, as far back as they are remembered. */
  get knownUpTo(): number {
    return this.#knownUpTo;
  }

  /** Forgets everything and begins with the last changes that there were, oldest first. */
  restart(history: readonly FeedChange[]): void {
    this.#versions.clear();
    this.#hashes.clear();
    const [first] = history;
    this.#floor = first === undefined ? 0 : first.sequence - 1;
    this.#knownUpTo = this.#floor;
    if (this.#floor === 0) this.completeUpTo(startOfFeed);
    for (const change of history) {
      this.remember(change.keyId, change.keyVersion, change.sequence);
      this.completeUpTo(change);
    }
  }

  /** Takes note of one change, in any order and more than once. */
  remember(keyId: string, version: number, sequence: number): void {
    const before = this.#versions.get(keyId);
    if (before !== undefined && before.version >= version) return;
    // Set anew, so that the keys that changed last come last.
    this.#versions.delete(keyId);
    this.#versions.set(keyId, { version, sequence });
    if (this.#versions.size > this.#capacity) this.#forgetOldestKey();
  }

  /** Says that all changes up to this one have been remembered. */
  completeUpTo({ sequence, hash }: FeedPosition): void {
    this.#knownUpTo = Math.max(this.#knownUpTo, sequence);
    this.#hashes.set(sequence, hash.slice(0, comparedHashLength));
    // One more than changes: the last one that is forgotten is where the judging begins.
    if (this.#hashes.size > this.#capacity + 1) this.#forgetOldestHash();
  }

  /** Whether this very change is one of those that are known; `false` also for one that is forgotten by now. */
  knows({ sequence, hash }: FeedPosition): boolean {
    return this.#hashes.get(sequence) === hash.slice(0, comparedHashLength);
  }

  /** The version that the last change which is remembered gave to a key; 0 when none is. */
  versionOf(keyId: string): number {
    return this.#versions.get(keyId)?.version ?? 0;
  }

  /** Whether a copy of a key is as new as every change that is known here. */
  isCurrent(keyId: string, version: number, asOf: FeedPosition): boolean {
    if (asOf.sequence < this.#floor) return false;
    if (!this.knows(asOf)) return false;
    const remembered = this.#versions.get(keyId);
    return remembered === undefined || version >= remembered.version;
  }

  #forgetOldestKey(): void {
    for (const [keyId, { sequence }] of this.#versions) {
      this.#versions.delete(keyId);
      this.#floor = Math.max(this.#floor, sequence);
      return;
    }
  }

  #forgetOldestHash(): void {
    for (const sequence of this.#hashes.keys()) {
      this.#hashes.delete(sequence);
      return;
    }
  }
}
