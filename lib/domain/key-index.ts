/**
 * The ids of cached keys by what they have in common: an owner, or a key above them. Most owners have one cached key: its id is
 * kept as it is, and a set is made only for a second one.
 */
export class KeyIndex {
  readonly #keyIds = new Map<string, string | Set<string>>();

  add(groupId: string, keyId: string): void {
    const known = this.#keyIds.get(groupId);
    if (known === undefined) this.#keyIds.set(groupId, keyId);
    else if (typeof known !== 'string') known.add(keyId);
    else if (known !== keyId) this.#keyIds.set(groupId, new Set([known, keyId]));
  }

  remove(groupId: string, keyId: string): void {
    const known = this.#keyIds.get(groupId);
    if (typeof known === 'string') {
      if (known === keyId) this.#keyIds.delete(groupId);
      return;
    }
    known?.delete(keyId);
    if (known?.size === 0) this.#keyIds.delete(groupId);
  }

  /** One of the ids. */
  getAny(groupId: string): string | undefined {
    const known = this.#keyIds.get(groupId);
    return typeof known === 'object' ? known.values().next().value : known;
  }

  /** The ids as they are now; the list does not change with the index. */
  list(groupId: string): readonly string[] {
    const known = this.#keyIds.get(groupId);
    if (known === undefined) return [];
    return typeof known === 'string' ? [known] : [...known];
  }
}
