import { InvalidFieldError, parseEnabled, parseMoment } from '../domain/key-fields.js';
import { dayMs } from '../domain/day-ms.js';
import { hourMs, getPeriodStart, usageKeptMs } from '../domain/key-usage.js';
import type { RecordedUsage } from '../domain/usage-view.js';
import { getKey } from './get-key.js';
import type { Moment } from '../domain/moment.js';
import type { ChangeContext } from './change.js';
import type { ManagePorts } from './manage-ports.js';
import type { ParsedFields } from './parsed-fields.js';
import { readFields } from './read-fields.js';

/** Selects a part of a key's usage. */
export interface UsageFilter<T extends Moment = Date> {
  /** Whether uses are counted by hour or by day (UTC); default `hour`. */
  readonly by?: 'hour' | 'day' | undefined;
  /**
   * The first hour or day. Default: the last 24 hours or 30 days up to `to`. At most 31 days of hours or 90 days are returned; `from`
   * of the result is where they begin.
   */
  readonly from?: T | undefined;
  /** The end; hours and days that start then or later are omitted. Default: now. */
  readonly to?: T | undefined;
  /**
   * Whether to return `routes` as well: the requests by route and class of status, of whole days (UTC) from the one in which `from`
   * is. They are counted where the option `metrics.usageByRoute` is set. Default: `false`.
   */
  readonly byRoute?: boolean | undefined;
}

/** Maximum number of hours in one result: 31 days. */
const maxHours = 31 * 24;
/** Maximum number of days in one result. */
const maxDays = usageKeptMs / dayMs;
const defaultHours = 24;
const defaultDays = 30;

/** The recorded usage of a key; uses are recorded every few seconds. */
export async function getKeyUsage(
  ports: ManagePorts,
  context: ChangeContext,
  id: string,
  filter: UsageFilter<Moment> | ParsedFields,
): Promise<RecordedUsage> {
  const { byRoute, ...query } = readUsageFilter(filter, ports.clock.now());
  const { id: keyId, lastUsedAt, lastUsedAddress } = await getKey(ports, context, id);
  const counts = await ports.store.usage.list({ keyId, ...query });
  const { from, to } = query;
  const routes = byRoute
    ? await ports.store.usage.listRoutes({ keyId, from: getPeriodStart(dayMs, from), to })
    : null;
  return { from, to, counts, routes, lastUsedAt, lastUsedAddress };
}

interface UsageFields {
  readonly by: 'hour' | 'day';
  readonly from: number;
  readonly to: number;
  readonly byRoute: boolean;
}

/** @throws ApiKeysError `invalid_request` */
function readUsageFilter(filter: UsageFilter<Moment> | ParsedFields, now: number): UsageFields {
  const read = readFields<UsageFields>(
    filter,
    { by: parseUsagePeriod, from: parseMoment, to: parseMoment, byRoute: parseEnabled },
    [],
  );
  const { by = 'hour', byRoute = false } = read;
  // Nothing was used before 1970.
  const to = Math.max(0, read.to ?? now);
  const periodMs = by === 'day' ? dayMs : hourMs;
  const periods = by === 'day' ? defaultDays : defaultHours;
  // The current hour or day counts as one of them.
  const findFirst = (count: number): number => getPeriodStart(periodMs, to - 1) - (count - 1) * periodMs;
  const earliest = findFirst(by === 'day' ? maxDays : maxHours);
  const from = Math.max(0, getPeriodStart(periodMs, read.from ?? findFirst(periods)), earliest);
  return { by, from, to, byRoute };
}

/** `hour` or `day`. */
export function parseUsagePeriod(value: unknown): 'hour' | 'day' {
  if (value === 'hour' || value === 'day') return value;
  throw new InvalidFieldError('must be one of hour, day');
}
