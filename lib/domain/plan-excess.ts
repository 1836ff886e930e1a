import type { ApiKeyRecord } from './api-key.js';
import { findBoundingEnd } from './bounding-end.js';
import { refillCredits, type CreditBalance } from './credits.js';
import { dayMs } from './day-ms.js';
import { getMaxIdleDays } from './key-lifetime.js';
import type { Keyspace } from './keyspace.js';
import type { LifetimeBounds } from './lifetime-bounds.js';
import { listExceededBounds, type OwnerCeilings } from './owner-ceilings.js';
import type { Plan } from './plan.js';
import { expandWithinPlan, getPlanBounds } from './plan-bounds.js';
import { listUnreachable } from './reachable-resources.js';

/** What a key has beyond a plan, by the members of the plan. */
export interface PlanExcess {
  /** Scopes of the app. */
  readonly scopes: readonly string[];
  readonly features: readonly string[];
  /** Single resources that the key is bound to, as `kind:id`. */
  readonly resources: readonly string[];
  /** The names of the windows of `keyCeilings.rateLimits` that no window of the key, or of one above it, is at or below. */
  readonly rateLimits: readonly string[];
  /** Whether its credits are beyond `keyCeilings.credits`: more, none, or with refills. */
  readonly credits: boolean;
  /** Whether it lives longer than `maxLifetimeDays`. */
  readonly maxLifetimeDays: boolean;
  /** Whether it may stay unused for longer than `maxIdleDays`. */
  readonly maxIdleDays: boolean;
}

/**
 * Lists what a key has beyond a plan: its owner could not give it now. Scopes, features and resources beyond do nothing while the
 * owner has the plan; limits, credits and lifetimes are kept, unless bounds are enforced on existing keys. A child ends with the keys
 * above it, and every request counts against the windows, and pays with the credits, of all of them: it is within a bound where one of
 * them is.
 *
 * @param creditsAbove - the balances of the keys above it; they decide only under a ceiling on credits
 * @param at - epoch milliseconds
 */
export function findPlanExcess(
  record: ApiKeyRecord,
  keyspace: Keyspace,
  plan: Plan,
  creditsAbove: readonly CreditBalance[],
  at: number,
): PlanExcess {
  const bounds = getPlanBounds(keyspace, plan);
  const { catalogue, isNative } = keyspace;
  const windows = [...record.rateLimits, ...record.ancestors.flatMap(({ rateLimits }) => rateLimits)];
  const left = expandWithinPlan(record.scopes, bounds, catalogue);
  // Keyspaces of compatibility routers have bounds of their own on lifetimes.
  const { maxLifetimeDays, maxIdleDays } = isNative ? plan : noLifetimeBounds;
  return {
    scopes: [...catalogue.expand(record.scopes)].filter((scope) => !left.has(scope)),
    features: record.features.filter((feature) => bounds.features?.includes(feature) === false),
    resources: listUnreachable(record.resources, bounds.resources),
    rateLimits: listExceededBounds(windows, plan.keyCeilings.rateLimits).map(({ name }) => name),
    credits: areCreditsAbove([record.credits, ...creditsAbove], plan.keyCeilings, at),
    maxLifetimeDays:
      maxLifetimeDays !== null &&
      (findBoundingEnd(record)?.endsAt ?? Infinity) > record.createdAt + maxLifetimeDays * dayMs,
    maxIdleDays: (getMaxIdleDays(record) ?? Infinity) > (maxIdleDays ?? Infinity),
  };
}

const noLifetimeBounds: LifetimeBounds = { maxLifetimeDays: null, maxIdleDays: null };

/** Whether there is nothing beyond the plan. */
export function isWithinPlan({ scopes, features, resources, ...rest }: PlanExcess): boolean {
  return (
    scopes.length + features.length + resources.length === 0 &&
    !isAboveCeilings(rest) &&
    !rest.maxLifetimeDays &&
    !rest.maxIdleDays
  );
}

/** Whether limits or credits are beyond the ceilings of the plan. */
export function isAboveCeilings({
  rateLimits,
  credits,
}: Pick<PlanExcess, 'rateLimits' | 'credits'>): boolean {
  return rateLimits.length > 0 || credits;
}

/** Every request pays with the credits of a key and of all keys above it, so one balance within the ceiling is enough. */
function areCreditsAbove(
  balances: readonly (CreditBalance | null)[],
  { credits: most }: OwnerCeilings,
  at: number,
): boolean {
  if (most === null) return false;
  return !balances.some(
    (balance) =>
      balance !== null && balance.refillAmount === null && refillCredits(balance, at).remaining <= most,
  );
}
