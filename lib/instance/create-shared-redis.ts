import type { Pepper } from '../crypto/peppers.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import type { Logger } from '../ports/logger.js';
import type { VerificationCache } from '../ports/verification-cache.js';
import type { ManagedRedis } from '../redis/managed-redis.js';

/** The Redis of an instance, shared by cached keys, rate limits and nonces. */
export interface SharedRedis {
  /** Opened and closed by the cache. */
  readonly connection: ManagedRedis;
  readonly keyPrefix: string;
  readonly cache: VerificationCache;
}

/** Loads the code and creates it without connecting; `null` without the option `redis`. */
export async function createSharedRedis(
  { redis, clock }: Pick<ResolvedOptions, 'redis' | 'clock'>,
  peppers: readonly Pepper[],
  logger: Logger,
): Promise<SharedRedis | null> {
  if (redis === null) return null;
  const { client, keyPrefix } = redis;
  const [{ createManagedRedis }, { createRedisVerificationCache }] = await Promise.all([
    import(/* webpackMode: "eager" */ '../redis/managed-redis.js'),
    import(/* webpackMode: "eager" */ '../redis/redis-verification-cache.js'),
  ]);
  const connection = createManagedRedis(client, keyPrefix, logger);
  const cache = createRedisVerificationCache({ connection, keyPrefix, peppers, clock, logger });
  return { connection, keyPrefix, cache };
}
