import pg from 'pg';
import { Redis } from 'ioredis';
import { InvalidOptionError, type ApiKeysOptions } from '../../lib/index.js';
import { memoryStore } from '../../lib/testing/index.js';
import { resolveOptions } from '../../lib/options/resolve-options.js';
import { testPepper } from '../harness/instance.js';
import { createWith } from './create-options.js';

const base = { prefix: 'acme', scopes: { 'orders:read': 'Read orders' }, pepper: testPepper } as const;
const resolve = (options: Partial<ApiKeysOptions>) => resolveOptions({ ...base, ...options });
const url = 'postgres://localhost/acme';

class NoPool {}

/** Sets `NODE_ENV` for one call. */
function inProduction<T>(run: () => T): T {
  const before = process.env['NODE_ENV'];
  process.env['NODE_ENV'] = 'production';
  try {
    return run();
  } finally {
    process.env['NODE_ENV'] = before;
  }
}

describe('every group', () => {
  it.each<[object, string]>([
    [{ database: { shema: 'x' } }, 'database: unknown option "shema"; did you mean \'schema\'?'],
    [{ redis: { clint: 'redis://x' } }, 'redis: unknown option "clint"; did you mean \'client\'?'],
    [{ limits: { perowner: [] } }, 'limits: unknown option "perowner"; did you mean \'perOwner\'?'],
    [{ cache: { maxKey: 1 } }, 'cache: unknown option "maxKey"; did you mean \'maxKeys\'?'],
    [{ refusals: { opaqe: true } }, 'refusals: unknown option "opaqe"; did you mean \'opaque\'?'],
    [{ limits: null }, 'limits: takes an object with perOwner, ceilings, onOutage'],
    [{ limits: 5 }, 'limits: takes an object with perOwner, ceilings, onOutage'],
    [{ cache: true }, 'cache: takes an object with maxKeys, maxBytes, leaseSeconds'],
    [{ cache: null }, 'cache: takes an object'],
    [{ retention: { endedKeyDays: 30 } }, "did you mean 'endedKeysDays'?"],
    [
      { retention: { endedKeysDays: 0 } },
      'retention.endedKeysDays: takes a whole number of days from 1 to 36,500',
    ],
    [{ retention: { endedKeysDays: '30' } }, 'retention.endedKeysDays: takes a whole number of days'],
    [
      { retention: 30 },
      'retention: takes an object with endedKeysDays, auditDays, for example { endedKeysDays: 365 }',
    ],
    [
      { retention: { auditDays: 36_501 } },
      'retention.auditDays: takes a whole number of days from 1 to 36,500',
    ],
    [{ refusals: 'opaque' }, 'refusals: takes an object with realm, opaque, typeBase'],
  ])('refuses %j', (options, message) => {
    expect(() => createWith(options)).toThrow(InvalidOptionError);
    expect(() => createWith(options)).toThrow(message);
  });

  it('may be left out, and be empty', () => {
    const groups = { limits: {}, cache: {}, refusals: {}, retention: {} };
    const { clock: _, ...defaults } = resolve({});
    expect(resolve(groups)).toMatchObject(defaults);
    expect(defaults).toMatchObject({
      database: null,
      redis: null,
      limits: { perOwner: [], ceilings: { rateLimits: [], credits: null }, onOutage: 'per-process' },
      retention: { endedKeysMs: null, auditMs: null },
      cache: { maxKeys: 10_000, maxBytes: 16_777_216, leaseSeconds: 4 },
      refusals: {
        realm: 'acme',
        opaque: false,
        typeBase: expect.stringMatching(/^https:\/\/[^#]+$/) as string,
      },
    });
  });
});

describe('the option database', () => {
  const pool = new pg.Pool();

  it.each<[string, unknown, object | null]>([
    ['a URL', url, { connection: url }],
    ['a pool', pool, { connection: pool }],
    ['a file', 'file:x.sqlite', { connection: 'file:x.sqlite' }],
    ['an object with a URL', { connection: url, schema: 'shop' }, { connection: url, schema: 'shop' }],
    ['an object with a pool', { connection: pool, migrate: 'check' }, { connection: pool, migrate: 'check' }],
    ['an object with a file', { connection: 'file:x' }, { connection: 'file:x' }],
    ['migrate for the embedded file', { migrate: 'check' }, { connection: undefined, migrate: 'check' }],
    [
      'an object of another realm',
      Object.assign(Object.create(null), { connection: url }),
      { connection: url },
    ],
    ['an empty variable', '', null],
    ['an empty variable in the object', { connection: '' }, null],
    ['an unset variable in the object', { connection: undefined }, null],
    ['an empty object', {}, null],
  ])('takes %s', (_what, database, expected) => {
    const resolved = resolve({ database: database as ApiKeysOptions['database'] }).database;
    if (expected === null) expect(resolved).toBeNull();
    else expect(resolved).toMatchObject(expected);
  });

  it.each<[string, unknown, RegExp]>([
    ['another URL', 'mysql://localhost/x', /^database: takes a postgres:\/\/ URL/],
    ['another URL in the object', { connection: 'mysql://localhost/x' }, /^database\.connection: takes/],
    ['a file without a path', { connection: 'file:' }, /^database\.connection: takes/],
    ['a number', 5, /^database: takes/],
    ['null', null, /^database: takes/],
    ['a list', [url], /^database: takes/],
    ['an instance of something else', new NoPool(), /^database: takes/],
    ['a pg.Client', new pg.Client(), /^database: takes a pg\.Pool, not a pg\.Client/],
    ['null in the object', { connection: null }, /^database\.connection: takes/],
    [
      'a schema for a file',
      { connection: 'file:x', schema: 'x' },
      /^database\.schema: applies to PostgreSQL/,
    ],
    ['a schema for the default file', { schema: 'x' }, /^database\.schema: applies to PostgreSQL/],
    ['a schema for an empty variable', { connection: '', schema: 'x' }, /^database\.schema: applies/],
    ['a schema that is a number', { connection: url, schema: 5 }, /^database\.schema: takes/],
    ['another migrate', { connection: url, migrate: 'never' }, /^database\.migrate: takes 'auto' or 'check'/],
  ])('refuses %s', (_what, database, message) => {
    expect(() => createWith({ database })).toThrow(message);
  });

  it('is given either as such or as a store', () => {
    const store = memoryStore();
    expect(() => createWith({ store, database: { connection: url } })).toThrow(/store or database, not both/);
    expect(() => createWith({ store, database: { migrate: 'auto' } })).toThrow(/store or database, not both/);
    expect(() => createWith({ store, database: { connection: '' } })).not.toThrow();
  });

  it('needs a pepper unless it is a file', () => {
    const pepper = undefined;
    expect(() => createWith({ pepper, database: { connection: url } })).toThrow(/^pepper: must be given/);
    expect(() => createWith({ pepper, database: { connection: 'file:x' } })).not.toThrow();
    expect(() => createWith({ pepper: '', database: { migrate: 'auto' } })).not.toThrow();
  });

  it('needs a connection in production', () => {
    for (const database of [{}, { connection: '' }, { migrate: 'check' }, '']) {
      expect(() => inProduction(() => createWith({ database }))).toThrow(
        /^database: must be given in production/,
      );
    }
    expect(() => inProduction(() => createWith({ database: { connection: 'file:x' } }))).not.toThrow();
    expect(() => inProduction(() => createWith({ database: { connection: 'file:x' }, pepper: '' }))).toThrow(
      /^pepper: must be given in production/,
    );
  });
});

describe('the option redis', () => {
  const client = new Redis({ lazyConnect: true });

  it.each<[string, unknown, object | null]>([
    ['a URL', 'redis://localhost', { client: 'redis://localhost', keyPrefix: 'api-keys:' }],
    ['a client', client, { client, keyPrefix: 'api-keys:' }],
    [
      'an object with a URL',
      { client: 'redis://localhost' },
      { client: 'redis://localhost', keyPrefix: 'api-keys:' },
    ],
    ['an object with a client', { client, keyPrefix: 'acme:' }, { client, keyPrefix: 'acme:' }],
    ['an empty prefix', { client, keyPrefix: '' }, { client, keyPrefix: '' }],
    ['an empty variable', '', null],
    ['an empty variable in the object', { client: '' }, null],
    ['an unset variable in the object', { client: undefined, keyPrefix: 'acme:' }, null],
  ])('takes %s', (_what, redis, expected) => {
    expect(resolve({ redis: redis as ApiKeysOptions['redis'] }).redis).toEqual(expected);
  });

  it.each<[string, unknown, RegExp]>([
    ['a number', 5, /^redis: takes a URL/],
    ['null', null, /^redis: takes a URL/],
    ['another URL', 'http://localhost', /^redis: takes a URL/],
    ['another URL in the object', { client: 'http://localhost' }, /^redis\.client: takes a URL/],
    ['null in the object', { client: null }, /^redis\.client: takes a URL/],
    ['a prefix without a client', { keyPrefix: 'x:' }, /^redis\.client: takes a URL/],
    ['braces in the prefix', { client, keyPrefix: '{x}' }, /^redis\.keyPrefix: takes at most/],
    ['a client without commands', { status: 'ready', eval: () => null }, /^redis: takes a URL/],
  ])('refuses %s', (_what, redis, message) => {
    expect(() => createWith({ redis })).toThrow(InvalidOptionError);
    expect(() => createWith({ redis })).toThrow(message);
  });

  it('is needed by limits.onOutage', () => {
    const limits = { onOutage: 'deny' } as const;
    expect(() => createWith({ limits })).toThrow(/^limits\.onOutage: needs redis/);
    expect(() => createWith({ limits, redis: { client: '' } })).toThrow(/^limits\.onOutage: needs redis/);
    expect(resolve({ limits, redis: { client } }).limits.onOutage).toBe('deny');
  });
});

describe('the option cache', () => {
  it('takes false as no keys with the default lease, and maxKeys: 0 with a lease of its own', () => {
    expect(resolve({ cache: false }).cache).toMatchObject({ maxKeys: 0, leaseSeconds: 4 });
    expect(resolve({ cache: { maxKeys: 0, leaseSeconds: 9 } }).cache).toMatchObject({
      maxKeys: 0,
      leaseSeconds: 9,
    });
    expect(resolve({ cache: { maxKeys: 5 } }).cache).toEqual({
      maxKeys: 5,
      maxBytes: 16_777_216,
      leaseSeconds: 4,
      quietAfterMs: 60_000,
    });
  });

  it.each([
    [{ maxKeys: -1 }, /^cache\.maxKeys: takes a whole number/],
    [{ maxKeys: '5' }, /^cache\.maxKeys: takes/],
    [{ maxBytes: 0 }, /^cache\.maxBytes: takes a whole number of bytes/],
    [{ leaseSeconds: 1 }, /^cache\.leaseSeconds: takes a whole number of seconds from 2 to 60/],
    [{ leaseSeconds: 61 }, /^cache\.leaseSeconds: takes/],
  ])('refuses %j', (cache, message) => {
    expect(() => createWith({ cache })).toThrow(message);
  });
});

describe('the option refusals', () => {
  it.each([
    'about:blank',
    'https://docs.acme.example/errors',
    'http://localhost:3000/e?lang=en',
    'https://a.example',
  ])('takes the typeBase %s as it is', (typeBase) => {
    expect(resolve({ refusals: { typeBase } }).refusals.typeBase).toBe(typeBase);
  });

  it.each([
    '',
    '/errors',
    'docs.acme.example/errors',
    'about:nothing',
    'ftp://docs.acme.example/',
    'https://',
    'https://docs.acme.example/errors#',
    'https://docs.acme.example/errors#code',
    'https://docs.acme.example/the errors',
    ' https://docs.acme.example',
    'https://docs.acme.example\n',
    'https://user:hunter2@docs.acme.example/',
    'urn:acme:errors',
    'javascript:alert(1)',
    5,
    null,
    ['https://docs.acme.example'],
  ])('refuses the typeBase %j, without repeating it', (typeBase) => {
    expect(() => createWith({ refusals: { typeBase } })).toThrow(
      /^refusals\.typeBase: takes an absolute URL without a fragment, for example 'https:\/\/docs\.acme\.example\/errors', or 'about:blank'$/,
    );
  });

  it('has the prefix as its realm', () => {
    expect(resolve({ refusals: { opaque: true } }).refusals).toMatchObject({ realm: 'acme', opaque: true });
    expect(resolve({ refusals: { realm: 'Acme API' } }).refusals.realm).toBe('Acme API');
    expect(() => createWith({ refusals: { realm: '' } })).toThrow(/^refusals\.realm:/);
    expect(() => createWith({ refusals: { opaque: 'true' } })).toThrow(
      /^refusals\.opaque: takes true or false/,
    );
  });
});
