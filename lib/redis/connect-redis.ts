import { Redis } from 'ioredis';
import { disconnectRedis } from './disconnect-redis.js';
import { keepConnected } from './keep-connected.js';
import type { RedisConnection } from './redis-client.js';
import { readRedisRefusal } from './redis-refusal.js';

/** How long connecting may take, and how long a server with an unanswered command may be silent, in milliseconds. */
const connectionTimeoutMs = 1000;
/** The maximum pause between two attempts to connect, in milliseconds. */
const retryCapMs = 1000;
/** How long a connection may take to close, in milliseconds. */
const closeTimeoutMs = 200;
/** The minimum time between two reconnects because the server accepts no writes, in milliseconds. */
const followEveryMs = 2000;

/**
 * How long to wait before a reconnect: a lost connection usually comes back at once; after that, one attempt a second
 * for as long as it takes.
 *
 * @param attempt - 1 is the first one after a loss
 * @returns milliseconds
 */
export function getReconnectPauseMs(attempt: number): number {
  return attempt === 1 ? 50 : retryCapMs;
}

/**
 * Creates a client of our own, which connects on `connect()`. The defaults of ioredis are made for waiting: a command
 * waits for 20 attempts to connect, is queued while there is no connection, and is sent again after one was lost
 * (https://github.com/redis/ioredis/issues/2130). Here a command is sent now and once, or fails. Deadlines of single
 * commands are set by their callers; after a second without a reply, the client reconnects. Neither the
 * connection nor the attempts to make it keep a finished process alive.
 *
 * A server that refuses to write because it is a replica was a primary before: the client reconnects, so that
 * it follows a name or an address that now leads to the new primary.
 *
 * @param url - `redis://` or `rediss://`, checked; over TLS the server's name is verified
 * @param onError - called with every error of the connection
 */
export function connectRedis(url: string, onError: (error: unknown) => void): RedisConnection {
  let reconnectedAt = -Infinity;
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: connectionTimeoutMs,
    socketTimeout: connectionTimeoutMs,
    disconnectTimeout: closeTimeoutMs,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    retryStrategy: () => null,
    // Returning `true` makes ioredis reconnect; the command fails all the same. Each success resets `attempt`, so a
    // server that stays a replica would be reconnected to without end.
    reconnectOnError: (error) => {
      const refusal = readRedisRefusal(error);
      const now = performance.now();
      if (refusal !== 'READONLY' && refusal !== 'NOREPLICAS') return false;
      if (now - reconnectedAt < followEveryMs) return false;
      reconnectedAt = now;
      return true;
    },
  });
  client.on('error', onError);
  const stopReconnecting = keepConnected(client, getReconnectPauseMs);
  return {
    client,
    close: () => {
      stopReconnecting();
      disconnectRedis(client);
    },
  };
}
