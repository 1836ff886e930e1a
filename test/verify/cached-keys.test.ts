import { createKeyFormat } from '../../lib/domain/key-format.js';
import { createRandomSource } from '../../lib/crypto/random-source.js';
import { memoryStore } from '../../lib/testing/index.js';
import type { ApiKeysOptions } from '../../lib/index.js';
import type { KeyStore } from '../../lib/store/index.js';
import { makeEffective } from '../harness/make-effective.js';
import { createInstance, type Scope, type TestInstance } from '../harness/instance.js';
import { theApp } from '../harness/the-app.js';
import { waitUntil } from '../servers/wait-until.cjs';

const random = createRandomSource();
const format = createKeyFormat('acme', 'live');

let store: KeyStore;
let reads: number;
let isAway: boolean;
let instances: TestInstance[];

/** A store in memory that counts the reads of single keys and can be out of reach. */
function countingStore(): KeyStore {
  const inner = memoryStore();
  const away = (): Promise<never> =>
    Promise.reject(Object.assign(new Error('away'), { problem: 'unavailable' }));
  return {
    ...inner,
    find: (...key) => {
      reads += 1;
      return isAway ? away() : inner.find(...key);
    },
    feed: {
      join: (instance) => inner.feed.join(instance),
      leave: (id) => inner.feed.leave(id),
      beat: (...beat) => (isAway ? away() : inner.feed.beat(...beat)),
      latest: (limit) => inner.feed.latest(limit),
      lastSequence: () => inner.feed.lastSequence(),
      instances: () => inner.feed.instances(),
      remove: (instance) => inner.feed.remove(instance),
      claimPlace: (claim) => inner.feed.claimPlace(claim),
      watch: (onHint) => inner.feed.watch(onHint),
    },
  };
}

async function start(options: Partial<ApiKeysOptions<Scope>> = {}): Promise<TestInstance> {
  const instance = createInstance({ store, ...options });
  instances.push(instance);
  await instance.apiKeys.ready();
  return instance;
}

const wait = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

beforeEach(() => {
  store = countingStore();
  reads = 0;
  isAway = false;
  instances = [];
});

afterEach(async () => {
  isAway = false;
  await Promise.all(instances.map(({ apiKeys }) => apiKeys.close()));
});

describe('a key that is cached', () => {
  it('is authenticated without I/O', async () => {
    const { apiKeys, key } = await start();
    const { token } = await key();
    await apiKeys.keys.verify({ key: token });
    reads = 0;
    for (let round = 0; round < 100; round += 1) {
      expect(await apiKeys.keys.verify({ key: token })).toMatchObject({ allowed: true });
    }
    expect(reads).toBe(0);
    expect(apiKeys.status().cachedKeys).toBe(1);
  });

  it('R29: is checked for state, expiry, scope and address again by each request', async () => {
    const { apiKeys, key, clock } = await start();
    const expiresAt = new Date(clock.now() + 2_000);
    const { token } = await key({ scopes: ['orders:read'], expiresAt, ipAllowlist: ['203.0.113.0/24'] });
    const address = '203.0.113.7';
    const verify = (scopes: Scope, from = address) =>
      apiKeys.keys.verify({ key: token, scopes, address: from });
    expect(await verify('orders:read')).toMatchObject({ allowed: true });
    expect(await verify('orders:write')).toMatchObject({ code: 'insufficient_scope' });
    expect(await verify('orders:read', '198.51.100.1')).toMatchObject({ code: 'address_not_allowed' });
    expect(await verify('orders:read')).toMatchObject({ allowed: true });
    clock.advance(1_999);
    expect(await verify('orders:read')).toMatchObject({ allowed: true });
    clock.advance(1);
    expect(await verify('orders:read')).toMatchObject({ code: 'key_expired' });
    expect(reads).toBeLessThanOrEqual(1);
  });

  it('refuses a wrong secret without asking anybody, and keeps the right one', async () => {
    const { apiKeys, key } = await start();
    const { id, token } = await key();
    await apiKeys.keys.verify({ key: token });
    reads = 0;
    for (let round = 0; round < 50; round += 1) {
      const wrong = format.compose(id, random.base62(43));
      expect(await apiKeys.keys.verify({ key: wrong })).toEqual({ allowed: false, code: 'invalid_token' });
    }
    expect(await apiKeys.keys.verify({ key: token })).toMatchObject({ allowed: true });
    expect(reads).toBe(0);
  });

  it.each<[string, (instance: TestInstance, id: string) => Promise<unknown>, string]>([
    ['revoked', ({ apiKeys }, id) => apiKeys.keys.as(theApp).revoke({ id }), 'key_revoked'],
    ['disabled', ({ apiKeys }, id) => apiKeys.keys.as(theApp).update({ id, enabled: false }), 'key_disabled'],
    ['rotated', ({ apiKeys }, id) => apiKeys.keys.as(theApp).rotate({ id }), 'secret_rotated'],
    [
      'narrowed',
      ({ apiKeys }, id) => apiKeys.keys.as(theApp).update({ id, scopes: [] }),
      'insufficient_scope',
    ],
  ])('is refused here and in another process as soon as it was %s', async (_what, change, code) => {
    const [one, two] = [await start(), await start()];
    const { id, token } = await one.key();
    const verify = (instance: TestInstance) =>
      instance.apiKeys.keys.verify({ key: token, scopes: 'orders:read' });
    for (const instance of [one, two]) expect(await verify(instance)).toMatchObject({ allowed: true });
    await makeEffective(() => change(one, id), one.clock);
    for (const instance of [two, one]) expect(await verify(instance)).toMatchObject({ code });
  });

  it('is used no longer than the lease when the store is away, and again when it is back', async () => {
    for (let left = 5; left > 0; left -= 1) {
      const { usedMs, isWatched } = await outlastLease();
      expect(usedMs).toBeLessThanOrEqual(2_000);
      // A test that stood still meanwhile has not seen how long it was used.
      if (!isWatched) continue;
      expect(usedMs).toBeGreaterThan(1_000);
      break;
    }
  });

  /** @returns how long it was used while the store was away, and whether it was asked all the time */
  async function outlastLease(): Promise<{ usedMs: number; isWatched: boolean }> {
    const { apiKeys, key } = await start({ cache: { leaseSeconds: 2 }, clock: { now: () => Date.now() } });
    const { token } = await key();
    await apiKeys.keys.verify({ key: token });
    const hadBeen = apiKeys.status().database;
    isAway = true;
    const stopped = Date.now();
    let lastIn = stopped;
    let lastAsked = stopped;
    let longestGap = 0;
    for (;;) {
      const asked = Date.now();
      longestGap = Math.max(longestGap, asked - lastAsked);
      lastAsked = asked;
      const verdict = await apiKeys.keys.verify({ key: token }).catch((error: unknown) => error);
      if (verdict instanceof Error) {
        expect(verdict).toMatchObject({ problem: 'unavailable' });
        break;
      }
      expect(verdict).toMatchObject({ allowed: true });
      lastIn = asked;
      await wait(20);
    }
    expect(apiKeys.status()).toMatchObject({ state: 'degraded', database: 'down', cachedKeys: 0 });
    isAway = false;
    while (apiKeys.status().database === 'down') await wait(20);
    expect(await apiKeys.keys.verify({ key: token })).toMatchObject({ allowed: true });
    return { usedMs: lastIn - stopped, isWatched: longestGap < 300 && hadBeen === 'up' };
  }

  it('is none where cache is false', async () => {
    const { apiKeys, key } = await start({ cache: false });
    const { token } = await key();
    reads = 0;
    for (let round = 0; round < 5; round += 1) await apiKeys.keys.verify({ key: token });
    expect(reads).toBe(5);
    expect(apiKeys.status().cachedKeys).toBe(0);
  });

  it('is one of no more than cache.maxKeys allows', async () => {
    const { apiKeys, key } = await start({ cache: { maxKeys: 4 } });
    for (let count = 0; count < 12; count += 1) await apiKeys.keys.verify({ key: (await key()).token });
    expect(apiKeys.status().cachedKeys).toBeLessThanOrEqual(4);
  });
});

