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

/** Whether a value is such an option. */
export function isExpiryNoticesOption(value: unknown): value is ExpiryNoticesOption {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const { thresholdsDays, notify, ...unknownNames } = value as Record<string, unknown>;
  return (
    Object.keys(unknownNames).length === 0 &&
    (thresholdsDays === undefined || areThresholds(thresholdsDays)) &&
    (notify === undefined || typeof notify === 'function')
  );
}

function areThresholds(value: unknown): boolean {
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
