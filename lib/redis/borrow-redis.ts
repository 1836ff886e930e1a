import type { RedisClient, RedisConnection } from './redis-client.js';

/** Uses a client of the app. It is never closed here, and none of its options are relied on. */
export function borrowRedis(client: RedisClient): RedisConnection {
  return { client, close: () => undefined };
}
