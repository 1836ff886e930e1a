import { withDeadline } from '../deadline.js';

/** How one value is read by its key. */
export type ReadOne<T> = (key: string) => Promise<T>;

interface KeyReads<T> {
  running: Promise<T>;
  /** Nothing was asked for yet: callers may still join. */
  isWaiting: boolean;
  /** Begins when the running read has ended; everyone who comes in between shares it. */
  next: Promise<T> | null;
}

/** Longest that a caller waits who has to wait for somebody else's read first, in milliseconds. */
const maxWaitMs = 1_000;

/**
 * Shares reads between callers who ask for the same key at the same time, without ever giving a caller an answer that
 * was asked for before the caller came: who joins while a read is running waits for the one after it. So a thousand
 * simultaneous requests cost two reads, and a request that is sent after a change was confirmed sees that change.
 * A read that fails, fails for those who wait for it and is not remembered. Two reads in a row may take twice their
 * deadline; no caller waits that long.
 */
export class SingleFlightFresh<T> {
  readonly #read: ReadOne<T>;
  readonly #flights = new Map<string, KeyReads<T>>();

  constructor(read: ReadOne<T>) {
    this.#read = read;
  }

  get(key: string): Promise<T> {
    const flights = this.#flights.get(key);
    if (flights === undefined) return this.#start(key);
    if (flights.isWaiting) return flights.running;
    flights.next ??= this.#after(flights.running, key);
    return withDeadline(flights.next, maxWaitMs, 'Reading anew');
  }

  #start(key: string): Promise<T> {
    const running = Promise.resolve().then(() => {
      flights.isWaiting = false;
      return this.#read(key);
    });
    const flights: KeyReads<T> = { running, isWaiting: true, next: null };
    this.#flights.set(key, flights);
    const land = (): void => {
      if (flights.next === null) this.#flights.delete(key);
    };
    running.then(land, land);
    return running;
  }

  #after(running: Promise<T>, key: string): Promise<T> {
    return running.then(
      () => this.#start(key),
      (error: unknown) => {
        // Nobody is let in by a failure, so those who came meanwhile may share it, and wait no second time.
        this.#flights.delete(key);
        throw error;
      },
    );
  }
}
