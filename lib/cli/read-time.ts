import { CellError } from './cell-error.js';

/** Date, time and zone as RFC 3339 has them, or as databases write them: a space in the middle, and zones such as `+00`. */
const timePattern =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?(?: ?(Z|UTC|[+-]\d\d(?::?\d\d)?))?$/i;
/** Seconds and milliseconds of the years 2000 to 2199: no number is in both, and dates written as numbers (20270131) are in neither. */
const [minSeconds, maxSeconds] = [946_684_800, 7_258_118_400];
const hint =
  'must be a time such as 2027-01-31T12:00:00Z, or seconds or milliseconds since 1970, of the years 2000 to 2199';

/**
 * Reads a time: with a zone, or as seconds or milliseconds since 1970.
 *
 * @param isUtc - whether a time without a zone is in UTC; otherwise it is refused, because keys would end hours early or late
 * @throws CellError
 */
export function readTime(value: unknown, isUtc: boolean): Date {
  if (value instanceof Date) return value;
  if (typeof value === 'number' || typeof value === 'bigint') return readEpoch(Number(value));
  if (typeof value !== 'string') throw new CellError(hint);
  const text = value.trim();
  if (/^\d{6,}(?:\.\d+)?$/.test(text)) return readEpoch(Number(text));
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '', zone] =
    timePattern.exec(text) ?? [];
  if (year === undefined) throw new CellError(hint);
  if (zone === undefined && !isUtc) {
    throw new CellError('has no time zone: write one, or pass --utc if all times are in UTC');
  }
  const local = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  const date = new Date(`${local}.${fraction.padEnd(3, '0').slice(0, 3)}${writeZone(zone ?? 'Z')}`);
  // `Date` makes 2 March of 30 February.
  const exists =
    !Number.isNaN(Date.parse(`${local}Z`)) && new Date(`${local}Z`).toISOString().startsWith(local);
  if (Number.isNaN(date.getTime()) || !exists) throw new CellError('must be a time that exists');
  return date;
}

function writeZone(zone: string): string {
  if (/^(?:Z|UTC)$/i.test(zone)) return 'Z';
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0');
  return `${zone.slice(0, 1)}${digits.slice(0, 2)}:${digits.slice(2)}`;
}

function readEpoch(number: number): Date {
  for (const milliseconds of [number * 1_000, number]) {
    if (milliseconds >= minSeconds * 1_000 && milliseconds < maxSeconds * 1_000) {
      return new Date(Math.floor(milliseconds));
    }
  }
  throw new CellError(hint);
}
