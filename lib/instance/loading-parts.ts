/** Parts of the package that are being loaded for what the app has mounted. */
export class LoadingParts {
  readonly #parts = new Set<Promise<unknown>>();

  /** Adds a part. The caller that uses it gets the error when it cannot be loaded. */
  add(part: Promise<unknown>): void {
    this.#parts.add(part);
    part.then(
      () => this.#parts.delete(part),
      // It stays, so that `wait` rejects.
      () => undefined,
    );
  }

  /** Waits until all parts are loaded. Rejects with the error of one that cannot be. */
  async wait(): Promise<void> {
    await Promise.all(this.#parts);
  }
}
