import { ApiKeysError } from '../errors.js';
import type { CountedDemand, LimitDemand, RateLimiter } from '../ports/rate-limiter.js';

/** What counts for this process alone; it always answers. */
export interface OwnLimiter extends RateLimiter {
  count(demand: LimitDemand): CountedDemand;
}

/** What was counted, and who has to be given it back. */
export interface Counted {
  readonly result: CountedDemand;
  readonly by: RateLimiter;
}

/**
 * Who counts at this moment: all processes together, some of them while others count elsewhere, this process alone, or
 * nobody, so that who has limits is refused.
 */
export type LimitCountingMode = 'shared' | 'split' | 'process' | 'refused';

/** Counts requests, also while the shared counters are out of reach. */
export interface LimitCounting {
  /** @throws ApiKeysError `unavailable`, also by a rejection, when it cannot be counted and must not pass uncounted */
  count(demand: LimitDemand): Counted | Promise<Counted>;
  mode(): LimitCountingMode;
}

/**
 * Counts in the shared limiter. While that is out of reach, every process counts for itself, so that limits hold at
 * least there and nobody is ever unlimited; or, with `deny`, who has limits is refused.
 *
 * @param shared - `null`: there is none, and this process counts for itself
 */
export function createLimitCounting(
  shared: RateLimiter | null,
  own: OwnLimiter,
  onOutage: 'per-process' | 'deny',
): LimitCounting {
  const countedHere = (demand: LimitDemand): Counted => ({ result: own.count(demand), by: own });

  if (shared === null) return { count: countedHere, mode: () => 'process' };

  function withoutShared(demand: LimitDemand): Counted {
    if (onOutage === 'per-process') return countedHere(demand);
    throw new ApiKeysError('unavailable', { cause: new Error('Limits cannot be counted (limits.onOutage)') });
  }

  return {
    count(demand) {
      const counted = shared.count(demand);
      if (counted === null) return withoutShared(demand);
      if (!(counted instanceof Promise)) return { result: counted, by: shared };
      return counted.then((result) => (result === null ? withoutShared(demand) : { result, by: shared }));
    },

    mode() {
      if (shared.isUp()) return 'shared';
      return onOutage === 'deny' ? 'refused' : 'process';
    },
  };
}
