/** Time between two checks, and so how long Redis is left alone after it failed, in milliseconds. */
const checkEveryMs = 1000;

/**
 * How Redis may be asked: not at all, only to read, or with a check, which reads and finds out whether Redis takes
 * writes.
 */
export type BreakerPass = 'none' | 'read' | 'check';

/**
 * Spares requests the wait for a Redis that is away: after a failure nobody asks for a second, then one checks and the
 * others go on without until it has an answer. While all is well, one a second checks and the others read.
 *
 * It is open (Redis is not used) until Redis was heard to take writes, and again from a failure until the next time.
 */
export class Breaker {
  #isOpen = true;
  #nextCheckAt = 0;

  /** How the caller may ask. Who checks must report how it went. */
  tryPass(): BreakerPass {
    const now = performance.now();
    if (now >= this.#nextCheckAt) {
      // A check that never reports does not lock others out for good.
      this.#nextCheckAt = now + checkEveryMs;
      return 'check';
    }
    return this.#isOpen ? 'none' : 'read';
  }

  /** Whether the last word from Redis was bad, or there was none yet. */
  isOpen(): boolean {
    return this.#isOpen;
  }

  failed(): void {
    this.#isOpen = true;
    this.#nextCheckAt = performance.now() + checkEveryMs;
  }

  /** To be called for what a replica would have refused. An answer to a read alone does not close the breaker. */
  worked(): void {
    this.#isOpen = false;
    this.#nextCheckAt = performance.now() + checkEveryMs;
  }
}
