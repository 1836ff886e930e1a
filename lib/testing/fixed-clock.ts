import type { Clock } from '../ports/clock.js';

/** A clock that stands still until it is set or advanced. */
export interface FixedClock extends Clock {
  /** Sets the time, as epoch milliseconds or `Date`. */
  set(time: number | Date): void;
  /** Moves the time forward (or back, when negative). */
  advance(milliseconds: number): void;
}

/**
 * Creates a clock that stands still until it is set or advanced.
 *
 * @param at - epoch milliseconds or `Date`; 2026-01-01T00:00:00Z if omitted
 *
 * @example
 * const clock = fixedClock(new Date('2030-01-01'));
 * clock.advance(60_000);
 */
export function fixedClock(at: number | Date = Date.UTC(2026, 0, 1)): FixedClock {
  let time = at.valueOf();
  return {
    now: () => time,
    set: (to) => {
      time = to.valueOf();
    },
    advance: (milliseconds) => {
      time += milliseconds;
    },
  };
}
