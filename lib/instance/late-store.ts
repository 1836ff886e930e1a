import { memoizeSuccess } from '../domain/memoize-success.js';
import { ApiKeysError, InvalidOptionError } from '../errors.js';
import type { ChangeLane, KeyStore } from '../ports/key-store.js';

/** A store whose code is loaded when the instance starts: until then an app does not pay for what it may never open. */
export class LateStore {
  readonly #load: () => Promise<KeyStore>;
  #store: KeyStore | null = null;

  /** @param create - loads the code and creates the store; called again after a failure */
  constructor(create: () => Promise<KeyStore>) {
    this.#load = memoizeSuccess(async () => {
      try {
        this.#store = await create();
        return this.#store;
      } catch (error) {
        throw error instanceof InvalidOptionError ? error : new ApiKeysError('unavailable', { cause: error });
      }
    });
  }

  /**
   * Returns the store, always the same one. Nothing is opened yet.
   *
   * @throws ApiKeysError `unavailable` when the code cannot be loaded now, InvalidOptionError for what a retry does not fix
   */
  load(): Promise<KeyStore> {
    return this.#load();
  }

  /** How many changes wait in this process: none before there is a store. */
  countWaitingChanges(): Readonly<Record<ChangeLane, number>> {
    return this.#store?.countWaitingChanges?.() ?? { taking: 0, narrowing: 0, giving: 0 };
  }
}
