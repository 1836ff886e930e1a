import { Redis } from 'ioredis';
import { InvalidOptionError } from '../errors.js';
import type { RedisConnection } from './redis-client.js';

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
 * @param url - `redis://` or `rediss://`; its password is never part of a message
 * @param commandTimeoutMs - how long a command may take
 * @throws InvalidOptionError when the URL cannot be used
 */
export function connectRedis(
  url: string,
  commandTimeoutMs: number,
  events: RedisConnectionEvents,
): RedisConnection {
  const client = new Redis(checkedUrl(url), {
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

/** `new URL` repeats what it was given in its error, password included: none of it is passed on. */
function checkedUrl(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || (parsed.protocol !== 'redis:' && parsed.protocol !== 'rediss:')) {
    throw new InvalidOptionError(
      'redis must be a URL such as redis://localhost:6379, or an ioredis client (5 or 6)',
    );
  }
  // ioredis reads options from the query, and they would win over ours.
  const unknown = [...parsed.searchParams.keys()].filter((name) => name !== 'family');
  if (unknown.length > 0) {
    throw new InvalidOptionError(
      'redis must be a URL without options; hand in an ioredis client to set some',
    );
  }
  return url;
}
