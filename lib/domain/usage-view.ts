import type { UsageCount, UseVerdict } from './key-usage.js';

/** How often a key was used in one hour or day. */
export interface UsagePeriod {
  readonly start: Date;
  /** Verdict -> number of requests; verdicts that did not occur are omitted. */
  readonly counts: Readonly<Partial<Record<UseVerdict, number>>>;
}

/** Usage statistics of a key. */
export interface KeyUsage {
  /** From when on requests were counted: later than what was asked for where that is too long ago. */
  readonly from: Date;
  /** Up to when; hours and days that start then or later are omitted. */
  readonly to: Date;
  /** Oldest first; hours and days in which the key was not used are omitted. */
  readonly items: readonly UsagePeriod[];
  readonly lastUsedAt: Date | null;
  /** The last known address, in canonical form; `null` if none is known. */
  readonly lastUsedAddress: string | null;
}

/** The recorded usage of a key; times are epoch milliseconds. */
export interface RecordedUsage {
  /** The start of the first hour or day that was looked at. */
  readonly from: number;
  /** Hours and days that start then or later were not looked at. */
  readonly to: number;
  /** By start and then by verdict; hours and days without uses are omitted. */
  readonly counts: readonly UsageCount[];
  readonly lastUsedAt: number | null;
  readonly lastUsedAddress: string | null;
}

/** Groups counts into one item per hour or day. */
export function toKeyUsage({ from, to, counts, lastUsedAt, lastUsedAddress }: RecordedUsage): KeyUsage {
  const periods = new Map<number, Partial<Record<UseVerdict, number>>>();
  for (const { start, verdict, count } of counts) {
    const period = periods.get(start) ?? {};
    period[verdict] = count;
    periods.set(start, period);
  }
  return {
    from: new Date(from),
    to: new Date(to),
    items: Array.from(periods, ([start, ofPeriod]) => ({ start: new Date(start), counts: ofPeriod })),
    lastUsedAt: lastUsedAt === null ? null : new Date(lastUsedAt),
    lastUsedAddress,
  };
}
