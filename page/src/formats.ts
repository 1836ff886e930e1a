import type { Say } from './texts.js';
import type { Author, RateLimit } from './records.js';
import { readServerTime } from './server-time.js';

/** How times, numbers and spans are written in one language. */
export interface Formats {
  /** A day, as `3 Mar 2027`. */
  day(time: string | number): string;
  /** The day that begins at a time in UTC. */
  utcDay(time: number): string;
  /** A day with its time. */
  moment(time: string | number): string;
  /** A time of today, with seconds. */
  clock(time: string | number): string;
  number(value: number): string;
  /** A span of whole seconds, as `2 hours` or `7 days`. */
  span(seconds: number): string;
  /** A short span, as `412 ms` or `2.3 sec`. */
  shortSpan(ms: number): string;
  /** How far away a time is, as `in 3 days` or `2 hours ago`. */
  distance(time: string | number): string;
  list(items: readonly string[]): string;
}

const units = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const;

/** @param language - BCP 47 */
export function createFormats(language: string): Formats {
  const day = new Intl.DateTimeFormat(language, { dateStyle: 'medium' });
  const utcDay = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeZone: 'UTC' });
  const moment = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' });
  const clock = new Intl.DateTimeFormat(language, { timeStyle: 'medium' });
  const number = new Intl.NumberFormat(language);
  const distance = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  const list = new Intl.ListFormat(language, { type: 'conjunction' });
  return {
    day: (time) => day.format(new Date(time)),
    utcDay: (time) => utcDay.format(new Date(time)),
    moment: (time) => moment.format(new Date(time)),
    clock: (time) => clock.format(new Date(time)),
    number: (value) => number.format(value),
    span(seconds) {
      const [unit, size] = units.find(([, each]) => seconds >= each && seconds % each === 0) ?? units[3];
      return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(
        seconds / size,
      );
    },
    shortSpan(ms) {
      const [value, unit] = ms < 1_000 ? [ms, 'millisecond'] : [ms / 1_000, 'second'];
      const options = { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: 1 } as const;
      return new Intl.NumberFormat(language, options).format(value);
    },
    distance(time) {
      const seconds = Math.round((new Date(time).getTime() - readServerTime()) / 1000);
      const [unit, size] = units.find(([, each]) => Math.abs(seconds) >= each) ?? units[3];
      return distance.format(Math.trunc(seconds / size), unit);
    },
    list: (items) => list.format(items),
  };
}

const windows = { 1: 'second', 60: 'minute', 3600: 'hour', 86400: 'day', 2592000: 'month' } as const;

/** How long a window is, as `minute` or `2 hours`: what stands behind "per" and "every". */
export function describeWindow(seconds: number, say: Say, formats: Formats): string {
  const name = windows[seconds as keyof typeof windows] as (typeof windows)[1] | undefined;
  return name === undefined ? formats.span(seconds) : say(name);
}

/** A window in words, as `600 requests per minute`. */
export function describeLimit({ limit, windowSeconds }: RateLimit, say: Say, formats: Formats): string {
  const window = describeWindow(windowSeconds, say, formats);
  return say('limitText', { limit: formats.number(limit), window });
}

/** Who did something: the member where there is one, by name where that is known. */
export function describeAuthor(author: Author, say: Say): string {
  return author.memberName ?? author.memberId ?? author.id ?? say('theApp');
}
