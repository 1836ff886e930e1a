import type { Change, KeyChange, KeyEvent } from '../domain/key-change.js';
import type { Logger } from '../ports/logger.js';

/**
 * Called with a change of a key, or of its owner; with `null` when it is unknown what has changed, because this process was paused or
 * cut off for longer than its lease, or the database was restored from a backup: then every key may have changed.
 */
export type ChangeListener = (change: KeyEvent | null) => void;

/** The listeners of one key. */
interface KeyListeners {
  /** `null` while it is not known whose key it is. */
  ownerId: string | null;
  readonly listeners: Set<ChangeListener>;
}

/** Listeners for changes of single keys, for connections that stay open and handlers that run for long. */
export class ChangeListeners {
  readonly #logger: Logger;
  readonly #keys = new Map<string, KeyListeners>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /**
   * @param ownerId - the owner of the key; `null` when that is not known yet
   * @returns removes the listener
   */
  add(keyId: string, listener: ChangeListener, ownerId: string | null = null): () => void {
    // Wrapped, so that a function that is added twice is called twice, and removed once at a time.
    const callListener: ChangeListener = (change) => listener(change);
    const ofKey: KeyListeners = this.#keys.get(keyId) ?? { ownerId, listeners: new Set() };
    ofKey.ownerId ??= ownerId;
    ofKey.listeners.add(callListener);
    this.#keys.set(keyId, ofKey);
    return () => {
      ofKey.listeners.delete(callListener);
      if (ofKey.listeners.size === 0 && this.#keys.get(keyId) === ofKey) this.#keys.delete(keyId);
    };
  }

  /** Records whose key it is: an owner of a key never changes. */
  setOwner(keyId: string, ownerId: string): void {
    const ofKey = this.#keys.get(keyId);
    if (ofKey !== undefined) ofKey.ownerId = ownerId;
  }

  notify(change: Change): void {
    if (change.keyId === null) this.#notifyOwner(change.ownerId, change.action);
    else this.#notifyKey(this.#keys.get(change.keyId), toKeyEvent(change));
  }

  /** Where it is not known yet whose key it is, what has changed is unknown as well. */
  #notifyOwner(ownerId: string, action: KeyEvent['action']): void {
    for (const [keyId, ofKey] of [...this.#keys]) {
      if (ofKey.ownerId === ownerId) this.#notifyKey(ofKey, { keyId, keyVersion: null, action });
      else if (ofKey.ownerId === null) this.#notifyKey(ofKey, null);
    }
  }

  #notifyKey(ofKey: KeyListeners | undefined, event: KeyEvent | null): void {
    for (const listener of [...(ofKey?.listeners ?? [])]) {
      // A listener may have removed another one.
      if (ofKey?.listeners.has(listener) === true) this.#call(listener, event);
    }
  }

  notifyAll(): void {
    const all = [...this.#keys.values()].flatMap(({ listeners }) => [...listeners]);
    for (const listener of all) this.#call(listener, null);
  }

  /** A listener of the app that throws must not keep changes from being applied. */
  #call(listener: ChangeListener, change: KeyEvent | null): void {
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

/** Without what only the feed knows of a change. */
function toKeyEvent({ keyId, keyVersion, action }: KeyChange): KeyEvent {
  return { keyId, keyVersion, action };
}
