import type { RateLimit } from '../domain/rate-limit.js';
import { InvalidOptionError } from '../errors.js';
import type { Logger } from '../ports/logger.js';

/** The windows that the options name. */
export interface ConfiguredLimits {
  /** Of owners, for each plan; a single one for an instance without plans. */
  readonly ofPlans: readonly (readonly RateLimit[])[];
  /** Of keys that are made without others. */
  readonly defaultRateLimits: readonly RateLimit[];
  /** Of keys that owners make. */
  readonly ceilings: readonly RateLimit[];
}

/**
 * Checks the cost of a guard when it is mounted: a request that costs more than the limit of a window is never allowed.
 *
 * @throws InvalidOptionError when no key at all could pay
 */
export type CheckCost = (cost: number) => void;

/** Builds the check. What some keys cannot pay is a warning: others may have other limits. */
export function createCostCheck(limits: ConfiguredLimits, logger: Logger): CheckCost {
  return function checkCost(cost) {
    const tooSmall = limits.ofPlans.flatMap((ofPlan) => ofPlan.find(({ limit }) => limit < cost) ?? []);
    const [never] = tooSmall;
    if (never !== undefined && tooSmall.length === limits.ofPlans.length) {
      const where = tooSmall.length === 1 ? 'limits.perOwner' : 'every plan';
      throw new InvalidOptionError(
        `requireApiKey: cost ${cost} is more than the window ${never.name} of ${where} allows (${never.limit}), ` +
          'so that no request could be allowed; write a smaller cost, or a larger limit',
      );
    }
    const rarely = [...limits.defaultRateLimits, ...limits.ceilings].find(({ limit }) => limit < cost);
    if (rarely === undefined) return;
    logger.warn(
      `api-keys: requireApiKey: cost ${cost} is more than the window ${rarely.name} allows (${rarely.limit}) that keys ` +
        'get by policy.defaultRateLimits or limits.ceilings.rateLimits: every request with such a key is refused with ' +
        'cost_exceeds_limit; write a smaller cost, or a larger limit',
    );
  };
}
