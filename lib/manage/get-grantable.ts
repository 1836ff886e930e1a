import { listRolesWith } from '../domain/actor-role.js';
import { dayMs } from '../domain/day-ms.js';
import { getLifetimeBounds } from '../domain/get-lifetime-bounds.js';
import { getExpiresAt } from '../domain/key-lifetime.js';
import { getPlanBounds, noBounds, type PlanBounds } from '../domain/plan-bounds.js';
import type { ReachableResources } from '../domain/reachable-resources.js';
import { toOwnerStanding } from '../domain/owner.js';
import { isCoveredByAny } from '../domain/scope.js';
import type { Grantable, GrantableKind, GrantableName } from '../domain/grantable.js';
import { getBoundIds, type ResourceBinding } from '../domain/resource-binding.js';
import type { ResourceCatalogue } from '../domain/resource-catalogue.js';
import { createFinder, resolveAuthority, type Authority } from './authority.js';
import type { ChangeContext } from './change.js';
import { getGrants } from './grant-authority.js';
import { isMadeAsChild } from './lineage-of-new-key.js';
import { getCreditsLeft, getLimitBounds, getMaxCredits, type LimitBounds } from './limit-authority.js';
import type { ManagePorts } from './manage-ports.js';
import { isBoundByPlan } from './plan-authority.js';

/**
 * Returns what an actor may give to keys of this keyspace. It is for display: every change is checked again.
 *
 * @throws ApiKeysError `forbidden` or `insufficient_scope` for keys that may not manage keys
 */
export async function getGrantable(ports: ManagePorts, context: ChangeContext): Promise<Grantable> {
  const { keyspace, store, clock } = ports;
  const now = clock.now();
  const authority = await resolveAuthority(ports, context, 'read', createFinder(ports, store), now);
  const { catalogue, features, plans, resources } = keyspace;
  const owner = authority.ownerId === null ? null : await store.owners.find(authority.ownerId);
  const standing = toOwnerStanding(owner);
  const plan = plans.of(standing);
  const ofPlan = isBoundByPlan(context) ? getPlanBounds(keyspace, plan) : noBounds;
  const isForChild = isMadeAsChild(context, keyspace.policy);
  const bounds = getLimitBounds(context, authority, plan.keyCeilings, isForChild);
  const { scopes: granted, features: grantedFeatures, resources: held = null } = getHeld(context, authority);
  const granting = narrowGiven(held, ofPlan.resources);
  const { maxLifetimeDays } = getLifetimeBounds(keyspace, standing);
  const isGiver = mayGive(context, authority, bounds) && canBind(resources, granting);
  return {
    scopes: describeNames(
      catalogue,
      (name) =>
        isGiver &&
        (granted === undefined || catalogue.covers(granted, name)) &&
        (ofPlan.scopes === null || isCoveredByAny(ofPlan.scopes, name)),
    ),
    features: describeNames(
      features,
      (name) =>
        isGiver && (grantedFeatures?.includes(name) ?? true) && (ofPlan.features?.includes(name) ?? true),
    ),
    resources: resources.kinds.map((name) => describeKind(resources, name, isGiver, granting, ofPlan)),
    ceilings: {
      rateLimits: [...bounds.rateLimits, ...(bounds.drawnOn?.rateLimits ?? []), ...bounds.granted.rateLimits],
      credits: getLeast(getMaxCredits(bounds), getCreditsLeft(bounds, now)),
      maxLifetimeDays,
      expiresAt: findLatestEnd(authority, maxLifetimeDays, now),
    },
  };
}

/** A key gives at most what it holds itself, a person what the grants say; `undefined`: everything. */
function getHeld(
  context: ChangeContext,
  { actingKey }: Authority,
): {
  readonly scopes?: readonly string[];
  readonly features?: readonly string[];
  readonly resources?: ResourceBinding | null;
} {
  return actingKey ?? getGrants(context);
}

/** A key with credits gives only to keys below it, and a person gives with a role that creates keys. */
function mayGive(
  { actor }: ChangeContext,
  { actingKey }: Authority,
  { isPaidFor }: Pick<LimitBounds, 'isPaidFor'>,
): boolean {
  if (actingKey !== null) return !isPaidFor;
  return actor.kind !== 'owner' || actor.role === undefined || listRolesWith('create').includes(actor.role);
}

function getLeast(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.min(one, other);
}

/** A key must be bound to every kind that bounds the actor, and cannot be bound to a kind without ids or without declaration. */
function canBind(resources: ResourceCatalogue, granting: ResourceBinding | null): boolean {
  return Object.entries(granting ?? {}).every(([kind, ids]) => resources.has(kind) && ids.length > 0);
}

/** Ids that a key has to be bound to, without those that the plan does not include. */
function narrowGiven(
  granting: ResourceBinding | null,
  reachable: ReachableResources | null,
): ResourceBinding | null {
  if (granting === null) return null;
  return Object.fromEntries(
    Object.entries(granting).map(([kind, ids]) => {
      const ofPlan = getBoundIds(reachable, kind);
      return [kind, ofPlan === null ? ids : ids.filter((id) => ofPlan.includes(id))];
    }),
  );
}

function describeKind(
  resources: ResourceCatalogue,
  name: string,
  isGiver: boolean,
  granting: ResourceBinding | null,
  ofPlan: PlanBounds,
): GrantableKind {
  return {
    name,
    description: resources.describe(name),
    ids: isGiver ? getBoundIds(granting, name) : [],
    planIds: getBoundIds(ofPlan.resources, name),
  };
}

/** A key ends no later than the key that makes it, and no later than the plan allows. */
function findLatestEnd({ actingKey }: Authority, maxLifetimeDays: number | null, now: number): Date | null {
  const ofActor = actingKey === null ? null : getExpiresAt(actingKey);
  const latest = Math.min(
    ofActor ?? Infinity,
    maxLifetimeDays === null ? Infinity : now + maxLifetimeDays * dayMs,
  );
  return latest === Infinity ? null : new Date(latest);
}

function describeNames(
  {
    names,
    descriptions,
  }: { readonly names: readonly string[]; readonly descriptions?: Readonly<Record<string, string>> },
  isGrantable: (name: string) => boolean,
): readonly GrantableName[] {
  return names.map((name) => ({
    name,
    description: descriptions?.[name] ?? name,
    grantable: isGrantable(name),
  }));
}
