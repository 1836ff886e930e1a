import type { LocalCacheLimits } from '../verify/local-cache.js';
import { orDefault, takeWholeNumber } from './option-readers.js';
import { readOptions, type ReadersOf } from './read-options.js';

const readers = {
  maxEntries: orDefault(takeWholeNumber(1, Number.MAX_SAFE_INTEGER), 10_000),
  maxBytes: orDefault(takeWholeNumber(1, Number.MAX_SAFE_INTEGER), 16 * 1024 * 1024),
} satisfies ReadersOf<LocalCacheLimits>;

/**
 * Reads the option `localCache`; `null` for `false`: this process caches no keys.
 *
 * @throws InvalidOptionError
 */
export function readLocalCache(value: unknown, path: string): LocalCacheLimits | null {
  if (value === false) return null;
  return readOptions(path, value === undefined ? {} : value, readers, {
    example: '{ maxEntries: 100_000 }, or false',
  });
}
