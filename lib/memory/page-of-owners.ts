import type { OwnerRecord } from '../domain/owner.js';
import type { OwnerQuery } from '../ports/owner-store.js';

/** One page of owners, by their ids. */
export function listOwnersPage(
  owners: ReadonlyMap<string, OwnerRecord>,
  { isSuspended, after, limit }: OwnerQuery,
): readonly OwnerRecord[] {
  return [...owners.values()]
    .filter(({ suspendedAt }) => isSuspended === undefined || isSuspended === (suspendedAt !== null))
    .filter(({ ownerId }) => after === undefined || ownerId > after)
    .sort((a, b) => (a.ownerId < b.ownerId ? -1 : 1))
    .slice(0, limit);
}
