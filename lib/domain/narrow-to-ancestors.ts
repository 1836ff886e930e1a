import { intersectAllowlists } from './address.js';
import type { ApiKeyRecord } from './api-key.js';
import { isLineageComplete, type KeyAncestor } from './key-ancestor.js';
import { getExpiresAt, isIdle, isPastIdleEnd } from './key-lifetime.js';
import { intersectResourceBindings } from './resource-binding.js';
import type { ScopeCatalogue } from './scope-catalogue.js';
import { isCoveredByAny } from './scope.js';
import { findCommonScopes } from './token-scope.js';

/** What of a key depends on the keys above it. */
type Narrowable = Pick<
  ApiKeyRecord,
  | 'parentId'
  | 'ancestors'
  | 'enabled'
  | 'revokedAt'
  | 'expiresAt'
  | 'createdAt'
  | 'enforced'
  | 'scopes'
  | 'features'
  | 'ipAllowlist'
  | 'resources'
>;

/**
 * Leaves of a key what every key above it leaves now: a child is revoked, disabled and expires with its parent, and has no
 * right that its parent does not have. Returns the same object for a key without a parent. Idle ends depend on uses, which
 * are no changes: {@link isBelowIdleKey}.
 */
export function narrowToAncestors<K extends Narrowable>(
  key: K,
  catalogue: Pick<ScopeCatalogue, 'covers'>,
): K {
  if (key.parentId === null) return key;
  const narrowed = key.ancestors.reduce((left, ancestor) => narrowToAncestor(left, ancestor, catalogue), key);
  // A row that was deleted by hand could have been that of a revoked key.
  return isLineageComplete(key) ? narrowed : { ...narrowed, enabled: false };
}

function narrowToAncestor<K extends Narrowable>(
  key: K,
  ancestor: KeyAncestor,
  catalogue: Pick<ScopeCatalogue, 'covers'>,
): K {
  const ends = [getExpiresAt(key), getExpiresAt(ancestor)].filter((end) => end !== null);
  return {
    ...key,
    revokedAt: key.revokedAt ?? ancestor.revokedAt,
    enabled: key.enabled && ancestor.enabled,
    expiresAt: ends.length === 0 ? null : Math.min(...ends),
    scopes: key.scopes.every((scope) => isCoveredByAny(ancestor.scopes, scope))
      ? key.scopes
      : findCommonScopes(key.scopes, ancestor.scopes, catalogue),
    features: key.features.filter((feature) => ancestor.features.includes(feature)),
    ipAllowlist: intersectAllowlists(key.ipAllowlist, ancestor.ipAllowlist),
    resources: intersectResourceBindings(key.resources, ancestor.resources),
  };
}

/** Whether a key above has not been used for too long: then the keys below it are refused with it. */
export function isBelowIdleKey({ ancestors }: Pick<ApiKeyRecord, 'ancestors'>, now: number): boolean {
  return ancestors.some((ancestor) => isIdle(ancestor, now));
}

/** Whether a copy of a key above is past its idle end; it may have been used since that copy was made. */
export function isBelowPastIdleEnd({ ancestors }: Pick<ApiKeyRecord, 'ancestors'>, now: number): boolean {
  return ancestors.some((ancestor) => isPastIdleEnd(ancestor, now));
}
