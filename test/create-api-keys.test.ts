import { createApiKeys, type ApiKeysOptions } from '../lib/index.js';
import { memoryStore } from '../lib/testing/index.js';
import { createInstance, testPepper } from './harness/instance.js';
import { theApp } from './harness/the-app.js';

const base = { prefix: 'acme', scopes: { 'orders:read': 'Read orders' } } as const;

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

describe('createApiKeys: options', () => {
  it.each<[string, unknown, RegExp]>([
    ['nothing', undefined, /takes an object with prefix, scopes, /],
    ['no prefix', { scopes: base.scopes }, /^prefix:/],
    ['a prefix with capitals', { ...base, prefix: 'Acme' }, /^prefix:/],
    ['a prefix that ends in a separator', { ...base, prefix: 'acme_' }, /^prefix:/],
    ['no scopes', { prefix: 'acme' }, /^scopes:/],
    ['empty scopes', { ...base, scopes: {} }, /^scopes:/],
    ['scopes as a list', { ...base, scopes: ['orders:read'] }, /^scopes:/],
    ['a wildcard among the scopes', { ...base, scopes: { 'orders:*': '' } }, /wildcards are granted/],
    ['an unknown option', { ...base, color: 'red' }, /unknown option "color"/],
    ['a misspelt option', { ...base, peper: testPepper }, /did you mean 'pepper'\?/],
    ['a short pepper', { ...base, pepper: 'short' }, /at least 32 bytes/],
    ['a pepper twice', { ...base, pepper: [testPepper, testPepper] }, /twice/],
    ['no pepper in the list', { ...base, pepper: [] }, /pepper/],
    ['another database', { ...base, database: 'mysql://localhost/x', pepper: testPepper }, /^database:/],
    ['a file without a path', { ...base, database: 'file:' }, /^database:/],
    [
      'a schema for a file',
      { ...base, database: { connection: 'file:x.sqlite', schema: 'x' } },
      /^database\.schema: applies/,
    ],
    ['store and database', { ...base, store: memoryStore(), database: 'file:x' }, /not both/],
    ['a store without a pepper', { ...base, store: memoryStore() }, /^pepper: must be given/],
    ['a prefix for no Redis', { ...base, redis: { keyPrefix: 'x:' } }, /^redis\.client: takes/],
    ['another migrate', { ...base, database: { migrate: 'never' } }, /^database\.migrate:/],
    ['an environment that is none', { ...base, environment: 'prod' }, /^environment:/],
    ['environments in capitals', { ...base, environments: ['Live'], environment: 'Live' }, /^environments:/],
    ['keys from the URL', { ...base, credentialFrom: ['query'] }, /^credentialFrom:/],
    ['a pool without a pepper', { ...base, database: 'postgres://localhost/x' }, /^pepper:/],
    ['a Redis that is no URL', { ...base, redis: 'localhost:6379' }, /^redis:/],
    ['a Redis that is a number', { ...base, redis: 42 }, /^redis:/],
    ['a Redis that is nothing', { ...base, redis: {} }, /^redis\.client:/],
    [
      'braces in the prefix',
      { ...base, redis: { client: 'redis://localhost', keyPrefix: '{x}' } },
      /^redis\.keyPrefix:/,
    ],
    ['a realm that is a number', { ...base, refusals: { realm: 5 } }, /^refusals\.realm:/],
    ['an empty realm', { ...base, refusals: { realm: '' } }, /^refusals\.realm:/],
    ['a logger without methods', { ...base, logger: {} }, /^logger:/],
    ['a clock that is a number', { ...base, clock: 5 }, /^clock:/],
    ['a store without methods', { ...base, store: {}, pepper: testPepper }, /^store:/],
    ['an environment twice', { ...base, environments: ['live', 'live'] }, /^environments:/],
    ['a scope without a sentence', { ...base, scopes: { 'orders:read': 5 } }, /^scopes:/],
    ['a switch that is a text', { ...base, refusals: { opaque: 'false' } }, /^refusals\.opaque:/],
    ['another switch that is a text', { ...base, hideCredentials: 'false' }, /^hideCredentials:/],
    ['a low bcrypt cost', { ...base, bcryptCost: 4 }, /8 to 14/],
  ])('refuses %s', (_what, options, message) => {
    expect(() => createApiKeys(options as ApiKeysOptions)).toThrow(message);
    expect(() => createApiKeys(options as ApiKeysOptions)).toThrow(
      expect.objectContaining({ code: 'ERR_API_KEYS_INVALID_OPTION' }),
    );
  });

  it('never repeats a pepper or a password in a message', () => {
    for (const options of [
      { ...base, pepper: 'canary-too-short' },
      { ...base, database: 'mysql://user:canary@host/x', pepper: testPepper },
      { ...base, redis: 'http://user:canary@host/x' },
      { ...base, database: { connection: 'mysql://user:canary@host/x' }, pepper: testPepper },
      { ...base, redis: { client: 'http://user:canary@host/x' } },
      { ...base, refusals: { typeBase: 'https://user:canary@host/x' } },
    ]) {
      expect(() => createApiKeys(options)).toThrow();
      expect(() => createApiKeys(options)).not.toThrow(/canary/);
    }
  });

  it('wants a database and a pepper in production, and says how to make one', () => {
    expect(() => inProduction(() => createApiKeys({ ...base, pepper: testPepper }))).toThrow(/^database:/);
    expect(() => inProduction(() => createApiKeys({ ...base, database: 'file:x' }))).toThrow(
      /^pepper:.*randomBytes/,
    );
    expect(() =>
      inProduction(() => createApiKeys({ ...base, database: 'file:x', pepper: testPepper })),
    ).not.toThrow();
  });

  it('takes variables that are set to nothing as absent', () => {
    expect(() => createApiKeys({ ...base, pepper: '', database: '', redis: '' })).not.toThrow();
    expect(() => inProduction(() => createApiKeys({ ...base, pepper: '', database: 'file:x' }))).toThrow(
      /^pepper:/,
    );
  });
});

