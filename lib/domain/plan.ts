import type { OwnerCeilings } from './owner-ceilings.js';
import type { PlanCredits } from './plan-credits.js';
import type { RateLimit } from './rate-limit.js';

/** What an owner gets, with the options of the instance for what the plan does not say. */
export interface Plan {
  /** The most that keys of the owner can do, with wildcards as on keys; `null`: everything. */
  readonly scopes: readonly string[] | null;
  /** The features that keys of the owner can have; `null`: all. */
  readonly features: readonly string[] | null;
  /** Windows that all keys of the owner share. */
  readonly rateLimits: readonly RateLimit[];
  /** Credits that all keys of the owner share, besides their own; `null`: requests cost none. */
  readonly credits: PlanCredits | null;
  readonly keyCeilings: OwnerCeilings;
  /** Maximum number of keys of the owner; `null`: unlimited. */
  readonly maxKeys: number | null;
}

/** The members that a plan, or the overrides of one owner, name; the others are left as they are. */
export interface PlanMembers {
  readonly scopes?: readonly string[];
  readonly features?: readonly string[];
  readonly rateLimits?: readonly RateLimit[];
  readonly credits?: PlanCredits | null;
  readonly keyCeilings?: Partial<OwnerCeilings>;
  readonly maxKeys?: number | null;
}

/** Grammar of the names of plans. */
export const planNamePattern: RegExp = /^[a-z0-9][a-z0-9_-]{0,31}$/;

/** Replaces the members of a plan that are named. */
export function applyOverrides(plan: Plan, { keyCeilings, ...members }: PlanMembers): Plan {
  return { ...plan, ...members, keyCeilings: { ...plan.keyCeilings, ...keyCeilings } };
}
