import type { ApiKeyRecord } from './api-key.js';
import { refillCredits } from './credits.js';
import { dayMs } from './day-ms.js';
import type { KeyFields } from './key-field-table.js';
import type { Keyspace } from './keyspace.js';
import { narrowToBounds } from './owner-ceilings.js';
import type { Plan } from './plan.js';
import { expandWithinPlan, getPlanBounds, narrowScopesToPlan } from './plan-bounds.js';
import type { PlanExcess } from './plan-excess.js';
import { maxRateLimits } from './rate-limit.js';
import { getBoundIds, type ResourceBinding } from './resource-binding.js';
import { isCoveredByAny, maxScopesPerKey } from './scope.js';

/** The fields of a key that a plan bounds. */
export type PlannedFields = Pick<
  KeyFields,
  'scopes' | 'features' | 'resources' | 'rateLimits' | 'credits' | 'expiresAt'
>;

/**
 * What an update has to change so that nothing of a key is beyond a plan.
 *
 * @param now - epoch milliseconds
 * @returns `null` when no update does: another key has to replace it
 */
export function removePlanExcess(
  record: ApiKeyRecord,
  keyspace: Keyspace,
  plan: Plan,
  excess: PlanExcess,
  now: number,
): Partial<PlannedFields> | null {
  const { keyCeilings, maxLifetimeDays } = plan;
  const changes: { -readonly [K in keyof PlannedFields]?: PlannedFields[K] } = {};
  // Keys keep the idle bound that they were created with; scopes of other keyspaces are changed where they come from.
  if (excess.maxIdleDays || (excess.scopes.length > 0 && !keyspace.isNative)) return null;
  if (excess.scopes.length > 0) changes.scopes = narrowScopes(record, keyspace, plan);
  if (excess.features.length > 0) {
    changes.features = record.features.filter((feature) => !excess.features.includes(feature));
  }
  if (excess.resources.length > 0 && record.resources !== null) {
    changes.resources = narrowResources(record.resources, plan);
    // A binding to no resource of a kind cannot be stored.
    if (Object.values(changes.resources).some((ids) => ids.length === 0)) return null;
  }
  if (excess.rateLimits.length > 0) {
    const within = narrowToBounds(record.rateLimits, keyCeilings.rateLimits);
    changes.rateLimits = within.length > maxRateLimits ? keyCeilings.rateLimits : within;
  }
  if (excess.credits) {
    const most = keyCeilings.credits ?? 0;
    const left = record.credits === null ? most : refillCredits(record.credits, now).remaining;
    const noRefill = { refillAmount: null, refillIntervalSeconds: null };
    changes.credits = { remaining: Math.min(left, most), ...noRefill };
  }
  if (excess.maxLifetimeDays && maxLifetimeDays !== null) {
    changes.expiresAt = record.createdAt + maxLifetimeDays * dayMs;
    if (changes.expiresAt <= now) return null;
  }
  return changes;
}

/** Of a wildcard that reaches beyond the plan, the scopes of the app are named one by one, as owners have to. */
function narrowScopes({ scopes }: ApiKeyRecord, keyspace: Keyspace, plan: Plan): readonly string[] {
  const bounds = getPlanBounds(keyspace, plan);
  const isWithin = (scope: string): boolean => bounds.scopes === null || isCoveredByAny(bounds.scopes, scope);
  const narrowed = new Set(
    scopes.flatMap((scope) =>
      isWithin(scope) ? [scope] : [...expandWithinPlan([scope], bounds, keyspace.catalogue)],
    ),
  );
  if (narrowed.size <= maxScopesPerKey) return [...narrowed];
  return narrowScopesToPlan(scopes, bounds.scopes, keyspace.catalogue);
}

function narrowResources(binding: ResourceBinding, { resources }: Plan): ResourceBinding {
  return Object.fromEntries(
    Object.entries(binding).map(([kind, ids]) => {
      const reachable = getBoundIds(resources, kind);
      return [kind, reachable === null ? ids : ids.filter((id) => reachable.includes(id))];
    }),
  );
}
