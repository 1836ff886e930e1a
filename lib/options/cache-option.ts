import { maxLeaseSeconds } from '../domain/lease-bounds.js';
import { withDefault, takeWholeNumber } from './option-readers.js';
import { readOptions, type OptionReader, type ReadersOf } from './read-options.js';
import type { LocalCacheLimits } from '../verify/local-cache.js';

/** The option `cache`: the keys that this process caches in memory. */
export interface CacheOption {
  /**
   * The maximum number of keys that this process caches, so that most requests are verified without I/O. `0`: none.
   *
   * @default 10_000
   */
  readonly maxKeys?: number | undefined;
  /**
   * The maximum memory of these keys, estimated, in bytes.
   *
   * @default 16_777_216 - 16 MiB
   */
  readonly maxBytes?: number | undefined;
  /**
   * How long this process may go on using cached keys while the database does not respond, 2 to 60 seconds; afterwards it
   * answers 503. A change that cannot be confirmed takes effect after so long, and one second more, at the latest. It also
   * applies to keys that are cached in Redis.
   *
   * @default 4
   */
  readonly leaseSeconds?: number | undefined;
  /**
   * After so many seconds without a guarded request, a call of this package or an open connection that is closed when its key
   * changes, this process leaves the list of processes and sends the database nothing, 1 to 86,400. The next request joins the list
   * again before anything cached is used. `0` or `false`: never. Processes with `events` or `expiryNotices` never do.
   *
   * @default 60
   */
  readonly quietAfterSeconds?: number | false | undefined;
}

/** The longest time without a request after which a process goes quiet, in seconds. */
const maxQuietAfterSeconds = 86_400;

/** The option with its defaults. */
export interface ResolvedCacheOption extends LocalCacheLimits {
  readonly leaseSeconds: number;
  /** `null`: never. */
  readonly quietAfterMs: number | null;
}

const takeSeconds = takeWholeNumber(0, maxQuietAfterSeconds, 'of seconds');
const takeQuietTime: OptionReader<number> = (value, path) => (value === false ? 0 : takeSeconds(value, path));

const readers = {
  maxKeys: withDefault(takeWholeNumber(0, Number.MAX_SAFE_INTEGER), 10_000),
  maxBytes: withDefault(takeWholeNumber(1, Number.MAX_SAFE_INTEGER, 'of bytes'), 16 * 1024 * 1024),
  leaseSeconds: withDefault(takeWholeNumber(2, maxLeaseSeconds, 'of seconds'), 4),
  quietAfterSeconds: withDefault(takeQuietTime, 60),
} satisfies ReadersOf<CacheOption>;

const renamed = { maxEntries: 'cache.maxKeys' };

/**
 * Reads the option `cache`; `false` is read as `maxKeys: 0` with the default lease.
 *
 * @throws InvalidOptionError
 */
export function readCache(value: unknown, path: string): ResolvedCacheOption {
  const given = value === false ? { maxKeys: 0 } : value;
  const { quietAfterSeconds, ...others } = readOptions(path, given === undefined ? {} : given, readers, {
    example: '{ maxKeys: 100_000 }, or false',
    renamed,
  });
  return { ...others, quietAfterMs: quietAfterSeconds === 0 ? null : quietAfterSeconds * 1_000 };
}
