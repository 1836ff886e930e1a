/** Runs one piece of work at a time, in the order of arrival. */
export class Mutex {
  #last: Promise<unknown> = Promise.resolve();

  pass<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    // A failure is reported only to its caller; the next work runs all the same.
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Settles when all work that was passed so far has settled; never rejects. */
  async empty(): Promise<void> {
    await this.#last;
  }
}
