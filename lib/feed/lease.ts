import type { Clock } from '../ports/clock.js';

/** A moment on the two clocks that a lease is measured with, in milliseconds. */
export interface Moment {
  readonly monotonic: number;
  readonly wall: number;
}

/**
 * The right of this process to use what it holds without asking the store, and to believe what the store says. It begins when a beat is sent and ends by
 * itself: whoever hears nothing from the store for so long may have missed a change, and others stop waiting for it.
 *
 * Two clocks, because each stands still at times: the monotonic one while a machine is suspended, the wall clock when it
 * is set back.
 */
export class Lease {
  readonly lengthMs: number;
  readonly #clock: Clock;
  #from: Moment = never;

  constructor(lengthMs: number, clock: Clock) {
    this.lengthMs = lengthMs;
    this.#clock = clock;
  }

  /** To be read before a beat is sent. */
  moment(): Moment {
    return { monotonic: performance.now(), wall: this.#clock.now() };
  }

  /** Begins anew at the moment at which a beat was sent whose answer is applied. */
  renew(sentAt: Moment): void {
    this.#from = sentAt;
  }

  /** Ends at once. */
  end(): void {
    this.#from = never;
  }

  /** @param wallNow - wall clock in milliseconds, for callers who have just read it */
  isHeld(wallNow: number = this.#clock.now()): boolean {
    return (
      performance.now() - this.#from.monotonic < this.lengthMs && wallNow - this.#from.wall < this.lengthMs
    );
  }
}

const never: Moment = { monotonic: -Infinity, wall: -Infinity };
