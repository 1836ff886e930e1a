/** Lets one piece of work through at a time, in the order of arrival. */
export class Mutex {
  #last: Promise<unknown> = Promise.resolve();

  pass<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    // A failure is for the one who passed; the next one goes through all the same.
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Settles when everybody who has arrived so far is through; never rejects. */
  async empty(): Promise<void> {
    await this.#last;
  }
}
