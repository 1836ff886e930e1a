/**
 * The ids of cached keys by their owner. Most owners have one cached key: its id is kept as it is, and a set is made only for
 * a second one.
 */
export class OwnerIndex {
  readonly #keyIds = new Map<string, string | Set<string>>();

  add(ownerId: string, keyId: string): void {
    const known = this.#keyIds.get(ownerId);
    if (known === undefined) this.#keyIds.set(ownerId, keyId);
    else if (typeof known !== 'string') known.add(keyId);
    else if (known !== keyId) this.#keyIds.set(ownerId, new Set([known, keyId]));
  }

  remove(ownerId: string, keyId: string): void {
    const known = this.#keyIds.get(ownerId);
    if (typeof known === 'string') {
      if (known === keyId) this.#keyIds.delete(ownerId);
      return;
    }
    known?.delete(keyId);
    if (known?.size === 0) this.#keyIds.delete(ownerId);
  }

  /** The ids as they are now; the list does not change with the index. */
  list(ownerId: string): readonly string[] {
    const known = this.#keyIds.get(ownerId);
    if (known === undefined) return [];
    return typeof known === 'string' ? [known] : [...known];
  }
}
