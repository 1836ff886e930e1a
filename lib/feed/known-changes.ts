import type { Change } from '../domain/key-change.js';
import type { FeedChange, FeedPosition } from '../ports/change-feed.js';
import type { ChangeListeners } from './change-listeners.js';
import type { ChangeTarget } from './feed-follower.js';
import type { RecentVersions } from './recent-versions.js';

/** Caches of keys in this process. */
export interface InvalidationTarget {
  /** Drops everything cached of one key. */
  forget(keyId: string): void;
  /** Drops everything cached of all keys of an owner. */
  forgetOwner(ownerId: string): void;
  forgetAll(): void;
}

/** What waits in this process to be written, and must not bring back what was erased. */
export interface ErasureTarget {
  /**
   * Forgets what is personal of a key (`key.erased`) or of an owner (`owner.erased`).
   *
   * @param isFromBeforeStart - it was made before this process accepted any key: no use of its own is from before the change
   * @returns resolves when what was handed to the store before is written, or has failed; `null` when there is nothing of it
   */
  forget(change: Change, isFromBeforeStart?: boolean): Promise<unknown> | null;
  /** Forgets what is personal of all: which keys and owners were erased is not known. */
  forgetAll(): Promise<unknown> | null;
}

const nothingWaits: ErasureTarget = { forget: () => null, forgetAll: () => null };

/**
 * Applies changes in this process: they are recorded, everything that is cached of the key is dropped, and listeners
 * are notified. A change of this process arrives twice: from the command that made it, and from the feed. Dropping
 * twice costs one read, and not dropping accepts what was revoked; so for a change that is known already, only the
 * second notification of listeners is left out. It is recognised by the sequence number and the hash of its event. A
 * key and its version would not do, because several events share them.
 */
export class KnownChanges implements ChangeTarget {
  readonly #versions: RecentVersions;
  readonly #caches: InvalidationTarget;
  readonly #listeners: ChangeListeners;
  /** Events of this process that listeners were notified of and that the feed has not brought yet: number -> hash. */
  readonly #notified = new Map<number, string>();
  readonly #personal: ErasureTarget;
  /** Writes in progress with data that was erased since. */
  readonly #lateWrites = new Set<Promise<unknown>>();
  #hasStarted = false;

  constructor(
    versions: RecentVersions,
    caches: InvalidationTarget,
    listeners: ChangeListeners,
    personal: ErasureTarget = nothingWaits,
  ) {
    this.#versions = versions;
    this.#caches = caches;
    this.#listeners = listeners;
    this.#personal = personal;
  }

  restart(history: readonly FeedChange[]): void {
    // What was applied before is forgotten already; what was noted since then is from after it.
    const unknown = history.filter((change) => !this.#versions.knows(change));
    const isContinued = !this.#hasStarted || history[0]?.sequence === 1 || unknown.length < history.length;
    if (!isContinued) this.#await(this.#personal.forgetAll());
    this.#versions.restart(history);
    this.#notified.clear();
    this.#caches.forgetAll();
    for (const change of unknown) this.#noteErased(change, !this.#hasStarted);
    if (this.#hasStarted) this.#listeners.notifyAll();
    this.#hasStarted = true;
  }

  apply(change: FeedChange): void {
    const { sequence, hash } = change;
    this.#versions.record(change, sequence);
    this.#versions.completeUpTo(change);
    this.#forget(change);
    const notifiedOf = this.#notified.get(sequence);
    this.#notified.delete(sequence);
    // After a failover, another event may have this sequence number.
    if (notifiedOf !== hash) this.#listeners.notify(change);
  }

  /**
   * Applies a change that this process has just made; the feed will deliver it again.
   *
   * @param position - the position of the event of this very change
   */
  applyOwn(change: Change, position: FeedPosition): void {
    const { sequence, hash } = position;
    this.#versions.record(change, sequence);
    this.#forget(change);
    // The feed may have delivered it first.
    if (this.#versions.knows(position)) return;
    if (sequence > this.#versions.knownUpTo) this.#notified.set(sequence, hash);
    this.#listeners.notify(change);
  }

  async settle(): Promise<void> {
    while (this.#lateWrites.size > 0) await Promise.all(this.#lateWrites);
  }

  #forget(change: Change): void {
    if (change.keyId === null) this.#caches.forgetOwner(change.ownerId);
    else this.#caches.forget(change.keyId);
    this.#noteErased(change);
  }

  #noteErased(change: Change, isFromBeforeStart = false): void {
    if (change.action === 'key.erased' || change.action === 'owner.erased') {
      this.#await(this.#personal.forget(change, isFromBeforeStart));
    }
  }

  #await(ended: Promise<unknown> | null): void {
    if (ended === null || this.#lateWrites.has(ended)) return;
    this.#lateWrites.add(ended);
    void ended.finally(() => this.#lateWrites.delete(ended));
  }
}