describe('createApiKeys: starting and stopping', () => {
  it('keeps two instances apart', async () => {
    const one = createInstance();
    const two = createInstance();
    const { token } = await one.key();
    expect(await one.apiKeys.keys.verify({ key: token })).toMatchObject({ allowed: true });
    expect(await two.apiKeys.keys.verify({ key: token })).toMatchObject({ code: 'invalid_token' });
    await Promise.all([one.apiKeys.close(), two.apiKeys.close()]);
  });

  it('says in which state it is', async () => {
    const { apiKeys } = createInstance();
    const proxies = {
      ...{ sampled: 0, everyoneTrusted: 0, notTrusted: 0, tooFewHops: 0, tooManyHops: 0 },
      ...{ withoutHeader: 0, forwardedOnly: 0 },
    };
    const notReady = {
      ...{
        ready: false,
        state: 'not_ready',
        database: 'down',
        quiet: false,
        wakeMode: 'none',
        processes: 0,
        cachedKeys: 0,
      },
      ...{ lagMs: null, others: [] },
      limits: 'process',
      proxies,
    };
    expect(apiKeys.status()).toEqual({ ...notReady, redis: 'none' });
    await apiKeys.ready();
    await apiKeys.ready();
    expect(apiKeys.status()).toEqual({
      ...{ ready: true, state: 'normal', database: 'up', quiet: false, redis: 'none', cachedKeys: 0 },
      limits: 'process',
      wakeMode: expect.stringMatching(/^(?:push|poll)$/) as string,
      ...{ processes: 1, lagMs: expect.any(Number) as number, others: [] },
      proxies,
    });
    await apiKeys.close();
    await apiKeys.close();
    expect(apiKeys.status()).toEqual({ ...notReady, redis: 'none' });
    await expect(apiKeys.ready()).rejects.toMatchObject({ code: 'ERR_API_KEYS_UNAVAILABLE' });
    await expect(apiKeys.keys.as(theApp).list()).rejects.toMatchObject({ code: 'ERR_API_KEYS_UNAVAILABLE' });
  });

  it('knows the other processes on its store, when each was heard of, and which have left', async () => {
    const store = memoryStore();
    const [one, two] = [createInstance({ store }), createInstance({ store })];
    await Promise.all([one.apiKeys.ready(), two.apiKeys.ready()]);
    const seesOthers = async (count: number): Promise<void> => {
      while (one.apiKeys.status().others.length !== count) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    await seesOthers(1);
    const { others, processes, lagMs } = one.apiKeys.status();
    expect(others).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
        silentMs: expect.any(Number) as number,
        changesBehind: expect.any(Number) as number,
      },
    ]);
    expect(processes).toBe(2);
    expect(lagMs).toBeGreaterThanOrEqual(0);
    await two.apiKeys.close();
    await seesOthers(0);
    expect(one.apiKeys.status().processes).toBe(1);
    await one.apiKeys.close();
  });

  it('is closed once, and every call waits for that', async () => {
    const store = memoryStore();
    let isWritten = false;
    const instance = createInstance({
      store: {
        ...store,
        recordUse: async (uses) => {
          await new Promise((resolve) => setTimeout(resolve, 100));
          await store.recordUse(uses);
          isWritten = true;
        },
      },
    });
    const { token } = await instance.key();
    await instance.apiKeys.keys.verify({ key: token });
    void instance.apiKeys.close();
    await instance.apiKeys.close();
    expect(isWritten).toBe(true);
  });

  it('can be closed before it was ever used', async () => {
    await expect(createInstance().apiKeys.close()).resolves.toBeUndefined();
  });

  it('tells why it could not start, and can be started again', async () => {
    const store = memoryStore();
    let isBroken = true;
    const { apiKeys } = createInstance({
      store: {
        ...store,
        open: () => (isBroken ? Promise.reject(new Error('no such database')) : store.open()),
      },
    });
    await expect(apiKeys.ready()).rejects.toThrow('no such database');
    expect(apiKeys.status().ready).toBe(false);
    isBroken = false;
    await apiKeys.ready();
    expect(apiKeys.status().ready).toBe(true);
    await apiKeys.close();
  });

  it('writes the last uses when it is closed, and leaves a store of the app open', async () => {
    const store = memoryStore();
    const instance = createInstance({ store });
    const { id, token } = await instance.key();
    await instance.apiKeys.keys.verify({ key: token });
    expect((await store.find(id))?.lastUsedAt).toBeNull();
    // The first use is written soon, later ones with the next interval or at the end.
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect((await store.find(id))?.lastUsedAt).toBe(instance.clock.now());
    instance.clock.advance(5_000);
    await instance.apiKeys.keys.verify({ key: token });
    await instance.apiKeys.close();
    expect((await store.find(id))?.lastUsedAt).toBe(instance.clock.now());
  });
});
