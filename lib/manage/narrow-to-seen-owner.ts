/** Conditions of a list that may name an owner. */
export interface WithOwner {
  readonly ownerId?: string | undefined;
}

/**
 * The query for a store. An owner's own id is part of the query, so that no condition can reach past it.
 *
 * @param seenOwner - the only owner whose keys exist for the actor; `null` when all do
 * @returns `null` when the actor requests the data of another owner, of which nothing is visible
 */
export function narrowToSeenOwner<T extends WithOwner>(seenOwner: string | null, wanted: T): T | null {
  if (seenOwner === null) return wanted;
  if (wanted.ownerId !== undefined && wanted.ownerId !== seenOwner) return null;
  return { ...wanted, ownerId: seenOwner };
}
