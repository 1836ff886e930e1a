import { dayMs } from '../domain/day-ms.js';
import type { Moment } from '../feed/lease.js';
import type { Clock } from '../ports/clock.js';
import type { AttemptOutcome } from './attempt.js';

/** After the second failure in a row; twice as long after each further one, up to the longest. In milliseconds. */
const firstPauseMs = 2_000;
const maxPauseMs = 60_000;

/**
 * How long nothing is attempted because the receiver as a whole fails, so that one that is down or wants to be left alone does not
 * get everything that waits, one event after the other. A failure that is the fault of one event pauses nothing.
 */
export class ReceiverPause {
  readonly #clock: Clock;
  #until: Moment | null = null;
  #failures = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether attempts may be made: by either clock, so that one that is set back prolongs nothing. */
  isOver(): boolean {
    if (this.#until === null) return true;
    return performance.now() >= this.#until.monotonic || this.#clock.now() >= this.#until.wall;
  }

  /** Ends it. */
  end(): void {
    this.#until = null;
    this.#failures = 0;
  }

  /** Notes what came of an attempt. */
  note(outcome: AttemptOutcome): void {
    if (outcome.kind === 'taken' || outcome.isReceiverDown !== true) {
      // It is there. What is being waited for after `Retry-After` is waited for all the same.
      this.#failures = 0;
      return;
    }
    const { retryAfterMs = 0 } = outcome;
    const isPaused = !this.isOver();
    // Of attempts that were in progress together, the first one counts.
    if (!isPaused) this.#failures += 1;
    const pauseMs = this.#failures < 2 ? 0 : Math.min(maxPauseMs, firstPauseMs * 2 ** (this.#failures - 2));
    const lengthMs = Math.max(isPaused ? 0 : pauseMs, Math.min(retryAfterMs, dayMs));
    const monotonic = performance.now() + lengthMs;
    if (isPaused && this.#until !== null && this.#until.monotonic >= monotonic) return;
    this.#until = { monotonic, wall: this.#clock.now() + lengthMs };
  }
}
