import type { GrantableScope } from '../domain/grantable-scope.js';
import { InvalidFieldError } from '../domain/key-fields.js';
import { suggestNames } from '../domain/known-names.js';
import { narrowToBounds } from '../domain/owner-ceilings.js';
import { parsePlanMembers, type PlanCatalogues } from '../domain/parse-plan-members.js';
import { applyOverrides, planNamePattern, type Plan } from '../domain/plan.js';
import type { PlanCredits } from '../domain/plan-credits.js';
import { maxRateLimits, type RateLimit } from '../domain/rate-limit.js';
import { InvalidOptionError } from '../errors.js';
import type { LimitCeilings } from './limits-option.js';

/** What a plan restricts. What is left out is not restricted by the plan; the options of the instance apply. */
export interface PlanOption<S extends string = string, F extends string = string, R extends string = string> {
  /** The most that keys of such owners can do, wildcards allowed: `['orders:read']`. Default: every scope. */
  readonly scopes?: readonly GrantableScope<S>[];
  /** The features that keys of such owners can have. Default: every feature. */
  readonly features?: readonly F[];
  /** Limits that all keys of one owner share. Default: `limits.perOwner`. */
  readonly rateLimits?: readonly RateLimit[];
  /**
   * Credits that all keys of one owner share, besides their own: `{ amount: 10_000, refillIntervalSeconds: 2_592_000 }`.
   *
   * @default null - requests cost none
   */
  readonly credits?: PlanCredits | null;
  /** The maximum limits and credits that owners can set. What is left out is that of `limits.ceilings`. */
  readonly keyCeilings?: PlanCeilings;
  /** The maximum number of keys of an owner; `null`: no maximum. Default: `policy.maxKeysPerOwner`. */
  readonly maxKeys?: number | null;
  /**
   * The longest life of a key in days, 1 to 3,650; `null`: no bound. A key that is created without `expiresAt` ends then. It applies to
   * keys that are created from then on, and to all with `policy.enforceOnExisting`. Default: `policy.maxLifetimeDays`.
   */
  readonly maxLifetimeDays?: number | null;
  /** For how many days a key may stay unused, as `maxLifetimeDays`. Default: `policy.maxIdleDays`. */
  readonly maxIdleDays?: number | null;
  /**
   * The single resources that keys of such owners can be used for, by kind: up to 100 ids of 1 to 64 characters, `[]` for none, `null`
   * for all. A key that is bound to other ids reaches only those that the plan has, too. Default: every resource.
   */
  readonly resources?: { readonly [K in R]?: readonly string[] | null };
}

/** As {@link LimitCeilings}; `credits: null` is no maximum. */
export type PlanCeilings = Pick<LimitCeilings, 'rateLimits'> & {
  readonly credits?: number | null;
};

/** What plans are read with. */
export interface PlanSurroundings extends PlanCatalogues {
  /** What the options of the instance say: the plan of everybody where there are no plans. */
  readonly base: Plan;
  readonly defaultRateLimits: readonly RateLimit[];
  readonly onePerOwner: boolean;
}

/** The plans, by their names, and the one of owners whose record names none. */
export interface ResolvedPlans {
  readonly byName: ReadonlyMap<string, Plan>;
  readonly defaultPlan: Plan;
}

/**
 * Reads the options `plans` and `defaultPlan`.
 *
 * @throws InvalidOptionError for one without the other, and for what a plan cannot have
 */
export function readPlans(
  { plans, defaultPlan }: { readonly plans: unknown; readonly defaultPlan: unknown },
  surroundings: PlanSurroundings,
): ResolvedPlans {
  const { base } = surroundings;
  if (plans === undefined && defaultPlan === undefined) return { byName: new Map(), defaultPlan: base };
  if (plans === undefined) throw new InvalidOptionError('defaultPlan: needs plans, which it names one of');
  if (typeof plans !== 'object' || plans === null || Array.isArray(plans)) {
    throw new InvalidOptionError(
      "plans: takes an object of plans, for example { free: { scopes: ['orders:read'] } }",
    );
  }
  const entries = Object.entries(plans).map(
    ([name, plan]) => [name, readPlan(name, plan, surroundings)] as const,
  );
  const names = entries.map(([name]) => name);
  if (entries.length === 0 || entries.length > maxPlans) {
    throw new InvalidOptionError(`plans: takes 1 to ${maxPlans} plans`);
  }
  if (typeof defaultPlan !== 'string') {
    throw new InvalidOptionError(
      `defaultPlan: must be given with plans: the plan of owners whose record names none; it is one of ${names.join(', ')}`,
    );
  }
  const byName = new Map(entries);
  const found = byName.get(defaultPlan);
  if (found !== undefined) return { byName, defaultPlan: found };
  const hint = suggestNames(defaultPlan, names);
  throw new InvalidOptionError(`defaultPlan: there is no plan ${JSON.stringify(defaultPlan)}; ${hint}`);
}

const maxPlans = 100;

function readPlan(name: string, value: unknown, surroundings: PlanSurroundings): Plan {
  if (!planNamePattern.test(name)) {
    throw new InvalidOptionError(
      `plans: ${JSON.stringify(name)} is no name of a plan; write it in lower case with digits, '_' and '-', for example 'free'`,
    );
  }
  const plan = applyOverrides(surroundings.base, readMembers(name, value, surroundings));
  if (surroundings.onePerOwner && plan.maxKeys !== null) {
    throw new InvalidOptionError(
      `plans.${name}.maxKeys: not together with policy.onePerOwner; leave one out`,
    );
  }
  refuseTooManyWindows(`plans.${name}.keyCeilings.rateLimits`, plan, surroundings.defaultRateLimits);
  return plan;
}

function readMembers(
  name: string,
  value: unknown,
  catalogues: PlanCatalogues,
): ReturnType<typeof parsePlanMembers> {
  try {
    return parsePlanMembers(value, catalogues);
  } catch (error) {
    if (!(error instanceof InvalidFieldError)) throw error;
    throw new InvalidOptionError(`plans.${name}: ${error.message}`);
  }
}

/**
 * A key that an owner creates without limits gets both the defaults and the ceilings.
 *
 * @throws InvalidOptionError
 */
export function refuseTooManyWindows(
  ceilings: string,
  { keyCeilings }: Pick<Plan, 'keyCeilings'>,
  defaults: readonly RateLimit[],
): void {
  if (narrowToBounds(defaults, keyCeilings.rateLimits).length <= maxRateLimits) return;
  throw new InvalidOptionError(
    `policy: defaultRateLimits and ${ceilings} together make more than ${maxRateLimits} windows for a key`,
  );
}
