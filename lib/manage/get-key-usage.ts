import { InvalidFieldError, parseMoment } from '../domain/key-fields.js';
import { dayMs, hourMs, startOf, usageKeptMs, type UsageCount } from '../domain/key-usage.js';
import { getKey } from './get-key.js';
import type { Moment } from '../domain/moment.js';
import type { ChangeContext } from './change.js';
import type { ManagePorts } from './manage-ports.js';
import { readFields } from './read-fields.js';

/** Which part of a key's use to show. */
export interface UsageFilter<T extends Moment = Date> {
  /** Whether hours or days (UTC) are counted together; default `hour`. */
  readonly by?: 'hour' | 'day' | undefined;
  /**
   * From which hour or day on. Default: the last 24 hours or 30 days up to `to`. No more than
   * 31 days of hours or 90 days are shown.
   */
  readonly from?: T | undefined;
  /** Up to when; hours and days that begin then or later are left out. Default: now. */
  readonly to?: T | undefined;
}

/** How often a key was used, and when and from where last. */
export interface RecordedUsage {
  /** By start and then by verdict; hours and days without uses are left out. */
  readonly counts: readonly UsageCount[];
  readonly lastUsedAt: number | null;
  readonly lastUsedAddress: string | null;
}

/** Most hours in one answer: 31 days. */
const maxHours = 31 * 24;
/** Most days in one answer. */
const maxDays = usageKeptMs / dayMs;
const defaultHours = 24;
const defaultDays = 30;

/** What was written of a key's use so far; uses are written every few seconds. */
export async function getKeyUsage(
  ports: ManagePorts,
  context: ChangeContext,
  id: string,
  filter: UsageFilter<Moment>,
): Promise<RecordedUsage> {
  const query = readUsageFilter(filter, ports.clock.now());
  const { id: keyId, lastUsedAt, lastUsedAddress } = await getKey(ports, context, id);
  const counts = await ports.store.usage.list({ keyId, ...query });
  return { counts, lastUsedAt, lastUsedAddress };
}

/** @throws ApiKeysError `invalid_request` */
function readUsageFilter(
  filter: UsageFilter<Moment>,
  now: number,
): { readonly by: 'hour' | 'day'; readonly from: number; readonly to: number } {
  const read = readFields<{ by: 'hour' | 'day'; from: number; to: number }>(
    { ...filter },
    { by: parseUsagePeriod, from: parseMoment, to: parseMoment },
    [],
  );
  const { by = 'hour', to = now } = read;
  const periodMs = by === 'day' ? dayMs : hourMs;
  const periods = by === 'day' ? defaultDays : defaultHours;
  // The running hour or day counts as one of them.
  const findFirst = (count: number): number => startOf(periodMs, to - 1) - (count - 1) * periodMs;
  const earliest = findFirst(by === 'day' ? maxDays : maxHours);
  const from = Math.max(startOf(periodMs, read.from ?? findFirst(periods)), earliest);
  return { by, from, to };
}

/** `hour` or `day`. */
export function parseUsagePeriod(value: unknown): 'hour' | 'day' {
  if (value === 'hour' || value === 'day') return value;
  throw new InvalidFieldError('must be one of hour, day');
}
