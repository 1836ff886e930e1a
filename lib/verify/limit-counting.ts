import { ApiKeysError } from '../errors.js';
import type { CountedDemand, LimitDemand, RateLimiter } from '../ports/rate-limiter.js';

/** A limiter that counts for this process alone; it always returns a result. */
export interface LocalLimiter extends RateLimiter {
  count(demand: LimitDemand): CountedDemand;
}

/** What was counted, and the limiter to give it back to. */
export interface Counted {
  readonly result: CountedDemand;
  readonly by: RateLimiter;
}

/**
 * Where requests are counted at this moment: in the counters of all processes, in those of some of them while others
 * count elsewhere, in this process alone, or nowhere, so that keys with limits are refused.
 */
export type LimitCountingMode = 'shared' | 'split' | 'process' | 'refused';

/** Counts requests, also while the shared counters are unreachable. */
export interface LimitCounting {
  /**
   * @throws ApiKeysError `unavailable`, also by a rejection, when the request cannot be counted and must not pass
   * uncounted
   */
  count(demand: LimitDemand): Counted | Promise<Counted>;
  mode(): LimitCountingMode;
}

/**
 * Counts in the shared limiter. While that is unreachable, every process counts for itself, so that limits hold at
 * least per process and no key is ever unlimited; or, with `deny`, keys with limits are refused.
 *
 * @param shared - `null` when there is none; then this process counts for itself
 */
export function createLimitCounting(
  shared: RateLimiter | null,
  own: LocalLimiter,
  onOutage: 'per-process' | 'deny',
): LimitCounting {
  const countLocally = (demand: LimitDemand): Counted => ({ result: own.count(demand), by: own });

  if (shared === null) return { count: countLocally, mode: () => 'process' };

  function countWithoutShared(demand: LimitDemand): Counted {
    if (onOutage === 'per-process') return countLocally(demand);
    throw new ApiKeysError('unavailable', { cause: new Error('Limits cannot be counted (limits.onOutage)') });
  }

  return {
    count(demand) {
      const counted = shared.count(demand);
      if (counted === null) return countWithoutShared(demand);
      if (!(counted instanceof Promise)) return { result: counted, by: shared };
      return counted.then((result) =>
        result === null ? countWithoutShared(demand) : { result, by: shared },
      );
    },

    mode() {
      if (shared.isUp()) return 'shared';
      return onOutage === 'deny' ? 'refused' : 'process';
    },
  };
}
