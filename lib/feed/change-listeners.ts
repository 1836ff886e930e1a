import type { ApiKeyRecord } from '../domain/api-key.js';
import type { Change, KeyChange, KeyEvent } from '../domain/key-change.js';
import { KeyIndex } from '../domain/key-index.js';
import type { Logger } from '../ports/logger.js';

/**
 * Called with a change of a key, of its owner, or of a key above it; with `null` when it is unknown what has changed, because this process was paused or
 * cut off for longer than its lease, or the database was restored from a backup: then every key may have changed.
 */
export type ChangeListener = (change: KeyEvent | null) => void;

/** The listeners of one key. */
interface KeyListeners {
  /** `null` while it is not known whose key it is, and which keys are above it. */
  place: KeyPlace | null;
  readonly listeners: Set<ChangeListener>;
}

/** What else concerns a key: it never changes. */
export interface KeyPlace {
  /** `null` for a key that does not exist. */
  readonly ownerId: string | null;
  /** The ids of the keys above it. */
  readonly ancestorIds: readonly string[];
}

/** The place of a key that was read. */
export function getKeyPlace(key: Pick<ApiKeyRecord, 'ownerId' | 'ancestors'> | null): KeyPlace {
  return { ownerId: key?.ownerId ?? null, ancestorIds: key?.ancestors.map(({ id }) => id) ?? [] };
}

/** Listeners for changes of single keys, for connections that stay open and handlers that run for long. */
export class ChangeListeners {
  readonly #logger: Logger;
  readonly #keys = new Map<string, KeyListeners>();
  /** The keys with listeners, by the keys above them. */
  readonly #byAncestor = new KeyIndex();
  /** The keys with listeners whose place is not known yet. */
  readonly #unplaced = new Set<string>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Whether anything is notified of changes. */
  get isEmpty(): boolean {
    return this.#keys.size === 0;
  }

  /**
   * @param place - the place of the key; `null` when it is not known yet
   * @returns removes the listener
   */
  add(keyId: string, listener: ChangeListener, place: KeyPlace | null = null): () => void {
    // Wrapped, so that a function that is added twice is called twice, and removed once at a time.
    const callListener: ChangeListener = (change) => listener(change);
    const ofKey: KeyListeners = this.#keys.get(keyId) ?? { place: null, listeners: new Set() };
    ofKey.listeners.add(callListener);
    this.#keys.set(keyId, ofKey);
    if (place !== null) this.setPlace(keyId, place);
    else if (ofKey.place === null) this.#unplaced.add(keyId);
    return () => {
      ofKey.listeners.delete(callListener);
      if (ofKey.listeners.size === 0 && this.#keys.get(keyId) === ofKey) this.#remove(keyId, ofKey);
    };
  }

  /** Records whose key it is, and which keys are above it: neither ever changes. */
  setPlace(keyId: string, place: KeyPlace): void {
    const ofKey = this.#keys.get(keyId);
    if (ofKey === undefined || ofKey.place !== null) return;
    ofKey.place = place;
    this.#unplaced.delete(keyId);
    for (const id of place.ancestorIds) this.#byAncestor.add(id, keyId);
  }

  #remove(keyId: string, { place }: KeyListeners): void {
    this.#keys.delete(keyId);
    this.#unplaced.delete(keyId);
    for (const id of place?.ancestorIds ?? []) this.#byAncestor.remove(id, keyId);
  }

  /** Where the place of a key is not known yet, what has changed is unknown as well. */
  notify(change: Change): void {
    const { action } = change;
    const isAlsoOf =
      change.keyId === null ? this.#listOfOwner(change.ownerId) : this.#byAncestor.list(change.keyId);
    const unplaced = [...this.#unplaced].filter((keyId) => keyId !== change.keyId);
    if (change.keyId !== null) this.#notifyKey(this.#keys.get(change.keyId), toKeyEvent(change));
    for (const keyId of isAlsoOf) this.#notifyKey(this.#keys.get(keyId), { keyId, keyVersion: null, action });
    for (const keyId of unplaced) this.#notifyKey(this.#keys.get(keyId), null);
  }

  #listOfOwner(ownerId: string): readonly string[] {
    return [...this.#keys].filter(([, { place }]) => place?.ownerId === ownerId).map(([keyId]) => keyId);
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
