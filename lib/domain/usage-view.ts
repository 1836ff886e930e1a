import type { UsageCount, UseVerdict } from './key-usage.js';

/** How often a key was used in one hour or day. */
export interface UsagePeriod {
  readonly start: Date;
  /** Verdict -> how often; verdicts that did not occur are left out. */
  readonly counts: Readonly<Partial<Record<UseVerdict, number>>>;
}

/** How a key was used. */
export interface KeyUsage {
  /** Oldest first; hours and days in which it was not used are left out. */
  readonly items: readonly UsagePeriod[];
  readonly lastUsedAt: Date | null;
  /** In canonical form; `null` when it is not known. */
  readonly lastUsedAddress: string | null;
}

/** Shows counts, one item for each hour or day. @param counts - by start */
export function usageViewOf(
  counts: readonly UsageCount[],
  lastUsedAt: number | null,
  lastUsedAddress: string | null,
): KeyUsage {
  const periods = new Map<number, Partial<Record<UseVerdict, number>>>();
  for (const { start, verdict, count } of counts) {
    const period = periods.get(start) ?? {};
    period[verdict] = count;
    periods.set(start, period);
  }
  return {
    items: Array.from(periods, ([start, ofPeriod]) => ({ start: new Date(start), counts: ofPeriod })),
    lastUsedAt: lastUsedAt === null ? null : new Date(lastUsedAt),
    lastUsedAddress,
  };
}
