import { withDeadline } from '../deadline.js';

/** Reads one value by its key. */
export type ReadOne<T> = (key: string) => Promise<T>;

interface KeyReads<T> {
  running: Promise<T>;
  /** The read has not been sent yet: callers may still join it. */
  isWaiting: boolean;
  /** Starts when the running read has settled; all callers that come meanwhile share it. */
  next: Promise<T> | null;
}

/** How long a caller waits that has to wait for another caller's read first, in milliseconds. */
const maxWaitMs = 1_000;

/**
 * Shares reads between concurrent callers of the same key, without ever giving a caller a result that was requested
 * before the caller came: a caller that joins while a read is running waits for the next one. So a thousand concurrent
 * requests cost two reads, and a request that is sent after a change was confirmed sees that change.
 * A read that fails, fails for the callers that wait for it and is not cached. Two reads in a row may take twice their
 * deadline; no caller waits that long.
 */
export class SingleFlightFresh<T> {
  readonly #read: ReadOne<T>;
  readonly #reads = new Map<string, KeyReads<T>>();

  constructor(read: ReadOne<T>) {
    this.#read = read;
  }

  get(key: string): Promise<T> {
    const reads = this.#reads.get(key);
    if (reads === undefined) return this.#start(key);
    if (reads.isWaiting) return reads.running;
    reads.next ??= this.#startAfter(reads.running, key);
    return withDeadline(reads.next, maxWaitMs, 'Waiting for a fresh read');
  }

  #start(key: string): Promise<T> {
    const running = Promise.resolve().then(() => {
      reads.isWaiting = false;
      return this.#read(key);
    });
    const reads: KeyReads<T> = { running, isWaiting: true, next: null };
    this.#reads.set(key, reads);
    const settle = (): void => {
      if (reads.next === null) this.#reads.delete(key);
    };
    running.then(settle, settle);
    return running;
  }

  #startAfter(running: Promise<T>, key: string): Promise<T> {
    return running.then(
      () => this.#start(key),
      (error: unknown) => {
        // A failure authenticates nobody, so callers that came meanwhile may share it instead of waiting a second time.
        this.#reads.delete(key);
        throw error;
      },
    );
  }
}
