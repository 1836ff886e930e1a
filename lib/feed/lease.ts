import type { Clock } from '../ports/clock.js';

/** A moment on the two clocks that a lease is measured with, in milliseconds. */
export interface Moment {
  readonly monotonic: number;
  readonly wall: number;
}

/**
 * The right of this process to use its caches without querying the store, and to trust what the store returns. It
 * begins when a beat is sent and expires by itself: a process without an answer from the store for so long may have
 * missed a change, and the others stop waiting for it.
 *
 * Two clocks, because each stands still at times: the monotonic one while a machine is suspended, the wall clock when
 * it is set back.
 */
export class Lease {
  readonly lengthMs: number;
  readonly #clock: Clock;
  #from: Moment = never;

  constructor(lengthMs: number, clock: Clock) {
    this.lengthMs = lengthMs;
    this.#clock = clock;
  }

  /** Read it before a beat is sent. */
  moment(): Moment {
    return { monotonic: performance.now(), wall: this.#clock.now() };
  }

  /** Restarts the lease at the moment at which the beat was sent whose answer has been applied. */
  renew(sentAt: Moment): void {
    this.#from = sentAt;
  }

  /** Expires it at once. */
  end(): void {
    this.#from = never;
  }

  /** How long ago the beat was sent that began it, in whole milliseconds, by the clock that says more; `null` after its end by {@link end}. */
  ageMs(): number | null {
    if (this.#from === never) return null;
    const { monotonic, wall } = this.moment();
    return Math.round(Math.max(0, monotonic - this.#from.monotonic, wall - this.#from.wall));
  }

  /** @param wallNow - wall clock in milliseconds, for callers who have just read it */
  isHeld(wallNow: number = this.#clock.now()): boolean {
    return (
      performance.now() - this.#from.monotonic < this.lengthMs && wallNow - this.#from.wall < this.lengthMs
    );
  }
}

const never: Moment = { monotonic: -Infinity, wall: -Infinity };
