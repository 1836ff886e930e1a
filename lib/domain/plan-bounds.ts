import type { VerifiableKey } from './api-key.js';
import type { Keyspace } from './keyspace.js';
import type { Plan } from './plan.js';
import { narrowBinding, type ReachableResources } from './reachable-resources.js';
import { isCoveredByAny } from './scope.js';
import type { ScopeCatalogue } from './scope-catalogue.js';
import { findCommonScopes } from './token-scope.js';

/** What the plan of an owner leaves of the rights of a key; `null`: everything. */
export interface PlanBounds {
  /** For the scopes of the key itself, where they are those of the app. */
  readonly scopes: readonly string[] | null;
  /** For the features of the key, where they are those of the app. */
  readonly features: readonly string[] | null;
  /** For the scopes of the app that scopes of a dialect amount to. */
  readonly routeScopes: readonly string[] | null;
  /** For what the key is bound to: the kinds are the same in all keyspaces. */
  readonly resources: ReachableResources | null;
}

/** Leaves everything. */
export const noBounds: PlanBounds = { scopes: null, features: null, routeScopes: null, resources: null };

/** A plan is written in the app's scopes and features: others are bounded only in what they amount to on the app's routes. */
export function getPlanBounds(
  keyspace: Pick<Keyspace, 'hasAppScopes' | 'isNative'>,
  { scopes, features, resources }: Pick<Plan, 'scopes' | 'features' | 'resources'>,
): PlanBounds {
  if (scopes === null && features === null && resources === null) return noBounds;
  return {
    scopes: keyspace.hasAppScopes ? scopes : null,
    features: keyspace.isNative ? features : null,
    routeScopes: keyspace.hasAppScopes ? null : scopes,
    resources,
  };
}

/** Leaves what a plan includes of the scopes, features and resources of a key; the same object when it includes them all. */
export function narrowToBounds<K extends Pick<VerifiableKey, 'scopes' | 'features' | 'resources'>>(
  key: K,
  bounds: PlanBounds,
  catalogue: Pick<ScopeCatalogue, 'covers'>,
): K {
  const scopes = narrowScopesToPlan(key.scopes, bounds.scopes, catalogue);
  const features = narrowFeaturesToPlan(key.features, bounds.features);
  const resources = narrowBinding(key.resources, bounds.resources);
  const isWithin = scopes === key.scopes && features === key.features && resources === key.resources;
  return isWithin ? key : { ...key, scopes, features, resources };
}

/** Of a wildcard that reaches beyond the plan, the scopes and wildcards of the plan below it are left. */
export function narrowScopesToPlan(
  scopes: readonly string[],
  ofPlan: readonly string[] | null,
  catalogue: Pick<ScopeCatalogue, 'covers'>,
): readonly string[] {
  if (ofPlan === null || scopes.every((scope) => isCoveredByAny(ofPlan, scope))) return scopes;
  return findCommonScopes(scopes, ofPlan, catalogue);
}

function narrowFeaturesToPlan(
  features: readonly string[],
  ofPlan: readonly string[] | null,
): readonly string[] {
  if (ofPlan === null || features.every((feature) => ofPlan.includes(feature))) return features;
  return features.filter((feature) => ofPlan.includes(feature));
}

/** Every scope of the app that some scopes of a key cover, as far as the plan of its owner includes it. */
export function expandWithinPlan(
  scopes: readonly string[],
  bounds: PlanBounds,
  catalogue: Pick<ScopeCatalogue, 'covers' | 'expand'>,
): ReadonlySet<string> {
  const all = catalogue.expand(narrowScopesToPlan(scopes, bounds.scopes, catalogue));
  const { routeScopes } = bounds;
  if (routeScopes === null) return all;
  return new Set([...all].filter((scope) => isCoveredByAny(routeScopes, scope)));
}

/** Narrows a stored key to what the plan of its owner includes now; a key of an unknown keyspace grants nothing anyway. */
export function narrowToPlan<K extends Pick<VerifiableKey, 'scopes' | 'features' | 'resources' | 'owner'>>(
  key: K,
  keyspace: Keyspace | undefined,
): K {
  if (keyspace === undefined) return key;
  const bounds = getPlanBounds(keyspace, keyspace.plans.of(key.owner));
  return bounds === noBounds ? key : narrowToBounds(key, bounds, keyspace.catalogue);
}
