import { allowAbsent, take, takeFunction } from './option-readers.js';
import { readOptions, type ReadersOf } from './read-options.js';
import type { ApiKey } from '../domain/api-key-view.js';
import type { EndNotice } from '../domain/end-notice.js';

/** The notice that a key ends soon. */
export interface ExpiryNoticeMessage {
  readonly apiKey: ApiKey;
  /** Why it ends: at its `expiresAt`, or at its `idleAt` because it is not used. */
  readonly reason: 'expires' | 'idle';
  /** The key ends within so many days. */
  readonly thresholdDays: number;
}

/** The option `expiryNotices`: when keys that expire soon are announced. */
export interface ExpiryNoticesOption {
  /**
   * How many days before a key expires, or becomes idle (`policy.maxIdleDays`), it is announced: 1 to 10 different whole numbers from 1 to 365. A key that is
   * already within several of them when it is first checked is announced once, for the smallest. A threshold of more than half
   * of `maxIdleDays` does not count for idle keys.
   *
   * @default [14, 3]
   */
  readonly thresholdsDays?: readonly number[] | undefined;
  /**
   * Called after the audit entry was written, in one process, at most once for each key, expiration and threshold: not
   * again when it fails.
   */
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

/** Returns the thresholds in seconds, the smallest first. */
export function readThresholds({
  thresholdsDays = defaultThresholdsDays,
}: ExpiryNoticesOption): readonly number[] {
  return thresholdsDays.map((days) => days * secondsPerDay).sort((a, b) => a - b);
}

/** Builds the notice that `notify` is called with. */
export function createNotice(apiKey: ApiKey, { reason, thresholdSeconds }: EndNotice): ExpiryNoticeMessage {
  return { apiKey, reason, thresholdDays: thresholdSeconds / secondsPerDay };
}
