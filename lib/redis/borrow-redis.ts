import { InvalidOptionError } from '../errors.js';
import type { RedisClient, RedisConnection } from './redis-client.js';

/**
 * Uses a client that the app made. It is never closed here, and none of its options are relied on.
 *
 * @throws InvalidOptionError when it is no ioredis client, or one that reads from replicas
 */
export function borrowRedis(client: RedisClient): RedisConnection {
  if (!isUsable(client)) {
    throw new InvalidOptionError(
      'redis must be a URL such as redis://localhost:6379, or an ioredis client (5 or 6)',
    );
  }
  const { options } = client;
  if (options !== undefined && 'scaleReads' in options && options.scaleReads !== 'master') {
    throw new InvalidOptionError(
      "redis must be a Cluster with scaleReads: 'master'. A replica can lag behind and show a key as it was before a " +
        'change that was already confirmed',
    );
  }
  return {
    client,
    open: async () => {
      // Answers nothing of use, but makes a lazy client connect and tells whether the server is there.
      await client.getrange('api-keys:open', 0, 0);
    },
    close: () => undefined,
  };
}

function isUsable(client: unknown): boolean {
  if (typeof client !== 'object' || client === null) return false;
  const { status, getrange, eval: evaluate } = client as Partial<Record<keyof RedisClient, unknown>>;
  return typeof status === 'string' && typeof getrange === 'function' && typeof evaluate === 'function';
}
