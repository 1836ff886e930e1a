import { Redis } from 'ioredis';
import type { RedisConnection } from './redis-client.js';
import { redisRefusal } from './redis-refusal.js';

/** Longest silence of a server that was asked something, and longest pause between two attempts to connect. */
const patienceMs = 1000;

/** What is reported about a connection. */
export interface RedisConnectionEvents {
  onError(error: unknown): void;
  onReady(): void;
}

/**
 * Prepares a client of our own; it connects when it is opened. ioredis' defaults are made for waiting: a command waits
 * for 20 attempts to connect, is queued while there is no connection, and is sent again after one was lost
 * (https://github.com/redis/ioredis/issues/2130). Here a command is sent now and once, or fails.
 *
 * A server that refuses to write because it is a replica was a primary before: the connection is made anew, at most
 * once a second, so that a name or an address that now leads to the new primary is followed.
 *
 * @param url - `redis://` or `rediss://`, checked
 * @param commandTimeoutMs - how long a command may take
 */
export function connectRedis(
  url: string,
  commandTimeoutMs: number,
  events: RedisConnectionEvents,
): RedisConnection {
  let reconnectedAt = -Infinity;
  const client = new Redis(url, {
    lazyConnect: true,
    commandTimeout: commandTimeoutMs,
    connectTimeout: patienceMs,
    socketTimeout: patienceMs,
    disconnectTimeout: commandTimeoutMs,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    // A lost connection usually comes back at once; after that, one attempt a second for as long as it takes.
    retryStrategy: (attempt) => (attempt === 1 ? 50 : patienceMs),
    // The answer `true` makes ioredis reconnect; the command fails all the same. Each success starts `attempt` anew, so
    // a server that stays a replica would be connected to without end.
    reconnectOnError: (error) => {
      const now = performance.now();
      if (redisRefusal(error) !== 'READONLY' || now - reconnectedAt < patienceMs) return false;
      reconnectedAt = now;
      return true;
    },
  });
  client.on('error', (error) => events.onError(error));
  client.on('ready', () => events.onReady());
  return {
    client,
    open: async () => {
      if (client.status === 'wait') await client.connect();
    },
    close: () => client.disconnect(),
  };
}
