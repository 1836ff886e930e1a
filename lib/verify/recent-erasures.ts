import type { Change } from '../domain/key-change.js';

/** The maximum number of keys, and of owners, that are remembered. Keys are erased a few at a time: it takes seconds to reach. */
const maxRemembered = 10_000;
/** Longer than any request is verified, in milliseconds: it may have found the key before the erasure and count its use afterwards. */
const requestMs = 60_000;

/** Whose use it is. */
export interface UsedBy {
  readonly keyId: string;
  readonly ownerId: string;
  /** When the key was created, epoch milliseconds. */
  readonly createdAt: number;
}

interface Erasure {
  /** Wall clock, in milliseconds. */
  readonly at: number;
  /** Monotonic, in milliseconds. */
  readonly notedAt: number;
}

/**
 * The keys and owners whose data was erased, for as long as a use from before may still be written. An owner may come back: keys
 * that were created after the erasure are not erased.
 */
export class RecentErasures {
  readonly #keys = new Map<string, Erasure>();
  readonly #owners = new Map<string, Erasure>();

  /** Whether the oldest ones should be forgotten: what waits must be stripped of them before. */
  get isFull(): boolean {
    return Math.max(this.#keys.size, this.#owners.size) >= maxRemembered;
  }

  /** @param now - epoch milliseconds */
  note(change: Change, now: number): void {
    const erasure = { at: now, notedAt: performance.now() };
    const [noted, id] =
      change.keyId === null ? [this.#owners, change.ownerId] : ([this.#keys, change.keyId] as const);
    // Inserted again, so that the last one comes last.
    noted.delete(id);
    noted.set(id, erasure);
  }

  has({ keyId, ownerId, createdAt }: UsedBy): boolean {
    if (this.#keys.size > 0 && this.#keys.has(keyId)) return true;
    const erasure = this.#owners.size === 0 ? undefined : this.#owners.get(ownerId);
    return erasure !== undefined && createdAt <= erasure.at;
  }

  /**
   * Forgets erasures. To be called when everything that had been counted by a time was written, or stripped of what was erased.
   *
   * @param time - of `performance.now()`
   */
  forgetBefore(time: number): void {
    for (const noted of [this.#keys, this.#owners]) {
      for (const [id, { notedAt }] of noted) {
        if (notedAt >= time - requestMs) break;
        noted.delete(id);
      }
    }
  }

  forgetOldestHalf(): void {
    for (const noted of [this.#keys, this.#owners]) {
      const oldest = [...noted.keys()].slice(0, -maxRemembered / 2);
      for (const id of oldest) noted.delete(id);
    }
  }
}
