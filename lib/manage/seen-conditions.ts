/** Conditions of a list that may name an owner. */
interface WithOwner {
  readonly ownerId?: string | undefined;
}

/**
 * What to ask a store for. An owner's own id is part of the query, so that no condition can reach past it.
 *
 * @param seenOwner - the only owner whose keys exist for the actor; `null` when all do
 * @returns `null` when the actor asks for what belongs to somebody else, of which there is nothing to see
 */
export function seenConditions<T extends WithOwner>(seenOwner: string | null, wanted: T): T | null {
  if (seenOwner === null) return wanted;
  if (wanted.ownerId !== undefined && wanted.ownerId !== seenOwner) return null;
  return { ...wanted, ownerId: seenOwner };
}
