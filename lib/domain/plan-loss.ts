import type { ApiKeyRecord } from './api-key.js';
import { getExpiresAt, isIdle } from './key-lifetime.js';
import type { Keyspace } from './keyspace.js';
import { listExceededBounds, type OwnerCeilings } from './owner-ceilings.js';
import type { Plan } from './plan.js';
import { expandWithinPlan, getPlanBounds } from './plan-bounds.js';
import { getBoundIds } from './resource-binding.js';
import { narrowBinding } from './reachable-resources.js';

/** What a key could no longer do under another plan. */
export interface PlanLoss {
  /** Scopes of the app. */
  readonly scopes: readonly string[];
  readonly features: readonly string[];
  /** Kinds of resources of which it would reach fewer. */
  readonly resources: readonly string[];
  /** Whether it would be refused as expired. */
  readonly isEnded: boolean;
  /** Whether its limits or credits would be beyond what the owner may set. It keeps them. */
  readonly isAboveCeilings: boolean;
}

/**
 * Compares what a key can do under two plans.
 *
 * @param record - a key that was not revoked
 * @param at - epoch milliseconds
 * @returns `null` for a key that loses nothing
 */
export function findPlanLoss(
  record: ApiKeyRecord,
  keyspace: Keyspace,
  { before, after }: { readonly before: Plan; readonly after: Plan },
  at: number,
): PlanLoss | null {
  const bounds = getPlanBounds(keyspace, after);
  const current = getPlanBounds(keyspace, before);
  const left = expandWithinPlan(record.scopes, bounds, keyspace.catalogue);
  const scopes = [...expandWithinPlan(record.scopes, current, keyspace.catalogue)].filter(
    (scope) => !left.has(scope),
  );
  const features = record.features.filter(
    (feature) =>
      current.features?.includes(feature) !== false && bounds.features?.includes(feature) === false,
  );
  const reached = narrowBinding(record.resources, current.resources);
  const reachable = narrowBinding(record.resources, bounds.resources);
  const resources = keyspace.resources.kinds.filter((kind) => {
    const ids = getBoundIds(reachable, kind);
    if (ids === null) return false;
    const known = new Set(ids);
    return getBoundIds(reached, kind)?.every((id) => known.has(id)) !== true;
  });
  const loss: PlanLoss = {
    scopes,
    features,
    resources,
    isEnded: isEndedBy(record, keyspace, after, at),
    isAboveCeilings: isAbove(record, after.keyCeilings) && !isAbove(record, before.keyCeilings),
  };
  const isNothing =
    scopes.length + features.length + resources.length === 0 && !loss.isEnded && !loss.isAboveCeilings;
  return isNothing ? null : loss;
}

/** Only bounds that apply to keys that exist can end one. */
function isEndedBy(
  record: ApiKeyRecord,
  { isNative, policy }: Keyspace,
  { maxLifetimeDays, maxIdleDays }: Plan,
  at: number,
): boolean {
  if (!isNative || !policy.enforceOnExisting) return false;
  const bounded = { ...record, enforced: { maxLifetimeDays, maxIdleDays } };
  const isOver = (key: ApiKeyRecord): boolean => (getExpiresAt(key) ?? Infinity) <= at || isIdle(key, at);
  return isOver(bounded) && !isOver(record);
}

function isAbove({ rateLimits, credits }: ApiKeyRecord, ceilings: OwnerCeilings): boolean {
  if (listExceededBounds(rateLimits, ceilings.rateLimits).length > 0) return true;
  return ceilings.credits !== null && (credits === null || credits.remaining > ceilings.credits);
}
