import { Redis } from 'ioredis';
import { keepConnected } from './keep-connected.js';
import type { RedisConnection } from './redis-client.js';
import { redisRefusal } from './redis-refusal.js';

/** Longest silence of a server that was asked something, and longest pause between two attempts to connect. */
const patienceMs = 1000;
/** How long a connection may take to close, in milliseconds. */
const closeTimeoutMs = 200;
/** Shortest time between two connections that are made because the server takes no writes, in milliseconds. */
const followEveryMs = 2000;

/**
 * How long to wait before an attempt to connect again: a lost connection usually comes back at once; after that, one
 * attempt a second for as long as it takes.
 *
 * @param attempt - 1 is the first one after a loss
 * @returns milliseconds
 */
export function reconnectPauseMs(attempt: number): number {
  return attempt === 1 ? 50 : patienceMs;
}

/**
 * Prepares a client of our own; it connects when it is told to. ioredis' defaults are made for waiting: a command waits
 * for 20 attempts to connect, is queued while there is no connection, and is sent again after one was lost
 * (https://github.com/redis/ioredis/issues/2130). Here a command is sent now and once, or fails. Deadlines of single
 * commands are set by whoever sends them; a server that says nothing for a second is connected to anew. Neither the
 * connection nor the attempts to make it keep a process alive that is done.
 *
 * A server that refuses to write because it is a replica was a primary before: the connection is made anew, so that a
 * name or an address that now leads to the new primary is followed.
 *
 * @param url - `redis://` or `rediss://`, checked; over TLS the server's name is verified
 * @param onError - told of every error of the connection
 */
export function connectRedis(url: string, onError: (error: unknown) => void): RedisConnection {
  let reconnectedAt = -Infinity;
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: patienceMs,
    socketTimeout: patienceMs,
    disconnectTimeout: closeTimeoutMs,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    retryStrategy: () => null,
    // The answer `true` makes ioredis reconnect; the command fails all the same. Each success starts `attempt` anew, so
    // a server that stays a replica would be connected to without end.
    reconnectOnError: (error) => {
      const refusal = redisRefusal(error);
      const now = performance.now();
      if (refusal !== 'READONLY' && refusal !== 'NOREPLICAS') return false;
      if (now - reconnectedAt < followEveryMs) return false;
      reconnectedAt = now;
      return true;
    },
  });
  client.on('error', onError);
  const letGo = keepConnected(client, reconnectPauseMs);
  return {
    client,
    close: () => {
      letGo();
      client.disconnect();
    },
  };
}
