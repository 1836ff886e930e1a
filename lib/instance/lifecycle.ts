import { ApiKeysError } from '../errors.js';

/** How long after a failed start the next one may begin, in milliseconds. */
const restartPauseMs = 1_000;

/** Starting and stopping of one instance. It starts when it is first used, and once only. */
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
   * @param onFailedStart - is told of failures that nobody waited for
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

  /** Starts, or waits for the start that is under way. After a failure it may be called again. */
  ready(): Promise<T> {
    if (this.#closing !== null) {
      return Promise.reject(new ApiKeysError('unavailable', { cause: new Error('closed') }));
    }
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
   * @throws ApiKeysError `unavailable` before; the start is then under way in the background
   */
  requireStarted(): T {
    const { started } = this;
    if (started !== null) return started;
    const isStarting = this.#starting !== null;
    if (!isStarting && this.#closing === null && performance.now() - this.#failedAt >= restartPauseMs) {
      // Whoever calls ready() is told why a start failed; requests are only told to come again.
      this.ready().catch(this.#onFailedStart);
    }
    throw new ApiKeysError('unavailable', { cause: new Error('not ready yet: await apiKeys.ready()') });
  }

  /** Stops for good. Waits for a start that is under way. Every call waits for the same end. */
  close(): Promise<void> {
    this.#closing ??= this.#close(this.#starting);
    return this.#closing;
  }

  async #close(starting: Promise<T> | null): Promise<void> {
    const started = await starting?.catch(() => null);
    if (started !== null && started !== undefined) await this.#stop(started);
  }
}
