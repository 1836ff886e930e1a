import type { UsageCount, UseVerdict } from './key-usage.js';

/** How often a key was used in one hour or day. */
export interface UsagePeriod {
  readonly start: Date;
  /** Verdict -> number of requests; verdicts that did not occur are omitted. */
  readonly counts: Readonly<Partial<Record<UseVerdict, number>>>;
}

/** Usage statistics of a key. */
export interface KeyUsage {
  /** Oldest first; hours and days in which the key was not used are omitted. */
  readonly items: readonly UsagePeriod[];
  readonly lastUsedAt: Date | null;
  /** The last known address, in canonical form; `null` if none is known. */
  readonly lastUsedAddress: string | null;
}

/** Groups counts into one item per hour or day. @param counts - ordered by start */
export function toKeyUsage(
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
