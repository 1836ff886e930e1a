import type { UsageCount } from '../domain/key-usage.js';
import type { DailyRouteCount, RouteCount } from '../domain/route-usage.js';
import type { UsedPart } from '../domain/used-part.js';

/** How often keys were used: by hour and verdict with the parts that were used, written by `KeyStore.recordUse`, and by route. */
export interface UsageLog {
  /** The counts of one key, by start and then by verdict (by code unit); periods without uses are left out. */
  list(query: UsageQuery): Promise<readonly UsageCount[]>;
  /**
   * The parts of some keys that were used, by key, kind and name (by code unit). They are kept as long as the key, and those of
   * a credential as long as that.
   */
  listParts(keyIds: readonly string[]): Promise<readonly UsedPart[]>;
  /**
   * Adds to the counts of routes. Counts of the same key, day, route and status are added up, also those of several processes; those
   * of keys that do not exist, or with a string that no database stores (NUL, an unpaired surrogate), are skipped. Of one key and
   * one day, at most 100 routes are stored, of all processes together; the others are counted as one that is called `other`. A rejected call
   * may have added them all the same.
   */
  addRoutes(counts: readonly DailyRouteCount[]): Promise<void>;
  /** The sums of several days of one key, by route and then by status (by code unit). */
  listRoutes(query: RouteUsageQuery): Promise<readonly RouteCount[]>;
  /**
   * Deletes some of the counts of the hours before a time, and of routes of the days that begin before it.
   *
   * @param limit - the maximum number of counts to delete
   * @returns the number of deleted counts; fewer than `limit` means that these were all
   */
  forgetBefore(time: number, limit: number): Promise<number>;
}

/** Which counts of routes to add up: those of the days that begin at `from` or later and before `to`, epoch milliseconds. */
export interface RouteUsageQuery {
  readonly keyId: string;
  readonly from: number;
  readonly to: number;
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
