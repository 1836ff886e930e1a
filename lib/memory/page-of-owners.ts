import type { ApiKeyRecord } from '../domain/api-key.js';
import type { OwnerRecord } from '../domain/owner.js';
import type { OwnerQuery } from '../ports/owner-store.js';
import { hasPart } from './has-part.js';

/** One page of owners, by their ids. */
export function listOwnersPage(
  owners: ReadonlyMap<string, OwnerRecord>,
  { isSuspended, q, after, until, limit }: OwnerQuery,
): readonly OwnerRecord[] {
  return [...owners.values()]
    .filter(({ suspendedAt }) => isSuspended === undefined || isSuspended === (suspendedAt !== null))
    .filter(({ ownerId }) => q === undefined || hasPart(ownerId, q))
    .filter(({ ownerId }) => after === undefined || ownerId > after)
    .filter(({ ownerId }) => until === undefined || ownerId <= until)
    .sort((a, b) => (a.ownerId < b.ownerId ? -1 : 1))
    .slice(0, limit);
}

/** One page of the ids of owners that have keys. */
export function listOwnersWithKeys(
  keys: ReadonlyMap<string, ApiKeyRecord>,
  { after, limit }: Pick<OwnerQuery, 'after' | 'limit'>,
): readonly string[] {
  return [...new Set([...keys.values()].map(({ ownerId }) => ownerId))]
    .filter((ownerId) => after === undefined || ownerId > after)
    .toSorted((a, b) => (a < b ? -1 : 1))
    .slice(0, limit);
}
