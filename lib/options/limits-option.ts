import { allowAbsent, withDefault, takeField, takeOneOf, takeWholeNumber } from './option-readers.js';
import { readOptions, type ReadersOf } from './read-options.js';
import { maxCredits } from '../domain/credits.js';
import { parseRateLimits } from '../domain/limit-fields.js';
import { noCeilings, type OwnerCeilings } from '../domain/owner-ceilings.js';
import type { RateLimit } from '../domain/rate-limit.js';

/** The option `limits`: what applies besides the limits of each key. */
export interface LimitsOption {
  /**
   * Limits that all keys of one owner share, besides their own: `[{ name: 'minute', limit: 600, windowSeconds: 60 }]`.
   * Headers show them as `owner.minute`.
   *
   * @default [] - none
   */
  readonly perOwner?: readonly RateLimit[] | undefined;
  /** The maximum limits and credits that owners, and keys that manage keys, can set. Default: no maximum. */
  readonly ceilings?: LimitCeilings | undefined;
  /**
   * What happens to requests with limited keys while Redis is unreachable: `per-process` counts them in each process
   * separately, so that an owner can get up to the limit from every process; `deny` answers 503. Needs `redis`: without it,
   * every process always counts separately.
   *
   * @default 'per-process'
   */
  readonly onOutage?: LimiterOutage | undefined;
}

/** The maximum limits and credits that owners can give the keys they manage. */
export interface LimitCeilings {
  /**
   * For each of these, every key that an owner creates or limits has a window that allows no more requests in no less
   * time. That window then stays, with its name and length; owners may change its limit. Keys that are created without
   * limits get these.
   *
   * @default [] - no maximum
   */
  readonly rateLimits?: readonly RateLimit[] | undefined;
  /**
   * The maximum credits of a key that an owner creates; a key that is created without credits gets as many. Afterwards
   * owners can only take credits away, and they can set no refills. Default: no maximum.
   */
  readonly credits?: number | undefined;
}

/** What happens to requests with limited keys while Redis is unreachable. */
export type LimiterOutage = 'per-process' | 'deny';

/** The option with its defaults. */
export interface ResolvedLimitsOption {
  readonly perOwner: readonly RateLimit[];
  readonly ceilings: OwnerCeilings;
  readonly onOutage: LimiterOutage;
}

const takeRateLimits = withDefault(
  takeField(parseRateLimits, "[{ name: 'minute', limit: 60, windowSeconds: 60 }]"),
  [],
);

const ceilingReaders = {
  rateLimits: takeRateLimits,
  credits: withDefault<number | null>(takeWholeNumber(0, maxCredits), null),
} satisfies ReadersOf<LimitCeilings>;

const readers = {
  perOwner: takeRateLimits,
  ceilings: withDefault<OwnerCeilings>((value, path) => readOptions(path, value, ceilingReaders), noCeilings),
  onOutage: allowAbsent(takeOneOf<LimiterOutage>('per-process', 'deny')),
} satisfies ReadersOf<LimitsOption>;

/** The option as it is read: without Redis, `onOutage` must be absent. */
export type LimitsRead = Omit<ResolvedLimitsOption, 'onOutage'> & Pick<LimitsOption, 'onOutage'>;

/** @throws InvalidOptionError */
export function readLimits(value: unknown, path: string): LimitsRead {
  return readOptions(path, value === undefined ? {} : value, readers, {
    example: "{ perOwner: [{ name: 'minute', limit: 600, windowSeconds: 60 }] }",
  });
}
