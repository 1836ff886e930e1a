import type { Plan } from '../domain/plan.js';
import type { RateLimit } from '../domain/rate-limit.js';
import { InvalidOptionError } from '../errors.js';
import type { Logger } from '../ports/logger.js';

/** The windows that the options name. */
export interface ConfiguredLimits {
  /** By the names of plans, with the credits that they share; empty for an instance without plans. */
  readonly plans: ReadonlyMap<string, Pick<Plan, 'rateLimits' | 'credits'>>;
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
  /** A warning comes once, however many guards have that cost. */
  const warned = new Set<number>();

  return function checkCost(cost) {
    const tooSmall = ofOwners.flatMap(({ windows }) => windows.find(({ limit }) => limit < cost) ?? []);
    if (tooSmall.length === ofOwners.length) {
      // The cost that the most generous owner can pay.
      const affordable = Math.max(
        ...ofOwners.map(({ windows }) => Math.min(...windows.map(({ limit }) => limit))),
      );
      throw new InvalidOptionError(
        `requireApiKey: cost ${cost} is more than ${describeBounds(tooSmall)}, so that no request could be ` +
          `allowed; write a cost of at most ${affordable}, or a limit of at least ${cost} there`,
      );
    }
    // Credits throw for no plan: what an owner has bought is often given by overrides.
    const short = ofOwners.flatMap(({ credits }) =>
      credits !== null && credits.limit < cost ? [credits] : [],
    );
    // The cost that is used where none is named is no decision of the app.
    const named = cost > 1 ? [...tooSmall, ...short] : tooSmall;
    if (warned.has(cost)) return;
    warned.add(cost);
    if (named.length > 0) {
      logger.warn(
        `api-keys: requireApiKey: cost ${cost} is more than ${describeBounds(named)}: every request of owners with ` +
          'such a plan, whose overrides give them no more, is refused; write a smaller cost, or a larger limit',
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

/** What the cost of one request cannot exceed. */
interface Bound {
  readonly limit: number;
  /** For messages, with the option that has it. */
  readonly description: string;
}

interface OwnerLimits {
  readonly windows: readonly Bound[];
  readonly credits: Bound | null;
}

/** What bounds owners, for each plan; a single one for an instance without plans. */
function listOwnerLimits({ plans, perOwner }: ConfiguredLimits): readonly OwnerLimits[] {
  if (plans.size === 0) {
    return [{ windows: perOwner.map((window) => toBound(window, 'limits.perOwner')), credits: null }];
  }
  return Array.from(plans, ([name, { rateLimits, credits }]) => {
    const where =
      rateLimits === perOwner ? `limits.perOwner, which the plan ${name} has,` : `plans.${name}.rateLimits`;
    const given = credits?.amount ?? 0;
    return {
      windows: rateLimits.map((window) => toBound(window, where)),
      credits:
        credits === null ? null : { limit: given, description: `plans.${name}.credits give (${given})` },
    };
  });
}

function toBound({ name, limit }: RateLimit, where: string): Bound {
  return { limit, description: `the window ${name} of ${where} allows (${limit})` };
}

function describeBounds(bounds: readonly Bound[]): string {
  const shown = bounds.slice(0, maxShown).map(({ description }) => description);
  const more = bounds.length > maxShown ? [`${bounds.length - maxShown} more`] : [];
  return [...shown, ...more].join(', ');
}
