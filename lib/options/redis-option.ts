import { isPlainObject } from './is-plain-object.js';
import { ignoreEmpty, withDefault, takeAsGiven } from './option-readers.js';
import { readOptions, type ReadersOf } from './read-options.js';
import { checkKeyPrefix } from '../redis/check-key-prefix.js';
import { checkRedisClient } from '../redis/check-redis-client.js';
import type { RedisClient } from '../redis/redis-client.js';
import { defaultKeyPrefix } from '../redis/default-key-prefix.js';

/** The option `redis` as an object: the cache and the counters that processes share. */
export interface RedisOption {
  /** A Redis URL or your ioredis client (5 or 6). `undefined` and `''`: no Redis. */
  readonly client: string | RedisClient | undefined;
  /**
   * What the names of all keys and channels begin with, at most 100 printable ASCII characters without spaces and braces.
   * All processes on one database use the same one.
   *
   * @default 'api-keys:'
   */
  readonly keyPrefix?: string | undefined;
}

/** The option with its defaults. */
export interface ResolvedRedisOption {
  readonly client: string | RedisClient;
  readonly keyPrefix: string;
}

const readers = {
  client: ignoreEmpty(takeAsGiven<unknown>()),
  keyPrefix: withDefault(checkKeyPrefix, defaultKeyPrefix),
} satisfies ReadersOf<RedisOption>;

/**
 * Reads the option `redis`; `null` when there is none. Nothing is connected.
 *
 * @throws InvalidOptionError
 */
export function readRedis(value: unknown, path: string): ResolvedRedisOption | null {
  if (value === undefined) return null;
  // An ioredis client has a method `client`, so only a plain object without commands is a group of options.
  if (!isPlainObject(value) || 'eval' in value) return readClient(value, path, defaultKeyPrefix);
  const { client, keyPrefix } = readOptions(path, value, readers, {
    example: "{ client: 'redis://localhost:6379', keyPrefix: 'acme:' }",
  });
  const isLeftOut = client === undefined && 'client' in value;
  return isLeftOut ? null : readClient(client, `${path}.client`, keyPrefix);
}

function readClient(client: unknown, path: string, keyPrefix: string): ResolvedRedisOption {
  return { client: checkRedisClient(client, path), keyPrefix };
}
