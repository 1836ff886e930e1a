import { ApiKeysError } from '../errors.js';

/**
 * The remaining time of one call of the store. Measured on the monotonic clock, so that setting the time changes
 * nothing.
 */
export class TimeBudget {
  readonly #end: number;

  constructor(milliseconds: number) {
    this.#end = performance.now() + milliseconds;
  }

  /** Milliseconds, 0 when the deadline has passed. */
  get remainingMs(): number {
    return Math.max(0, this.#end - performance.now());
  }

  /**
   * Stops work whose caller has already received a timeout.
   *
   * @throws ApiKeysError `ERR_API_KEYS_UNAVAILABLE` past the deadline
   */
  check(): void {
    if (this.remainingMs > 0) return;
    throw new ApiKeysError('unavailable', {
      cause: new Error('The deadline passed before the work was done'),
    });
  }
}
