import type { KeyChange } from '../domain/key-change.js';
import type { FeedChange, FeedPosition } from '../ports/change-feed.js';
import type { ChangeListeners } from './change-listeners.js';
import type { ChangeTarget } from './feed-follower.js';
import type { VersionMemory } from './version-memory.js';

/** Who holds something of keys in this process. */
export interface ChangeHolder {
  /** Lets go of all that is held of one key. */
  forget(keyId: string): void;
  forgetAll(): void;
}

/**
 * Applies changes in this process: they are recorded, everything that is cached of the key is dropped, and listeners are
 * notified. A change of this process comes twice, from the command that made it and from the feed. Dropping twice costs
 * one read, and never dropping lets in what was revoked: so what is known already keeps only listeners from being
 * notified again, and is recognised by the number and the hash of its event. A key and its version would not do, for
 * several events share them.
 */
export class KnownChanges implements ChangeTarget {
  readonly #memory: VersionMemory;
  readonly #holder: ChangeHolder;
  readonly #listeners: ChangeListeners;
  /** Events of this process that listeners were notified of and that the feed has not brought yet: number -> hash. */
  readonly #notified = new Map<number, string>();
  #hasStarted = false;

  constructor(memory: VersionMemory, holder: ChangeHolder, listeners: ChangeListeners) {
    this.#memory = memory;
    this.#holder = holder;
    this.#listeners = listeners;
  }

  restart(history: readonly FeedChange[]): void {
    this.#memory.restart(history);
    this.#notified.clear();
    this.#holder.forgetAll();
    if (this.#hasStarted) this.#listeners.tellAll();
    this.#hasStarted = true;
  }

  apply(change: FeedChange): void {
    const { sequence, hash, keyId, keyVersion, action } = change;
    this.#memory.remember(keyId, keyVersion, sequence);
    this.#memory.knowUpTo(change);
    this.#holder.forget(keyId);
    const notifiedOf = this.#notified.get(sequence);
    this.#notified.delete(sequence);
    // After a failover another event may have the number.
    if (notifiedOf !== hash) this.#listeners.tell({ keyId, keyVersion, action });
  }

  /**
   * Applies a change that this process has just made; the feed will bring it again.
   *
   * @param position - that of the event of this very change
   */
  applyOwn(change: KeyChange, position: FeedPosition): void {
    const { sequence, hash } = position;
    this.#memory.remember(change.keyId, change.keyVersion, sequence);
    this.#holder.forget(change.keyId);
    // The feed may have been faster.
    if (this.#memory.knows(position)) return;
    if (sequence > this.#memory.knownUpTo) this.#notified.set(sequence, hash);
    this.#listeners.tell(change);
  }
}
