import type { RateLimit } from '../domain/rate-limit.js';

/** A window of a subject. */
export interface CountedLimit extends RateLimit {
  /** Its name for callers, where that differs from that of the counter. */
  readonly shownAs?: string;
}

/** The subject of a set of counters: a key, or an owner with all keys. */
export interface LimitSubject {
  /** Contains no braces, blanks or colons; the same in all processes. */
  readonly name: string;
  /** At least one; their names distinguish the counters of a subject. */
  readonly limits: readonly CountedLimit[];
}

/** The windows that a request counts against together: all of them or none. */
export interface LimitDemand {
  /** The place of the counters: subjects of one owner share a place, so that one step can count them all. */
  readonly place: string;
  /** At least one. */
  readonly subjects: readonly LimitSubject[];
  /** How much of each window the request takes, at least 1. */
  readonly cost: number;
}

/** The state of one window. */
export interface CountedWindow {
  readonly policy: CountedLimit;
  /** How much of the running window is used, including this request if it was counted. */
  readonly used: number;
  /** The time until the running window ends, in milliseconds. */
  readonly leftMs: number;
  /** When it ends, on the clock of the limiter; distinguishes windows. */
  readonly endsAt: number;
  /** Whether this window is why the request was not counted. */
  readonly isViolated: boolean;
}

/** The result of a demand. */
export interface CountedDemand {
  /** `false` when at least one window had too little left; then nothing was counted anywhere. */
  readonly isWithin: boolean;
  /** In the order of the subjects and of their limits. */
  readonly windows: readonly CountedWindow[];
}

/**
 * Counts requests in windows. A window begins with the first request that counts against it and ends `windowSeconds`
 * later, whatever comes meanwhile. When the limit of a window is changed, its count is kept; a shorter window ends
 * sooner.
 */
export interface RateLimiter {
  /**
   * Checks whether every window has `cost` left and, only if so, takes it from all of them, in one step. Returns or
   * resolves to `null` when that could not be determined; then something may have been taken. Never rejects.
   */
  count(demand: LimitDemand): CountedDemand | null | Promise<CountedDemand | null>;
  /** Gives back what was taken, as far as its windows are still running. Not waited for. */
  giveBack(demand: LimitDemand, counted: CountedDemand): void;
  /** Whether it can be used now. */
  isUp(): boolean;
}
