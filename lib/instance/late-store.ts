import type { ChangeLane, KeyStore } from '../ports/key-store.js';

/** A store whose code is loaded when the instance starts: until then an app does not pay for what it may never open. */
export class LateStore {
  readonly #create: () => Promise<KeyStore>;
  #loading: Promise<KeyStore> | null = null;
  #store: KeyStore | null = null;

  /** @param create - loads the code and creates the store; called again after a failure */
  constructor(create: () => Promise<KeyStore>) {
    this.#create = create;
  }

  /** Returns the store, always the same one. Nothing is opened yet. */
  load(): Promise<KeyStore> {
    this.#loading ??= this.#create().then(
      (store) => (this.#store = store),
      (error: unknown) => {
        this.#loading = null;
        throw error;
      },
    );
    return this.#loading;
  }

  /** How many changes wait in this process: none before there is a store. */
  countWaitingChanges(): Readonly<Record<ChangeLane, number>> {
    return this.#store?.countWaitingChanges?.() ?? { taking: 0, giving: 0 };
  }
}
