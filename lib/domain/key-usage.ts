import { dayMs } from './day-ms.js';
import type { RefusalCode } from './verdict.js';

/** The outcome of a request with a valid secret. */
export type UseVerdict = 'allowed' | RefusalCode;

/** How often a key was used in one hour or day, with one verdict. */
export interface UsageCount {
  /** When the hour or the day (UTC) begins, in epoch milliseconds. */
  readonly start: number;
  readonly verdict: UseVerdict;
  readonly count: number;
}

/** One hour, in milliseconds. */
export const hourMs: number = 60 * 60 * 1000;
/** How long the counts of an hour are kept, in milliseconds: 90 days. */
export const usageKeptMs: number = 90 * dayMs;

/** Returns when the hour or the day of a given time begins. */
export function getPeriodStart(periodMs: number, at: number): number {
  return Math.floor(at / periodMs) * periodMs;
}
