import { InvalidOptionError } from '../errors.js';
import type { RedisClient } from './redis-client.js';

/**
 * Rejects what can never work, without connecting: a string that is no usable URL, an object that is no ioredis client, a
 * client that reads from replicas. No message repeats the URL, which may contain a password.
 *
 * @param path - the full name of the option, for messages
 * @returns the URL or the client
 * @throws InvalidOptionError
 */
export function checkRedisClient(client: unknown, path = 'redis'): string | RedisClient {
  if (typeof client === 'string') return checkUrl(client, path);
  return checkClient(client, path);
}

function checkUrl(url: string, path: string): string {
  // The error of `new URL` repeats its argument, password included, so none of it is passed on.
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || (parsed.protocol !== 'redis:' && parsed.protocol !== 'rediss:'))
    throw createOptionError(path);
  if (!/^(?:\/\d*)?$/.test(parsed.pathname)) {
    throw new InvalidOptionError(
      `${path}: after host and port, the URL takes only the number of a database, for example redis://localhost:6379/2`,
    );
  }
  // ioredis reads options from the query, and they would override ours.
  const isKnown = [...parsed.searchParams].every(
    ([name, value]) => name === 'family' && /^[046]$/.test(value),
  );
  if (!isKnown) {
    throw new InvalidOptionError(
      `${path}: takes a URL without options (but family=4 or family=6); pass an ioredis client to set others`,
    );
  }
  return url;
}

function checkClient(client: unknown, path: string): RedisClient {
  if (typeof client !== 'object' || client === null) throw createOptionError(path);
  const has = (name: string, type: string): boolean => typeof Reflect.get(client, name) === type;
  const methods = ['getrange', 'eval', 'evalsha', 'publish', 'connect', 'on', 'off'];
  if (!has('status', 'string') || !methods.every((name) => has(name, 'function')))
    throw createOptionError(path);
  const options: unknown = Reflect.get(client, 'options');
  if (typeof options !== 'object' || options === null) return client as RedisClient;
  if ('scaleReads' in options && options.scaleReads !== 'master') {
    throw new InvalidOptionError(`${path}: takes a Cluster with scaleReads: 'master'. ${lag}`);
  }
  if ('role' in options && options.role === 'slave') {
    throw new InvalidOptionError(`${path}: takes a Sentinel client with role: 'master'. ${lag}`);
  }
  return client as RedisClient;
}

const lag = 'A replica can lag behind and show a key as it was before a change that was already confirmed';

function createOptionError(path: string): InvalidOptionError {
  return new InvalidOptionError(
    `${path}: takes a URL such as redis://localhost:6379, or an ioredis client (5 or 6)`,
  );
}
