import type { LifetimeBounds } from './lifetime-bounds.js';
import type { OwnerCeilings } from './owner-ceilings.js';
import type { PlanCredits } from './plan-credits.js';
import type { RateLimit } from './rate-limit.js';
import {
  applyReachableChanges,
  type ReachableChanges,
  type ReachableResources,
} from './reachable-resources.js';

/**
 * What an owner gets, with the options of the instance for what the plan does not say. The bounds on the lifetime of keys are those
 * of the keyspace of the app.
 */
export interface Plan extends LifetimeBounds {
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
  /** The single resources that keys of the owner can be used for; `null`: all. */
  readonly resources: ReachableResources | null;
}

/** The members that a plan, or the overrides of one owner, name; the others are left as they are. */
export interface PlanMembers {
  readonly scopes?: readonly string[];
  readonly features?: readonly string[];
  readonly rateLimits?: readonly RateLimit[];
  readonly credits?: PlanCredits | null;
  readonly keyCeilings?: Partial<OwnerCeilings>;
  readonly maxKeys?: number | null;
  readonly maxLifetimeDays?: number | null;
  readonly maxIdleDays?: number | null;
  /** By kind; `null` for a kind: all its resources. Kinds that are not named stay as they are. */
  readonly resources?: ReachableChanges;
}

/** Grammar of the names of plans. */
export const planNamePattern: RegExp = /^[a-z0-9][a-z0-9_-]{0,31}$/;

/** Replaces the members of a plan that are named. */
export function applyOverrides(plan: Plan, { keyCeilings, resources = {}, ...members }: PlanMembers): Plan {
  return {
    ...plan,
    ...members,
    keyCeilings: { ...plan.keyCeilings, ...keyCeilings },
    resources: applyReachableChanges(plan.resources, resources),
  };
}
