import type { KeyChange } from '../domain/key-change.js';
import type { FeedChange } from '../ports/change-feed.js';
import type { ChangeListeners } from './change-listeners.js';
import type { ChangeTarget } from './feed-follower.js';
import type { VersionMemory } from './version-memory.js';

/** Who holds something of keys in this process. */
export interface ChangeHolder {
  /** Lets go of all that is held of one key. */
  forget(keyId: string): void;
  forgetAll(): void;
}

/** Applies changes in this process: they are remembered, everybody lets go of the key, and listeners are told. */
export class KnownChanges implements ChangeTarget {
  readonly #memory: VersionMemory;
  readonly #holder: ChangeHolder;
  readonly #listeners: ChangeListeners;
  #hasStarted = false;

  constructor(memory: VersionMemory, holder: ChangeHolder, listeners: ChangeListeners) {
    this.#memory = memory;
    this.#holder = holder;
    this.#listeners = listeners;
  }

  restart(history: readonly FeedChange[]): void {
    const first = history[0];
    this.#memory.restart(first === undefined ? 0 : first.sequence - 1);
    for (const { keyId, keyVersion, sequence } of history) {
      this.#memory.remember(keyId, keyVersion, sequence);
      this.#memory.knowUpTo(sequence);
    }
    this.#holder.forgetAll();
    if (this.#hasStarted) this.#listeners.tellAll();
    this.#hasStarted = true;
  }

  apply(change: FeedChange): void {
    this.applyOwn(change, change.sequence);
    this.#memory.knowUpTo(change.sequence);
  }

  /** Applies a change that this process has just made; the feed will tell of it again. */
  applyOwn(change: KeyChange, sequence: number): void {
    const { keyId, keyVersion, action } = change;
    if (!this.#memory.remember(keyId, keyVersion, sequence)) return;
    this.#holder.forget(keyId);
    this.#listeners.tell({ keyId, keyVersion, action });
  }
}
