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
  /** Changes of this process that the feed has not brought yet. */
  readonly #toldAlready = new Set<string>();
  #hasStarted = false;

  constructor(memory: VersionMemory, holder: ChangeHolder, listeners: ChangeListeners) {
    this.#memory = memory;
    this.#holder = holder;
    this.#listeners = listeners;
  }

  restart(history: readonly FeedChange[]): void {
    this.#memory.restart(history);
    this.#toldAlready.clear();
    this.#holder.forgetAll();
    if (this.#hasStarted) this.#listeners.tellAll();
    this.#hasStarted = true;
  }

  apply(change: FeedChange): void {
    const { keyId, keyVersion, action } = change;
    this.#memory.remember(keyId, keyVersion, change.sequence);
    this.#memory.knowUpTo(change);
    // What this process has changed itself it has let go of before, and may hold anew by now.
    if (this.#toldAlready.delete(nameOf(change))) return;
    this.#holder.forget(keyId);
    this.#listeners.tell({ keyId, keyVersion, action });
  }

  /** Applies a change that this process has just made; the feed will tell of it again. */
  applyOwn(change: KeyChange, sequence: number): void {
    this.#memory.remember(change.keyId, change.keyVersion, sequence);
    this.#holder.forget(change.keyId);
    // The feed may have been faster.
    if (sequence <= this.#memory.knownUpTo || this.#toldAlready.has(nameOf(change))) return;
    this.#toldAlready.add(nameOf(change));
    this.#listeners.tell(change);
  }
}

function nameOf({ keyId, keyVersion }: KeyChange): string {
  return `${keyVersion}@${keyId}`;
}
