import { getVisibleOwnerId, toAuditActor } from '../domain/actor.js';
import { listOperationsOf } from '../domain/actor-role.js';
import type { Caller, CallerPlan } from '../domain/caller.js';
import { getLifetimeBounds } from '../domain/get-lifetime-bounds.js';
import type { OwnerRecord } from '../domain/owner.js';
import { toOwnerCredits } from '../domain/plan-credits.js';
import { createFinder, resolveAuthority } from './authority.js';
import type { ChangeContext } from './change.js';
import type { ManagePorts } from './manage-ports.js';

/**
 * Returns who the actor is and what it may do with keys. It is for display: every change is checked again.
 *
 * @throws ApiKeysError `forbidden` or `insufficient_scope` for keys that may not manage keys
 */
export async function getCaller(ports: ManagePorts, context: ChangeContext): Promise<Caller> {
  const { keyspace, store, clock } = ports;
  const { actor } = context;
  await resolveAuthority(ports, context, 'read', createFinder(ports, store), clock.now());
  const ownerId = getVisibleOwnerId(actor);
  const owner = ownerId === null ? null : await store.owners.find(ownerId);
  const role = actor.kind === 'owner' ? (actor.role ?? null) : null;
  const suspendedAt = owner?.suspendedAt ?? null;
  return {
    ...toAuditActor(actor),
    ownerId,
    role,
    may: listOperationsOf(role),
    environments: keyspace.environments,
    environment: keyspace.environment,
    suspendedAt: suspendedAt === null ? null : new Date(suspendedAt),
    plan: ownerId === null ? null : await describePlan(ports, ownerId, owner),
    plans: actor.kind === 'admin' ? keyspace.plans.names : null,
  };
}

async function describePlan(
  { keyspace, store, clock }: Pick<ManagePorts, 'keyspace' | 'store' | 'clock'>,
  ownerId: string,
  owner: OwnerRecord | null,
): Promise<CallerPlan> {
  const { maxKeys, rateLimits, credits } = keyspace.plans.of(owner);
  const spent = credits === null ? null : await store.credits.findSpent(ownerId, keyspace.environment);
  return {
    name: owner?.plan ?? null,
    maxKeys,
    keyCount: maxKeys === null ? null : await store.owners.countKeys(ownerId, keyspace.name),
    maxLifetimeDays: getLifetimeBounds(keyspace, owner).maxLifetimeDays,
    rateLimits,
    credits: credits === null ? null : toOwnerCredits(credits, spent, clock.now()),
  };
}
