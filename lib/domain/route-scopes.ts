import type { ApiKeyIdentity } from './api-key-identity.js';
import type { ScopeCatalogue } from './scope-catalogue.js';

/** Identities whose scopes amount to more on the app's routes than the plan of their owner includes. */
const bounded = new WeakMap<ApiKeyIdentity, ReadonlySet<string>>();

/** Records what an identity may do on the app's routes, where its scopes alone do not say it. */
export function setRouteScopes(identity: ApiKeyIdentity, scopes: ReadonlySet<string>): void {
  bounded.set(identity, scopes);
}

/** Returns every scope of the app that an identity has. */
export function getRouteScopes(
  identity: ApiKeyIdentity,
  catalogue: Pick<ScopeCatalogue, 'expand'>,
): ReadonlySet<string> {
  return bounded.get(identity) ?? catalogue.expand(identity.scopes);
}
