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

/** Called when personal data was erased: of one key (`key.erased`) or of an owner (`owner.erased`). */
export type OnErased = (change: Change) => void;

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
  readonly #onErased: OnErased;
  #hasStarted = false;

  constructor(
    versions: RecentVersions,
    caches: InvalidationTarget,
    listeners: ChangeListeners,
    onErased: OnErased = () => undefined,
  ) {
    this.#versions = versions;
    this.#caches = caches;
    this.#listeners = listeners;
    this.#onErased = onErased;
  }

  restart(history: readonly FeedChange[]): void {
    this.#versions.restart(history);
    this.#notified.clear();
    this.#caches.forgetAll();
    for (const change of history) this.#noteErased(change);
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

  #forget(change: Change): void {
    if (change.keyId === null) this.#caches.forgetOwner(change.ownerId);
    else this.#caches.forget(change.keyId);
    this.#noteErased(change);
  }

  #noteErased(change: Change): void {
    if (change.action === 'key.erased' || change.action === 'owner.erased') this.#onErased(change);
  }
}
