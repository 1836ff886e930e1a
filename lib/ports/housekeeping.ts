/** Rows that expire. No row that is removed here is read any more. */
export type ExpiredRows = 'claims' | 'nonces' | 'revokedTokens' | 'refreshGrants' | 'expiryNotices';

/** Removal of rows that have expired. It happens in the background, never in the transaction of a request. */
export interface Housekeeping {
  /**
   * The time by the clock of the store, in epoch milliseconds; `null` where it has none besides that of the process. What is removed
   * because of its age is old by this clock as well. Default: `null`.
   */
  readClock?(): Promise<number | null>;
  /**
   * Removes some of the rows that expired at `time` or earlier (epoch milliseconds); of claims, those that were made
   * before it; of notices, those of ends at that time or earlier.
   *
   * @param limit - the maximum number of rows to remove
   * @returns the number of removed rows; fewer than `limit` means that these were all, or that another process
   * removes the rest
   */
  removeExpired(rows: ExpiredRows, time: number, limit: number): Promise<number>;
  /**
   * The ids of keys that were revoked, or have reached their `expiresAt`, at `time` or earlier (epoch milliseconds), and of keys
   * below these, which have ended with them; at most `limit`. A key that is the parent of a stored one is left out: it is removed
   * after its children, which would be refused without it.
   */
  findEndedKeys(time: number, limit: number): Promise<readonly string[]>;
  /**
   * Deletes counts of the uses of keys, at most `limit` of them. A key can have thousands, more than one change should remove.
   *
   * @returns the number of deleted counts; fewer than `limit` means that these were all
   */
  removeUsage(keyIds: readonly string[], limit: number): Promise<number>;
  /**
   * Deletes entries of the trail up to its start, oldest first, at most `limit` of them.
   *
   * @returns the number of deleted entries; fewer than `limit` means that these were all, or that another process deletes the
   * rest
   */
  removeTrimmed(limit: number): Promise<number>;
}
