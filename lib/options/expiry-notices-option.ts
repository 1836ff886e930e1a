import { allowAbsent, take, takeFunction } from './option-readers.js';
import { readOptions, type ReadersOf } from './read-options.js';
import type { ApiKey } from '../domain/api-key-view.js';

/** Says that the end of a key is near. */
export interface ExpiryNoticeMessage {
  readonly apiKey: ApiKey;
  /** It ends within so many days. */
  readonly thresholdDays: number;
}

/** When to say that the ends of keys are near. */
export interface ExpiryNoticesOption {
  /**
   * How many days before its end a key is spoken of: 1 to 10 different whole numbers from 1 to 365. A key that already
   * ends sooner than the next one when it is looked at is spoken of once for the smallest that fits.
   *
   * @default [14, 3]
   */
  readonly thresholdsDays?: readonly number[] | undefined;
  /** Is called after the audit entry was written, in one process, at most once for each key, end and threshold. */
  readonly notify?: ((notice: ExpiryNoticeMessage) => void | Promise<void>) | undefined;
}

const defaultThresholdsDays: readonly number[] = [14, 3];
const secondsPerDay = 24 * 60 * 60;

const readers = {
  thresholdsDays: allowAbsent(
    take('1 to 10 different whole numbers of days from 1 to 365, for example [14, 3]', areThresholds),
  ),
  notify: allowAbsent(takeFunction<NonNullable<ExpiryNoticesOption['notify']>>('a function')),
} satisfies ReadersOf<ExpiryNoticesOption>;

/** @throws InvalidOptionError */
export function readExpiryNotices(value: unknown, path: string): ExpiryNoticesOption {
  return readOptions(path, value, readers, { example: '{ thresholdsDays: [14, 3] }' });
}

function areThresholds(value: unknown): value is readonly number[] {
  return (
    Array.isArray(value) &&
    value.length >= 1 &&
    value.length <= 10 &&
    value.every((days) => Number.isInteger(days) && days >= 1 && days <= 365) &&
    new Set(value).size === value.length
  );
}

/** Seconds, the smallest first. */
export function thresholdsOf({
  thresholdsDays = defaultThresholdsDays,
}: ExpiryNoticesOption): readonly number[] {
  return thresholdsDays.map((days) => days * secondsPerDay).sort((a, b) => a - b);
}

/** What the sweep calls. */
export function noticeMessage(apiKey: ApiKey, thresholdSeconds: number): ExpiryNoticeMessage {
  return { apiKey, thresholdDays: thresholdSeconds / secondsPerDay };
}
