import type { Clock } from '../ports/clock.js';

/**
 * The longest time between two looks while nothing is known to be due, in milliseconds: other processes may let dead deliveries wait
 * again, and clocks may be set back.
 */
const maxBlindMs = 5_000;

/** When it is worth a query to look for deliveries that are due: at once after whatever can make one due, else when one will be. */
export class NextLook {
  readonly #clock: Clock;
  #isWanted = true;
  #lookedAt = -Infinity;
  /** When deliveries are attempted again, epoch milliseconds. Those in the past were part of a query. */
  #dueAts: readonly number[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Something may be due now. */
  want(): void {
    this.#isWanted = true;
  }

  /** Something will be due then, epoch milliseconds. */
  wantAt(dueAt: number): void {
    this.#dueAts = [...this.#dueAts, dueAt];
  }

  isNow(): boolean {
    if (this.#isWanted || performance.now() - this.#lookedAt >= maxBlindMs) return true;
    const now = this.#clock.now();
    return this.#dueAts.some((dueAt) => dueAt <= now);
  }

  /** To be called before the query: what becomes due while it runs needs another one. */
  begin(): void {
    const now = this.#clock.now();
    this.#isWanted = false;
    this.#lookedAt = performance.now();
    this.#dueAts = this.#dueAts.filter((dueAt) => dueAt > now);
  }
}
