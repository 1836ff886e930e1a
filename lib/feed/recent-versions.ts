import { startOfFeed, type FeedChange, type FeedPosition } from '../ports/change-feed.js';

/** The last recorded change of one key. */
interface RecentVersion {
  readonly version: number;
  readonly sequence: number;
}

/** Caches shorten the hash of a position; this many characters distinguish one history from another. */
const comparedHashLength = 16;

/**
 * The versions that the most recent changes gave to keys, to detect older copies wherever they come from: a cache
 * that was flushed, failed over or written to by a command that came too late. No clock is involved: a copy says up
 * to which change it is complete (`asOf`), and all later changes are recorded here, or the copy is not trusted. The
 * hash of that change must be the one that is recorded: sequence numbers and versions are given again after a
 * database was restored, or has failed over to a replica that lagged behind.
 */
export class RecentVersions {
  readonly #capacity: number;
  readonly #versions = new Map<string, RecentVersion>();
  /** Sequence number -> hash of the known changes, in order. */
  readonly #hashes = new Map<number, string>();
  /** Every known change with a higher sequence number is recorded. */
  #floor = Infinity;
  #knownUpTo = -1;

  /** @param capacity - the maximum number of changes that are recorded */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Every change up to this sequence number is known, as far back as changes are recorded. */
  get knownUpTo(): number {
    return this.#knownUpTo;
  }

  /** Forgets everything and starts with the most recent changes, oldest first. */
  restart(history: readonly FeedChange[]): void {
    this.#versions.clear();
    this.#hashes.clear();
    const [first] = history;
    this.#floor = first === undefined ? 0 : first.sequence - 1;
    this.#knownUpTo = this.#floor;
    if (this.#floor === 0) this.completeUpTo(startOfFeed);
    for (const change of history) {
      this.record(change.keyId, change.keyVersion, change.sequence);
      this.completeUpTo(change);
    }
  }

  /** Records one change; changes may come in any order and more than once. */
  record(keyId: string, version: number, sequence: number): void {
    const before = this.#versions.get(keyId);
    if (before !== undefined && before.version >= version) return;
    // Inserted again, so that the keys that changed last come last.
    this.#versions.delete(keyId);
    this.#versions.set(keyId, { version, sequence });
    if (this.#versions.size > this.#capacity) this.#forgetOldestKey();
  }

  /** Declares that all changes up to this one have been recorded. */
  completeUpTo({ sequence, hash }: FeedPosition): void {
    this.#knownUpTo = Math.max(this.#knownUpTo, sequence);
    this.#hashes.set(sequence, hash.slice(0, comparedHashLength));
    // One more than the capacity: comparisons start at the last change that is forgotten.
    if (this.#hashes.size > this.#capacity + 1) this.#forgetOldestHash();
  }

  /** Whether this very change is known; `false` also for one that has been forgotten. */
  knows({ sequence, hash }: FeedPosition): boolean {
    return this.#hashes.get(sequence) === hash.slice(0, comparedHashLength);
  }

  /** The version that the last recorded change gave to a key; 0 when none is recorded. */
  versionOf(keyId: string): number {
    return this.#versions.get(keyId)?.version ?? 0;
  }

  /** Whether a copy of a key contains every change that is known here. */
  isCurrent(keyId: string, version: number, asOf: FeedPosition): boolean {
    if (asOf.sequence < this.#floor) return false;
    if (!this.knows(asOf)) return false;
    const recent = this.#versions.get(keyId);
    return recent === undefined || version >= recent.version;
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
