import type { Plan } from '../domain/plan.js';
import type { RateLimit } from '../domain/rate-limit.js';
import { InvalidOptionError } from '../errors.js';
import type { Logger } from '../ports/logger.js';

/** The windows that the options name. */
export interface ConfiguredLimits {
  /** By the names of plans; empty for an instance without plans. */
  readonly plans: ReadonlyMap<string, Pick<Plan, 'rateLimits'>>;
  /** Of owners whose plan names none. */
  readonly perOwner: readonly RateLimit[];
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
  const ofOwners = listOwnerLimits(limits);
  return function checkCost(cost) {
    const tooSmall = ofOwners.flatMap(({ where, rateLimits }) => {
      const window = rateLimits.find(({ limit }) => limit < cost);
      return window === undefined ? [] : [{ where, window }];
    });
    if (tooSmall.length === ofOwners.length) {
      const shown = tooSmall.slice(0, maxShown).map(describeWindow);
      const more = tooSmall.length > maxShown ? [`${tooSmall.length - maxShown} more`] : [];
      // The cost that the most generous owner can pay.
      const affordable = Math.max(
        ...ofOwners.map(({ rateLimits }) => Math.min(...rateLimits.map(({ limit }) => limit))),
      );
      throw new InvalidOptionError(
        `requireApiKey: cost ${cost} is more than ${[...shown, ...more].join(', ')}, so that no request could be ` +
          `allowed; write a cost of at most ${affordable}, or a limit of at least ${cost} there`,
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

/** How many plans a message names. */
const maxShown = 5;

interface OwnerLimits {
  /** The option that has them, for messages. */
  readonly where: string;
  readonly rateLimits: readonly RateLimit[];
}

/** The windows of owners, for each plan; a single one for an instance without plans. */
function listOwnerLimits({ plans, perOwner }: ConfiguredLimits): readonly OwnerLimits[] {
  if (plans.size === 0) return [{ where: 'limits.perOwner', rateLimits: perOwner }];
  return Array.from(plans, ([name, { rateLimits }]) => ({
    where:
      rateLimits === perOwner ? `limits.perOwner, which the plan ${name} has,` : `plans.${name}.rateLimits`,
    rateLimits,
  }));
}

function describeWindow({
  where,
  window: { name, limit },
}: {
  readonly where: string;
  readonly window: RateLimit;
}): string {
  return `the window ${name} of ${where} allows (${limit})`;
}
