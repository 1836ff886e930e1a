import { InvalidOptionError } from '../errors.js';

/**
 * Refuses what can never work, without connecting: a text that is no usable URL, an object that is no ioredis client, a
 * client that reads from replicas, a prefix that Redis keys cannot begin with. No message repeats the URL, which may
 * hold a password.
 *
 * @param connection - the option `redis`
 * @param keyPrefix - the option `redisKeyPrefix`; `undefined` means the default
 * @throws InvalidOptionError
 */
export function checkRedisOption(connection: unknown, keyPrefix: unknown): void {
  if (typeof connection === 'string') checkUrl(connection);
  else checkClient(connection);
  if (keyPrefix !== undefined) checkPrefix(keyPrefix);
}

function checkUrl(url: string): void {
  // `new URL` repeats what it was given in its error, password included: none of it is passed on.
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || (parsed.protocol !== 'redis:' && parsed.protocol !== 'rediss:')) throw neither();
  if (!/^(?:\/\d*)?$/.test(parsed.pathname)) {
    throw new InvalidOptionError(
      'redis: after host and port takes nothing but the number of a database, for example redis://localhost:6379/2',
    );
  }
  // ioredis reads options from the query, and they would win over ours.
  const isKnown = [...parsed.searchParams].every(
    ([name, value]) => name === 'family' && /^[046]$/.test(value),
  );
  if (!isKnown) {
    throw new InvalidOptionError(
      'redis: takes a URL without options (but family=4 or family=6); hand in an ioredis client to set others',
    );
  }
}

function checkClient(client: unknown): void {
  if (typeof client !== 'object' || client === null) throw neither();
  const has = (name: string, type: string): boolean => typeof Reflect.get(client, name) === type;
  const methods = ['getrange', 'eval', 'evalsha', 'publish', 'connect', 'on', 'off'];
  if (!has('status', 'string') || !methods.every((name) => has(name, 'function'))) throw neither();
  const options: unknown = Reflect.get(client, 'options');
  if (typeof options !== 'object' || options === null) return;
  if ('scaleReads' in options && options.scaleReads !== 'master') {
    throw new InvalidOptionError(`redis: takes a Cluster with scaleReads: 'master'. ${lag}`);
  }
  if ('role' in options && options.role === 'slave') {
    throw new InvalidOptionError(`redis: takes a Sentinel client with role: 'master'. ${lag}`);
  }
}

const lag = 'A replica can lag behind and show a key as it was before a change that was already confirmed';

function neither(): InvalidOptionError {
  return new InvalidOptionError(
    'redis: takes a URL such as redis://localhost:6379, or an ioredis client (5 or 6)',
  );
}

function checkPrefix(keyPrefix: unknown): void {
  if (typeof keyPrefix === 'string' && /^[!-z|~]{0,100}$/.test(keyPrefix)) return;
  throw new InvalidOptionError(
    "redisKeyPrefix: takes at most 100 printable ASCII characters without spaces and braces, for example 'acme:'",
  );
}
