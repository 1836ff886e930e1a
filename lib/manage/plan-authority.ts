import type { ApiKeyRecord } from '../domain/api-key.js';
import type { Keyspace } from '../domain/keyspace.js';
import type { Plan } from '../domain/plan.js';
import { listUnreachable } from '../domain/reachable-resources.js';
import { isCoveredByAny } from '../domain/scope.js';
import { ApiKeysError } from '../errors.js';
import type { ChangeContext } from './change.js';

/** What a change grants, or what a key has already. */
type Granted = Partial<Pick<ApiKeyRecord, 'scopes' | 'features' | 'resources'>>;

/** Whether what an actor grants is bounded by the plan of the owner: an admin and the app's own code may store more. */
export function isBoundByPlan({ actor }: Pick<ChangeContext, 'actor'>): boolean {
  return actor.kind !== 'admin' && actor.kind !== 'application';
}

/**
 * Owners and keys grant nothing that the plan of the owner does not include. What a key has already may stay: it is narrowed
 * whenever the key is used.
 *
 * @param before - what the key has already
 * @throws ApiKeysError `forbidden`
 */
export function assertWithinPlan(
  context: Pick<ChangeContext, 'actor'>,
  { hasAppScopes, isNative, catalogue }: Keyspace,
  plan: Plan,
  granted: Granted,
  before: Granted = {},
): void {
  if (!isBoundByPlan(context)) return;
  const { scopes: ofPlan, features: featuresOfPlan } = plan;
  const { scopes = [], features = [], resources = null } = granted;
  const unreachable = new Set(listUnreachable(before.resources ?? null, plan.resources));
  const allowedFeatures = new Set([...(featuresOfPlan ?? []), ...(before.features ?? [])]);
  const beyond = [
    ...(hasAppScopes && ofPlan !== null
      ? scopes.filter(
          (scope) => !isCoveredByAny(ofPlan, scope) && !catalogue.covers(before.scopes ?? [], scope),
        )
      : []),
    ...(isNative && featuresOfPlan !== null
      ? features.filter((feature) => !allowedFeatures.has(feature))
      : []),
    ...listUnreachable(resources, plan.resources).filter((resource) => !unreachable.has(resource)),
  ];
  if (beyond.length === 0) return;
  throw new ApiKeysError('forbidden', {
    detail: `The plan of the owner does not include ${beyond.join(', ')}.`,
  });
}
