import type { ApiKeyRecord } from './api-key.js';
import type { CreditBalance } from './credits.js';
import { isLineageComplete } from './key-ancestor.js';
import { getExpiresAt, isIdle } from './key-lifetime.js';
import { isBelowIdleKey, narrowToAncestors } from './narrow-to-ancestors.js';
import type { Keyspace } from './keyspace.js';
import type { Plan } from './plan.js';
import { findPlanExcess, isAboveCeilings } from './plan-excess.js';
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
  /**
   * Whether its limits or credits, with those of the keys above it, would be beyond what the owner may set. It keeps them.
   */
  readonly isAboveCeilings: boolean;
}

/**
 * Compares what a key can do under two plans, below the keys above it: a child does not lose what its parent does not have.
 * It draws on the limits and credits of all of them, so that it is within a ceiling where one of them is: what the owner has to lower
 * for a parent is lower for the children that draw on it, and for no others.
 *
 * @param record - a key that was not revoked
 * @param creditsAbove - the balances of the keys above it; they decide only under a ceiling on credits
 * @param at - epoch milliseconds
 * @returns `null` for a key that loses nothing
 */
export function findPlanLoss(
  record: ApiKeyRecord,
  keyspace: Keyspace,
  { before, after }: { readonly before: Plan; readonly after: Plan },
  creditsAbove: readonly CreditBalance[],
  at: number,
): PlanLoss | null {
  const left = narrowToAncestors(record, keyspace.catalogue);
  // It is refused for good already: a key above that was removed does not come back either.
  if (left.revokedAt !== null || !isLineageComplete(record)) return null;
  const beyond = findPlanExcess(left, keyspace, after, creditsAbove, at);
  const already = findPlanExcess(left, keyspace, before, creditsAbove, at);
  const loss: PlanLoss = {
    scopes: beyond.scopes.filter((scope) => !already.scopes.includes(scope)),
    features: beyond.features.filter((feature) => !already.features.includes(feature)),
    resources: listNarrowedKinds(left, keyspace, { before, after }),
    isEnded: isEndedBy(record, keyspace, after, at),
    isAboveCeilings: isAboveCeilings(beyond) && !isAboveCeilings(already),
  };
  const isNothing =
    loss.scopes.length + loss.features.length + loss.resources.length === 0 &&
    !loss.isEnded &&
    !loss.isAboveCeilings;
  return isNothing ? null : loss;
}

/** Only bounds that apply to keys that exist can end one. */
function isEndedBy(
  record: ApiKeyRecord,
  { isNative, policy, catalogue }: Keyspace,
  { maxLifetimeDays, maxIdleDays }: Plan,
  at: number,
): boolean {
  if (!isNative || !policy.enforceOnExisting) return false;
  const enforced = { maxLifetimeDays, maxIdleDays };
  const ancestors = record.ancestors.map((ancestor) => ({ ...ancestor, enforced }));
  const bounded = { ...record, enforced, ancestors };
  const isOver = (key: ApiKeyRecord): boolean =>
    (getExpiresAt(narrowToAncestors(key, catalogue)) ?? Infinity) <= at ||
    isIdle(key, at) ||
    isBelowIdleKey(key, at);
  return isOver(bounded) && !isOver(record);
}

/** A key that is not bound to a kind names nothing beyond the plan, and loses what the plan no longer reaches. */
function listNarrowedKinds(
  { resources: binding }: ApiKeyRecord,
  { resources }: Keyspace,
  { before, after }: { readonly before: Plan; readonly after: Plan },
): readonly string[] {
  const reached = narrowBinding(binding, before.resources);
  const reachable = narrowBinding(binding, after.resources);
  return resources.kinds.filter((kind) => {
    const ids = getBoundIds(reachable, kind);
    if (ids === null) return false;
    const known = new Set(ids);
    return getBoundIds(reached, kind)?.every((id) => known.has(id)) !== true;
  });
}
