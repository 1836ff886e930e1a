import { ApiKeysError } from '../errors.js';

/** The time after a failed start until a request starts the instance again, in milliseconds. */
const restartPauseMs = 1_000;

/** The lifecycle of one instance: it is started once, on first use, and stopped once. */
export class Lifecycle<T> {
  readonly #start: () => Promise<T>;
  readonly #stop: (started: T) => Promise<void>;
  #starting: Promise<T> | null = null;
  #started: T | null = null;
  #failedAt = -Infinity;
  #closing: Promise<void> | null = null;
  readonly #onFailedStart: (error: unknown) => void;

  /**
   * @param start - cleans up after itself when it fails
   * @param onFailedStart - called with the error of a start that a request caused: no caller awaits it
   */
  constructor(
    start: () => Promise<T>,
    stop: (started: T) => Promise<void>,
    onFailedStart: (error: unknown) => void,
  ) {
    this.#start = start;
    this.#stop = stop;
    this.#onFailedStart = onFailedStart;
  }

  /** What was started; `null` before and after. */
  get started(): T | null {
    return this.#closing === null ? this.#started : null;
  }

  /**
   * Starts, or waits for the start in progress. After a failure it may be called again.
   *
   * @throws ApiKeysError `unavailable`, by a rejection, after `close()`
   */
  ready(): Promise<T> {
    if (this.#closing !== null) return Promise.reject(createClosedError());
    this.#starting ??= this.#start().then(
      (started) => {
        this.#started = started;
        return started;
      },
      (error: unknown) => {
        this.#starting = null;
        this.#failedAt = performance.now();
        throw error;
      },
    );
    return this.#starting;
  }

  /**
   * What was started.
   *
   * @throws ApiKeysError `unavailable` before, while the start runs in the background, and after `close()`
   */
  requireStarted(): T {
    const { started } = this;
    if (started !== null) return started;
    if (this.#closing !== null) throw createClosedError();
    const isStarting = this.#starting !== null;
    if (!isStarting && performance.now() - this.#failedAt >= restartPauseMs) {
      // A caller of ready() gets the reason of a failed start; requests only get a 503.
      this.ready().catch(this.#onFailedStart);
    }
    throw new ApiKeysError('unavailable', { cause: new Error('not ready yet: await apiKeys.ready()') });
  }

  /** Stops for good, after a start in progress. Every call waits for the same stop. */
  close(): Promise<void> {
    this.#closing ??= this.#close(this.#starting);
    return this.#closing;
  }

  async #close(starting: Promise<T> | null): Promise<void> {
    const started = await starting?.catch(() => null);
    if (started !== null && started !== undefined) await this.#stop(started);
  }
}

/** The cause is what is logged for a request; the message is what code gets. Neither is sent to callers. */
function createClosedError(): ApiKeysError {
  const detail =
    'apiKeys.close() was called, and an instance that was closed cannot be used again. ' +
    'Create another one with createApiKeys, or close this one later.';
  return new ApiKeysError('unavailable', { detail, cause: new Error(detail) });
}
