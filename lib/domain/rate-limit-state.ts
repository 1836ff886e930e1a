import type { RateLimit } from './rate-limit.js';

/** The state of a rate limit window after a request was counted or refused. */
export interface RateLimitState extends RateLimit {
  /** How much is left in the current window. */
  readonly remaining: number;
  /** When the current window ends, in whole seconds from now, rounded up. */
  readonly resetSeconds: number;
}
