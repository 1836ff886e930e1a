import type { VerifiableKey } from '../domain/api-key.js';
import type { Change } from '../domain/key-change.js';
import { getOwnerVersion } from '../domain/owner.js';
import { startOfFeed, type FeedChange, type FeedPosition } from '../ports/change-feed.js';

/** The part of a key that says how recent it is. */
type DatedKey = Pick<VerifiableKey, 'id' | 'version' | 'ownerId' | 'owner' | 'ancestors'>;

/** The last recorded change of one key, or of one owner. */
interface RecentVersion {
  readonly version: number;
  readonly sequence: number;
  /** Whether the change has removed the key. */
  readonly isRemoval: boolean;
}

/** Caches shorten the hash of a position; this many characters distinguish one history from another. */
const comparedHashLength = 16;

/**
 * The versions that the most recent changes gave to keys and owners, to detect older copies wherever they come from: a cache
 * that was flushed, failed over or written to by a command that came too late. No clock is involved: a copy says up
 * to which change it is complete (`asOf`), and all later changes are recorded here, or the copy is not trusted. The
 * hash of that change must be the one that is recorded: sequence numbers and versions are given again after a
 * database was restored, or has failed over to a replica that lagged behind.
 */
export class RecentVersions {
  readonly #capacity: number;
  /** By {@link formatKeyName} and {@link formatOwnerName}. */
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
      this.record(change, change.sequence);
      this.completeUpTo(change);
    }
  }

  /** Records one change; changes may come in any order and more than once. */
  record(change: Change, sequence: number): void {
    const name = change.keyId === null ? formatOwnerName(change.ownerId) : formatKeyName(change.keyId);
    const version = change.keyId === null ? change.ownerVersion : change.keyVersion;
    const before = this.#versions.get(name);
    if (before !== undefined && before.version >= version) return;
    // Inserted again, so that what changed last comes last.
    this.#versions.delete(name);
    this.#versions.set(name, { version, sequence, isRemoval: change.action === 'key.removed' });
    if (this.#versions.size > this.#capacity) this.#forgetOldest();
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
    return this.#versions.get(formatKeyName(keyId))?.version ?? 0;
  }

  /** Whether the last recorded change of a key has removed it. */
  wasRemoved(keyId: string): boolean {
    return this.#versions.get(formatKeyName(keyId))?.isRemoval ?? false;
  }

  /** Whether a copy of a key contains every change of it, of its owner, and of the keys above it, that is known here. */
  isCurrent(key: DatedKey, asOf: FeedPosition): boolean {
    if (asOf.sequence < this.#floor) return false;
    if (!this.knows(asOf)) return false;
    return (
      this.#has(formatKeyName(key.id), key.version) &&
      this.#has(formatOwnerName(key.ownerId), getOwnerVersion(key)) &&
      key.ancestors.every(({ id, version }) => this.#has(formatKeyName(id), version))
    );
  }

  #has(name: string, version: number): boolean {
    const recent = this.#versions.get(name);
    return recent === undefined || version >= recent.version;
  }

  #forgetOldest(): void {
    for (const [name, { sequence }] of this.#versions) {
      this.#versions.delete(name);
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

const formatKeyName = (keyId: string): string => `key ${keyId}`;
const formatOwnerName = (ownerId: string): string => `owner ${ownerId}`;
