import type { UsageCount } from '../domain/key-usage.js';
import type { UsedPart } from '../domain/used-part.js';

/** How often keys were used, by hour and verdict, and which parts of them. It is written by `KeyStore.recordUse`. */
export interface UsageLog {
  /** The counts of one key, by start and then by verdict (by code unit); periods without uses are left out. */
  list(query: UsageQuery): Promise<readonly UsageCount[]>;
  /**
   * The parts of some keys that were used, by key, kind and name (by code unit). They are kept as long as the key, and those of
   * a credential as long as that.
   */
  listParts(keyIds: readonly string[]): Promise<readonly UsedPart[]>;
  /**
   * Deletes some of the counts of the hours before a time.
   *
   * @param limit - the maximum number of counts to delete
   * @returns the number of deleted counts; fewer than `limit` means that these were all
   */
  forgetBefore(time: number, limit: number): Promise<number>;
}

/** Which counts to list. */
export interface UsageQuery {
  readonly keyId: string;
  /** The hours that begin at this time or later, epoch milliseconds. */
  readonly from: number;
  /** The hours that begin before this time. */
  readonly to: number;
  /** Whether counts are grouped by hour or by day (UTC). */
  readonly by: 'hour' | 'day';
}
