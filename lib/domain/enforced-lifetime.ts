import type { LifetimeBounds } from './lifetime-bounds.js';
import type { OwnerStanding } from './owner.js';

/** The bounds that apply to all keys of a keyspace, whenever they were created. */
export interface EnforcedLifetime extends LifetimeBounds {
  /**
   * The bounds by the names of plans: they apply to owners whose record names the plan, and `maxLifetimeDays` and `maxIdleDays` in the
   * overrides of an owner apply instead of both. Left out: records of owners make no difference.
   */
  readonly plans?: Readonly<Record<string, LifetimeBounds>>;
}

/** The bounds that apply to the keys of one owner. */
export function resolveEnforced(
  { plans, maxLifetimeDays, maxIdleDays }: EnforcedLifetime,
  owner: Pick<OwnerStanding, 'plan' | 'overrides'> | null,
): LifetimeBounds {
  const common = { maxLifetimeDays, maxIdleDays };
  if (plans === undefined || owner === null) return common;
  const { plan, overrides } = owner;
  const ofPlan = plan !== null && Object.hasOwn(plans, plan) ? plans[plan] : undefined;
  const bounds = { ...common, ...ofPlan };
  return {
    maxLifetimeDays:
      overrides?.maxLifetimeDays === undefined ? bounds.maxLifetimeDays : overrides.maxLifetimeDays,
    maxIdleDays: overrides?.maxIdleDays === undefined ? bounds.maxIdleDays : overrides.maxIdleDays,
  };
}
