import { allowAbsent, orDefault, takeField, takeOneOf, takeWholeNumber } from './option-readers.js';
import { readOptions, type OptionReader, type ReadersOf } from './read-options.js';
import { maxCredits } from '../domain/credits.js';
import { parseRateLimits } from '../domain/limit-fields.js';
import { noCeilings, type OwnerCeilings } from '../domain/owner-ceilings.js';
import type { RateLimit } from '../domain/rate-limit.js';

/** How far owners may go with the limits and credits of their keys. */
export interface OwnerCeilingsOption {
  /**
   * For each of these, every key that an owner makes or limits has a window with no more requests in no less time. That
   * window then stays, with its name and length; owners may change its limit. Who names no limits gets these.
   */
  readonly rateLimits?: readonly RateLimit[] | undefined;
  /**
   * Most credits of a key that an owner makes; who names none gets so many. Owners can only take away later, and give
   * no refills.
   */
  readonly credits?: number | undefined;
}

/** What becomes of requests with limited keys while Redis is away. */
export type LimiterOutage = 'per-process' | 'deny';

/** The options about limits, with their defaults. */
export interface LimitOptions {
  readonly ownerRateLimits: readonly RateLimit[];
  readonly onLimiterOutage: LimiterOutage;
  readonly ownerCeilings: OwnerCeilings;
}

const example = "[{ name: 'minute', limit: 60, windowSeconds: 60 }]";

const ceilingReaders = {
  rateLimits: orDefault(takeField(parseRateLimits, example), []),
  credits: orDefault<number | null>(takeWholeNumber(0, maxCredits), null),
} satisfies ReadersOf<OwnerCeilingsOption>;

interface LimitReaders {
  readonly ownerRateLimits: OptionReader<readonly RateLimit[]>;
  readonly onLimiterOutage: OptionReader<LimiterOutage | undefined>;
  readonly ownerCeilings: OptionReader<OwnerCeilings>;
}

/** Readers of the options about limits. */
export const limitReaders: LimitReaders = {
  ownerRateLimits: orDefault(takeField(parseRateLimits, example), []),
  onLimiterOutage: allowAbsent(takeOneOf<LimiterOutage>('per-process', 'deny')),
  ownerCeilings: readCeilings,
};

function readCeilings(value: unknown, path: string): OwnerCeilings {
  return value === undefined ? noCeilings : readOptions(path, value, ceilingReaders);
}
