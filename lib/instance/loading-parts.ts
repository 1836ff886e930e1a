/** Loads a part, or returns the one that is loaded already. */
export type LoadPart = () => Promise<unknown>;

/** Parts of the package that are being loaded for what the app has mounted. */
export class LoadingParts {
  readonly #missing = new Set<LoadPart>();

  /**
   * Begins to load a part. The caller that uses it gets the error when it cannot be loaded.
   *
   * @param load - called again after a failure
   */
  add(load: LoadPart): void {
    this.#missing.add(load);
    // It stays, so that `wait` tries again.
    this.#load(load).catch(() => undefined);
  }

  /** Waits until all parts are loaded. Rejects with the error of one that cannot be; the next call tries again. */
  async wait(): Promise<void> {
    await Promise.all([...this.#missing].map((load) => this.#load(load)));
  }

  async #load(load: LoadPart): Promise<void> {
    await load();
    this.#missing.delete(load);
  }
}
