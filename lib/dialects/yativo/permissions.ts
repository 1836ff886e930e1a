import type { ScopeCatalogue } from '../../domain/scope-catalogue.js';
import type { MapScopes } from '../scope-map.js';

/** The permissions of keys, which are also the default of a request that names none. */
export const yativoPermissions = [
  'transactions:read',
  'transactions:write',
  'accounts:read',
  'accounts:write',
  'webhooks:manage',
  'analytics:read',
] as const;

/** Coarse permissions of the example and the guide -> the permissions that they include. */
const coarseWords: Readonly<Record<string, readonly string[]>> = {
  read: yativoPermissions.filter((each) => each.endsWith(':read')),
  write: yativoPermissions.filter((each) => /:(?:write|manage)$/.test(each)),
  transactions: yativoPermissions.filter((each) => each.startsWith('transactions:')),
  webhooks: ['webhooks:manage'],
};

/** All permissions that a key may hold, coarse ones last. */
export const yativoScopes: readonly string[] = [...yativoPermissions, ...Object.keys(coarseWords)];

/** Whether granted permissions together include everything that a required one stands for. */
export function coversPermission(granted: readonly string[], required: string): boolean {
  const wanted = expandPermission(required);
  const grantedPermissions = new Set(granted.flatMap(expandPermission));
  return wanted.length > 0 && wanted.every((each) => grantedPermissions.has(each));
}

/** @param mapScopes - maps them to scopes of the app */
export function createYativoCatalogue(mapScopes: MapScopes): ScopeCatalogue {
  const isKnown = (scope: string): boolean => yativoScopes.includes(scope);
  return {
    names: yativoScopes,
    has: isKnown,
    grantable: yativoScopes,
    isGrantable: isKnown,
    covers: coversPermission,
    expand: mapScopes,
  };
}

function expandPermission(scope: string): readonly string[] {
  if (Object.hasOwn(coarseWords, scope)) return coarseWords[scope] ?? [];
  return (yativoPermissions as readonly string[]).includes(scope) ? [scope] : [];
}
