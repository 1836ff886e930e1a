/**
 * Removal of what may name a person and is outside of the records of keys and owners. It happens in small steps that wait for no
 * change and that no change waits for; each may be repeated.
 *
 * Every method settles within the deadline of the store and rejects with `ERR_API_KEYS_UNAVAILABLE` when the database does not
 * respond.
 */
export interface Erasure {
  /**
   * Removes the personal part of entries of the audit trail. Their payloads and hashes stay as they are. Entries without such a
   * part are skipped.
   *
   * @returns the number of entries that had one
   */
  eraseFromTrail(sequences: readonly number[]): Promise<number>;
  /**
   * Deletes events of the access log that name an owner, or one of its keys and nobody else, at most `limit` of them.
   *
   * @returns the number of deleted events; fewer than `limit` means that these were all
   */
  eraseFromAccessLog(ownerId: string, limit: number): Promise<number>;
  /**
   * Deletes what guards in observe mode have counted of the keys of an owner, at most `limit` counts.
   *
   * @returns the number of deleted counts; fewer than `limit` means that these were all
   */
  eraseFromObservations(ownerId: string, limit: number): Promise<number>;
  /** Removes the addresses that keys were last used from, and what is recorded of their parts, and deletes their chains of refresh tokens. */
  eraseTraces(keyIds: readonly string[]): Promise<ErasedTraces>;
  /**
   * Deletes the usage of keys by route, at most `limit` counts.
   *
   * @returns the number of deleted counts; fewer than `limit` means that these were all
   */
  eraseRoutes(keyIds: readonly string[], limit: number): Promise<number>;
  /** Deletes what an owner has spent of shared credits, in every environment; the number of rows. */
  eraseSpentCredits(ownerId: string): Promise<number>;
}

/** How much was removed. */
export interface ErasedTraces {
  readonly lastUsedAddresses: number;
  readonly refreshGrants: number;
}
