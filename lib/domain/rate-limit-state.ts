import type { RateLimit } from './rate-limit.js';

/** How a window stands after a request was counted, or refused. */
export interface RateLimitState extends RateLimit {
  /** How much is left in the running window. */
  readonly remaining: number;
  /** When the running window ends, in whole seconds from now, rounded up. */
  readonly resetSeconds: number;
}
