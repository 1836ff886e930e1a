import { noPolicy } from '../domain/keyspace-policy.js';
import { largestLifetimeDays, type LifetimeBounds } from '../domain/lifetime-bounds.js';
import { takeFlag, takeWholeNumber, withDefault } from '../options/option-readers.js';
import type { OptionReader } from '../options/read-options.js';

/** What every compatibility router takes about the lifetime of its keys; as in `policy` of `createApiKeys`. */
export interface LifetimeOptions {
  /** The longest life of a key in days, counted from its creation, 1 to 3,650. Default: no bound. */
  readonly maxLifetimeDays?: number | undefined;
  /** For how many days a key may stay unused, 1 to 3,650. Default: no bound. */
  readonly maxIdleDays?: number | undefined;
  /**
   * Applies both to keys that were created before, too.
   *
   * @default false
   */
  readonly enforceOnExisting?: boolean | undefined;
}

/** The part of the policy of a keyspace that the options set. */
export interface LifetimePolicy extends LifetimeBounds {
  readonly enforceOnExisting: boolean;
}

const takeDays = takeWholeNumber(1, largestLifetimeDays, 'of days');

/** How they are read, for the options of a router. */
export const lifetimeReaders: {
  readonly [K in keyof LifetimePolicy]: OptionReader<LifetimePolicy[K]>;
} = {
  maxLifetimeDays: withDefault<number | null>(takeDays, noPolicy.maxLifetimeDays),
  maxIdleDays: withDefault<number | null>(takeDays, noPolicy.maxIdleDays),
  enforceOnExisting: withDefault(takeFlag, noPolicy.enforceOnExisting),
};

/** Picks the part of the policy of a keyspace from the options of a router. */
export function toLifetimePolicy(options: LifetimePolicy): LifetimePolicy {
  const { maxLifetimeDays, maxIdleDays, enforceOnExisting } = options;
  return { maxLifetimeDays, maxIdleDays, enforceOnExisting };
}
