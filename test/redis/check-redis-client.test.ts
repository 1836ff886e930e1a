import { Cluster, Redis } from 'ioredis';
import { Redis as Redis5 } from 'ioredis5';
import { InvalidOptionError } from '../../lib/errors.js';
import { checkKeyPrefix } from '../../lib/redis/check-key-prefix.js';
import { checkRedisClient } from '../../lib/redis/check-redis-client.js';

const lazy = { lazyConnect: true } as const;
const method = () => null;
const stub: Readonly<Record<string, unknown>> = {
  status: 'ready',
  getrange: method,
  eval: method,
  evalsha: method,
  publish: method,
  connect: method,
  on: method,
  off: method,
};

function refusalOf(client: unknown): unknown {
  return errorOf(() => checkRedisClient(client));
}

function errorOf(run: () => unknown): unknown {
  try {
    run();
    return null;
  } catch (error) {
    return error;
  }
}

describe('checkRedisClient', () => {
  it.each([
    'redis://localhost:6379',
    'rediss://user:p%40ss@cache.example.com:6380/2',
    'redis://:password@[::1]:6379/',
    'redis://localhost?family=6',
  ])('takes the URL %j', (url) => {
    expect(refusalOf(url)).toBeNull();
  });

  it.each([
    ['an ioredis 6 client', () => new Redis(lazy)],
    ['an ioredis 5 client', () => new Redis5(lazy)],
    ['a Cluster', () => new Cluster(['redis://127.0.0.1:1'], lazy)],
    [
      'a Sentinel client',
      () => new Redis({ ...lazy, name: 'm', sentinels: [{ host: '127.0.0.1', port: 1 }] }),
    ],
  ])('takes %s, without connecting', (_, make) => {
    const client = make();
    expect(refusalOf(client)).toBeNull();
    expect(client.status).toBe('wait');
  });

  it.each([
    '',
    'localhost:6379',
    'redis:localhost:6379',
    'http://:hunter2@localhost',
    'redis://u:hunter2@host:notaport',
    'redis://u:hunter2@host/name',
    'redis://u:hunter2@host?enableOfflineQueue=true',
    'redis://u:hunter2@host?family=hunter2',
  ])('refuses the URL %j without repeating it', (url) => {
    const refusal = refusalOf(url);
    expect(refusal).toBeInstanceOf(InvalidOptionError);
    expect(String(refusal)).toMatch(/redis: takes |redis: after host and port, the URL takes /);
    expect(String(refusal) + JSON.stringify(refusal)).not.toContain('hunter2');
    expect((refusal as Error).cause).toBeUndefined();
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a number', 6379],
    ['an empty object', {}],
    ['a function', () => stub],
    ['a client of the package redis', { isOpen: true, get: () => null, eval: () => null }],
    ['a client without eval', { ...stub, eval: undefined }],
    ['a client without evalsha', { ...stub, evalsha: undefined }],
    ['a client without events', { ...stub, on: undefined }],
  ])('refuses %s', (_, connection) => {
    expect(refusalOf(connection)).toMatchObject({
      code: 'ERR_API_KEYS_INVALID_OPTION',
      message: 'redis: takes a URL such as redis://localhost:6379, or an ioredis client (5 or 6)',
    });
  });

  it.each([
    ["scaleReads: 'master'", new Cluster(['redis://127.0.0.1:1'], { ...lazy, scaleReads: 'slave' })],
    ["scaleReads: 'master'", new Cluster(['redis://127.0.0.1:1'], { ...lazy, scaleReads: 'all' })],
    ["scaleReads: 'master'", { ...stub, options: { scaleReads: () => 0 } }],
    ["role: 'master'", new Redis({ ...lazy, name: 'm', role: 'slave', sentinels: [{ host: '127.0.0.1' }] })],
  ])('refuses a client that reads from replicas, and says to write %s', (instead, client) => {
    const refusal = refusalOf(client);
    expect(refusal).toBeInstanceOf(InvalidOptionError);
    expect(String(refusal)).toContain(instead);
  });

  it('names the option that it was given', () => {
    expect(errorOf(() => checkRedisClient(42, 'redis.client'))).toMatchObject({
      message: expect.stringMatching(/^redis\.client: takes /) as string,
    });
  });
});

describe('checkKeyPrefix', () => {
  it.each(['', 'acme:', 'a|b~', 'x'.repeat(100)])('takes the prefix %j', (keyPrefix) => {
    expect(checkKeyPrefix(keyPrefix)).toBe(keyPrefix);
  });

  it.each(['a b', 'a{b', 'a}b', 'a\n', 'ä', 'x'.repeat(101), undefined, null, 7, ['acme:']])(
    'refuses the prefix %j',
    (keyPrefix) => {
      const refusal = errorOf(() => checkKeyPrefix(keyPrefix));
      expect(refusal).toBeInstanceOf(InvalidOptionError);
      expect(String(refusal)).toContain('redis.keyPrefix: takes ');
    },
  );
});