describe('a cold key', () => {
  it('R28: costs one read however many requests come at once', async () => {
    const { apiKeys, key } = await start();
    const { token } = await key();
    reads = 0;
    const verdicts = await Promise.all(
      Array.from({ length: 1_000 }, () => apiKeys.keys.verify({ key: token })),
    );
    expect(verdicts.every(({ allowed }) => allowed)).toBe(true);
    expect(reads).toBe(1);
  });

  it('R28: that could not be read is not remembered, and does not fail those who come later', async () => {
    const { apiKeys, key } = await start();
    const { token } = await key();
    isAway = true;
    const failed = await Promise.allSettled(
      Array.from({ length: 10 }, () => apiKeys.keys.verify({ key: token })),
    );
    expect(failed.every(({ status }) => status === 'rejected')).toBe(true);
    isAway = false;
    expect(await apiKeys.keys.verify({ key: token })).toMatchObject({ allowed: true });
  });
});

describe('an unknown id', () => {
  it('is asked for once, and then answered from what is known to be absent', async () => {
    const { apiKeys } = await start();
    const id = random.base62(16);
    reads = 0;
    for (let round = 0; round < 50; round += 1) {
      const token = format.compose(id, random.base62(43));
      expect(await apiKeys.keys.verify({ key: token })).toEqual({ allowed: false, code: 'invalid_token' });
    }
    expect(reads).toBe(1);
  });

  it('R31: is accepted as soon as a key is made under it, in every process', async () => {
    const { id, token } = await (await start()).key();
    const record = await store.find(id);
    if (record === null) throw new Error('the key is not stored');
    // The same key, and a store that does not know it yet.
    store = countingStore();
    const others = [await start(), await start()];
    const verdicts = () => Promise.all(others.map(({ apiKeys }) => apiKeys.keys.verify({ key: token })));
    for (const verdict of await verdicts()) expect(verdict).toMatchObject({ code: 'invalid_token' });
    await store.transact((transaction) =>
      transaction.insert(record, {
        ...{ action: 'key.created', keyId: id, keyspace: 'default', ownerId: 'alice', keyVersion: 1 },
        ...{
          changedFields: [],
          actor: { kind: 'application', id: null },
          address: null,
          requestId: null,
          at: 0,
        },
      }),
    );
    await waitUntil('both let it in', async () => (await verdicts()).every(({ allowed }) => allowed));
  });
});
