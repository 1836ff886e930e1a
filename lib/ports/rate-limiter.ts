import type { RateLimit } from '../domain/rate-limit.js';

/** What shares counters: a key, or an owner with all keys. */
export interface LimitSubject {
  /** Without braces, blanks and colons; the same for all processes. */
  readonly name: string;
  /** At least one; their names tell the counters of a subject apart. */
  readonly limits: readonly RateLimit[];
}

/** What is counted together, all of it or nothing. */
export interface LimitDemand {
  /** Names the place of the counters: subjects of one owner have one place, so that one step can count them all. */
  readonly place: string;
  /** At least one. */
  readonly subjects: readonly LimitSubject[];
  /** How much of each window a request takes, at least 1. */
  readonly cost: number;
}

/** How one window stands. */
export interface CountedWindow {
  readonly policy: RateLimit;
  /** Taken from the running window, this request included if it was counted. */
  readonly used: number;
  /** Until the running window ends, in milliseconds. */
  readonly leftMs: number;
  /** When it ends, on the clock of whoever counts; tells windows apart. */
  readonly endsAt: number;
  /** Whether this window is why the request was not counted. */
  readonly isViolated: boolean;
}

/** What became of a demand. */
export interface CountedDemand {
  /** `false`: at least one window had not enough left, and nothing was counted anywhere. */
  readonly isWithin: boolean;
  /** In the order of the subjects and of their limits. */
  readonly windows: readonly CountedWindow[];
}

/**
 * Counts requests in windows. A window begins with the first request that is counted in it and ends `windowSeconds`
 * later, whatever comes meanwhile. Whoever changes the limit of a window keeps what was counted in it; a shorter window
 * ends the sooner.
 */
export interface RateLimiter {
  /**
   * Looks whether every window has `cost` left and, only if so, takes it from all of them, in one step. `null`, also by
   * and by: it could not be found out, and something may have been taken. Never rejects.
   */
  count(demand: LimitDemand): CountedDemand | null | Promise<CountedDemand | null>;
  /** Gives back what was taken, as far as its windows still run. Nobody waits for it. */
  giveBack(demand: LimitDemand, counted: CountedDemand): void;
  /** Whether it can be asked now. */
  isUp(): boolean;
}
