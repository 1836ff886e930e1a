import { InvalidOptionError } from '../errors.js';

/**
 * Returns a prefix that the names of Redis keys can begin with.
 *
 * @param path - the full name of the option, for the message
 * @throws InvalidOptionError
 */
export function checkKeyPrefix(keyPrefix: unknown, path = 'redis.keyPrefix'): string {
  if (typeof keyPrefix === 'string' && /^[!-z|~]{0,100}$/.test(keyPrefix)) return keyPrefix;
  throw new InvalidOptionError(
    `${path}: takes at most 100 printable ASCII characters without spaces and braces, for example 'acme:'`,
  );
}
