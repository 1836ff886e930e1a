import { ApiKeysError } from './errors.js';

/** How long after a failed start the next one may begin, in milliseconds. */
const restartPauseMs = 1_000;

/** Starting and stopping of one instance. It starts when it is first used, and once only. */
export class Lifecycle<T> {
  readonly #start: () => Promise<T>;
  readonly #stop: (started: T) => Promise<void>;
  #starting: Promise<T> | null = null;
  #started: T | null = null;
  #failedAt = -Infinity;
  #isClosed = false;

  constructor(start: () => Promise<T>, stop: (started: T) => Promise<void>) {
    this.#start = start;
    this.#stop = stop;
  }

  /** What was started; `null` before and after. */
  get started(): T | null {
    return this.#isClosed ? null : this.#started;
  }

  /** Starts, or waits for the start that is under way. After a failure it may be called again. */
  ready(): Promise<T> {
    if (this.#isClosed) {
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
    if (!this.#isClosed && performance.now() - this.#failedAt >= restartPauseMs) {
      // Whoever calls ready() is told why a start failed; requests are told to come again.
      this.ready().catch(() => undefined);
    }
    throw new ApiKeysError('unavailable', { cause: new Error('not ready yet: await apiKeys.ready()') });
  }

  /** Stops for good. Waits for a start that is under way. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    const starting = this.#starting;
    this.#isClosed = true;
    const started = await starting?.catch(() => null);
    if (started !== null && started !== undefined) await this.#stop(started);
  }
}
