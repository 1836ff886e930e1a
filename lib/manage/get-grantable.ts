import { listRolesWith } from '../domain/actor-role.js';
import { getPlanBounds, noBounds } from '../domain/plan-bounds.js';
import { toOwnerStanding } from '../domain/owner.js';
import { isCoveredByAny } from '../domain/scope.js';
import type { Grantable, GrantableName } from '../domain/grantable.js';
import { createFinder, resolveAuthority, type Authority } from './authority.js';
import type { ChangeContext } from './change.js';
import { getGrants } from './grant-authority.js';
import { getLimitBounds, getMaxCredits } from './limit-authority.js';
import type { ManagePorts } from './manage-ports.js';
import { isBoundByPlan } from './plan-authority.js';

/**
 * Returns what an actor may give to keys of this keyspace. It is for display: every change is checked again.
 *
 * @throws ApiKeysError `forbidden` or `insufficient_scope` for keys that may not manage keys
 */
export async function getGrantable(ports: ManagePorts, context: ChangeContext): Promise<Grantable> {
  const { keyspace, store, clock } = ports;
  const authority = await resolveAuthority(ports, context, 'read', createFinder(ports, store), clock.now());
  const { catalogue, features, plans } = keyspace;
  const owner = authority.ownerId === null ? null : await store.owners.find(authority.ownerId);
  const plan = plans.of(toOwnerStanding(owner));
  const ofPlan = isBoundByPlan(context) ? getPlanBounds(keyspace, plan) : noBounds;
  const bounds = getLimitBounds(context, authority, plan.keyCeilings);
  const { scopes: granted, features: grantedFeatures } = getHeld(context, authority);
  const isGiver = mayGive(context, authority);
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
    ceilings: {
      rateLimits: [...bounds.rateLimits, ...bounds.granted.rateLimits],
      credits: getMaxCredits(bounds),
    },
  };
}

/** A key gives at most what it holds itself, a person what the grants say; `undefined`: everything. */
function getHeld(
  context: ChangeContext,
  { actingKey }: Authority,
): { readonly scopes?: readonly string[]; readonly features?: readonly string[] } {
  return actingKey ?? getGrants(context);
}

/** A key with credits cannot give anything that costs credits, and a person gives with a role that creates keys. */
function mayGive({ actor }: ChangeContext, { actingKey }: Authority): boolean {
  if (actingKey !== null) return !actingKey.hasCredits;
  return actor.kind !== 'owner' || actor.role === undefined || listRolesWith('create').includes(actor.role);
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
