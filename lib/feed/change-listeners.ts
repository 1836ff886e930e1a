import type { KeyChange } from '../domain/key-change.js';
import type { Logger } from '../ports/logger.js';

/**
 * Called with a change of a key; with `null` when it is unknown what has changed, because this process was paused or
 * cut off for longer than its lease, or the database was restored from a backup: then every key may have changed.
 */
export type ChangeListener = (change: KeyChange | null) => void;

/** Listeners for changes of single keys, for connections that stay open and handlers that run for long. */
export class ChangeListeners {
  readonly #logger: Logger;
  readonly #listeners = new Map<string, Set<ChangeListener>>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** @returns removes the listener */
  add(keyId: string, listener: ChangeListener): () => void {
    // Wrapped, so that a function that is added twice is called twice, and removed once at a time.
    const callListener: ChangeListener = (change) => listener(change);
    const ofKey = this.#listeners.get(keyId) ?? new Set();
    this.#listeners.set(keyId, ofKey.add(callListener));
    return () => {
      ofKey.delete(callListener);
      if (ofKey.size === 0 && this.#listeners.get(keyId) === ofKey) this.#listeners.delete(keyId);
    };
  }

  notify(change: KeyChange): void {
    const ofKey = this.#listeners.get(change.keyId);
    for (const listener of [...(ofKey ?? [])]) {
      // A listener may have removed another one.
      if (ofKey?.has(listener) === true) this.#call(listener, change);
    }
  }

  notifyAll(): void {
    const all = [...this.#listeners.values()].flatMap((ofKey) => [...ofKey]);
    for (const listener of all) this.#call(listener, null);
  }

  /** A listener of the app that throws must not keep changes from being applied. */
  #call(listener: ChangeListener, change: KeyChange | null): void {
    try {
      // Untyped code may pass an async function all the same.
      const result: unknown = listener(change);
      Promise.resolve(result).catch((error: unknown) => this.#report(error));
    } catch (error) {
      this.#report(error);
    }
  }

  #report(error: unknown): void {
    this.#logger.error('api-keys: a listener of onChange failed', error);
  }
}
