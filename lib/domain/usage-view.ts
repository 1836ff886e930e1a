import type { UsageCount, UseVerdict } from './key-usage.js';
import type { RouteCount, StatusClass } from './route-usage.js';

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
  /** Only with `byRoute`: the routes that it was used for, in the days (UTC) from that of `from`; most requests first. */
  readonly routes?: readonly {
    /** As the app has declared it: `/orders/:id`. `other` stands for the routes beyond the first 100 of a day. */
    readonly route: string;
    /**
     * Class of status (`2xx` to `5xx`, or `aborted` where the caller was gone before the end of the answer) -> number of requests;
     * classes that did not occur are omitted.
     */
    readonly counts: Readonly<Partial<Record<StatusClass, number>>>;
  }[];
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
  /** By route; `null` where they were not asked for. */
  readonly routes: readonly RouteCount[] | null;
  readonly lastUsedAt: number | null;
  readonly lastUsedAddress: string | null;
}

/** Groups counts into one item per hour or day. */
export function toKeyUsage(recorded: RecordedUsage): KeyUsage {
  const { from, to, counts, routes, lastUsedAt, lastUsedAddress } = recorded;
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
    ...(routes === null ? {} : { routes: groupByRoute(routes) }),
    lastUsedAt: lastUsedAt === null ? null : new Date(lastUsedAt),
    lastUsedAddress,
  };
}

function groupByRoute(counts: readonly RouteCount[]): NonNullable<KeyUsage['routes']> {
  const routes = new Map<string, { total: number; readonly counts: Partial<Record<StatusClass, number>> }>();
  for (const { route, status, count } of counts) {
    const ofRoute = routes.get(route) ?? { total: 0, counts: {} };
    ofRoute.total += count;
    ofRoute.counts[status] = count;
    routes.set(route, ofRoute);
  }
  return [...routes]
    .sort(([a, ofA], [b, ofB]) => ofB.total - ofA.total || (a < b ? -1 : 1))
    .map(([route, { counts: ofRoute }]) => ({ route, counts: ofRoute }));
}
