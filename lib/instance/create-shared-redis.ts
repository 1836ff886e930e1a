import type { Pepper } from '../crypto/peppers.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import type { Logger } from '../ports/logger.js';
import type { VerificationCache } from '../ports/verification-cache.js';
import { createManagedRedis, type ManagedRedis } from '../redis/managed-redis.js';
import { createRedisVerificationCache } from '../redis/redis-verification-cache.js';

/** The Redis of an instance, shared by cached keys, rate limits and nonces. */
export interface SharedRedis {
  /** Opened and closed by the cache. */
  readonly connection: ManagedRedis;
  readonly keyPrefix: string;
  readonly cache: VerificationCache;
}

/** Creates it without connecting; `null` without the option `redis`. */
export function createSharedRedis(
  { redis, clock }: Pick<ResolvedOptions, 'redis' | 'clock'>,
  peppers: readonly Pepper[],
  logger: Logger,
): SharedRedis | null {
  if (redis === null) return null;
  const { client, keyPrefix } = redis;
  const connection = createManagedRedis(client, keyPrefix, logger);
  const cache = createRedisVerificationCache({ connection, keyPrefix, peppers, clock, logger });
  return { connection, keyPrefix, cache };
}
