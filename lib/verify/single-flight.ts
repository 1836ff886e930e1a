/** A read of a key that is in flight. */
export interface InFlightRead<T> {
  readonly result: Promise<T>;
  /** The key has changed meanwhile: the result reaches only the callers that wait already, and is not cached. */
  isDetached: boolean;
}

/** Lets concurrent callers share one read of a key. Use it only while changes of the key are learned of in time. */
export class SingleFlight<T> {
  readonly #inFlight = new Map<string, InFlightRead<T>>();

  /** Joins the read that is in flight, or starts one. */
  join(keyId: string, read: (inFlight: InFlightRead<T>) => Promise<T>): Promise<T> {
    const running = this.#inFlight.get(keyId);
    if (running !== undefined) return running.result;
    const inFlight: { isDetached: boolean; result: Promise<T> } = { isDetached: false, result: never };
    inFlight.result = read(inFlight).finally(() => {
      if (this.#inFlight.get(keyId) === inFlight) this.#inFlight.delete(keyId);
    });
    this.#inFlight.set(keyId, inFlight);
    return inFlight.result;
  }

  forget(keyId: string): void {
    const inFlight = this.#inFlight.get(keyId);
    if (inFlight === undefined) return;
    inFlight.isDetached = true;
    this.#inFlight.delete(keyId);
  }

  forgetAll(): void {
    for (const inFlight of this.#inFlight.values()) inFlight.isDetached = true;
    this.#inFlight.clear();
  }
}

const never = new Promise<never>(() => undefined);
