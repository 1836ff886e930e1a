/** One reading of a key that is under way. */
export interface InFlightRead<T> {
  readonly result: Promise<T>;
  /** A change of the key came in between: what is read reaches only those who wait already, and is not kept. */
  isDetached: boolean;
}

/** Lets simultaneous callers share one reading of a key. To be used only while changes of the key are heard of in time. */
export class SingleFlight<T> {
  readonly #flights = new Map<string, InFlightRead<T>>();

  /** Joins the reading that is under way, or begins one. */
  join(keyId: string, read: (flight: InFlightRead<T>) => Promise<T>): Promise<T> {
    const underWay = this.#flights.get(keyId);
    if (underWay !== undefined) return underWay.result;
    const flight: { isDetached: boolean; result: Promise<T> } = { isDetached: false, result: never };
    flight.result = read(flight).finally(() => {
      if (this.#flights.get(keyId) === flight) this.#flights.delete(keyId);
    });
    this.#flights.set(keyId, flight);
    return flight.result;
  }

  forget(keyId: string): void {
    const flight = this.#flights.get(keyId);
    if (flight === undefined) return;
    flight.isDetached = true;
    this.#flights.delete(keyId);
  }

  forgetAll(): void {
    for (const flight of this.#flights.values()) flight.isDetached = true;
    this.#flights.clear();
  }
}

const never = new Promise<never>(() => undefined);
