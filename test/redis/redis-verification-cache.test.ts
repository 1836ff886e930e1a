import { Redis } from 'ioredis';
import { Redis as Redis5 } from 'ioredis5';
import type { VerifiableKey } from '../../lib/domain/api-key.js';
import { InvalidOptionError } from '../../lib/errors.js';
import {
  asCached,
  closeCaches,
  fillAndWait,
  makeKey,
  makePepper,
  makePrefix,
  openCache,
  systemClock,
  waitFor,
} from './cache-fixture.js';

const url = process.env.TEST_REDIS_URL ?? '';
const raw = new Redis(url);

afterEach(closeCaches);
afterAll(() => raw.quit());

/** A clock that can be set apart from the machine's. */
function clockAhead(ms: number): { now: () => number } {
  return { now: () => Date.now() + ms };
}

/** Waits until a fill that nobody waits for has been carried out: commands of one connection run in order. */
async function settleFills(cache: { get(id: string): Promise<unknown> }): Promise<void> {
  await cache.get('0000000000000000');
}

describe.each([
  ['a URL', () => url],
  ['an ioredis 6 client', () => new Redis(url)],
  ['an ioredis 5 client', () => new Redis5(url)],
  ['a lazy client', () => new Redis(url, { lazyConnect: true })],
  ['a client with a key prefix', () => new Redis(url, { keyPrefix: `${makePrefix()}app:` })],
])('a cache over %s', (_, connect) => {
  const clients: ReturnType<typeof connect>[] = [];
  const connection = (): ReturnType<typeof connect> => {
    const client = connect();
    clients.push(client);
    return client;
  };
  afterAll(() => {
    for (const client of clients) if (typeof client !== 'string') client.disconnect();
  });

  it('gives back what it was given, without the slow hash', async () => {
    const cache = await openCache({ connection: connection() });
    const key = makeKey();
    expect(await cache.get(key.id)).toBeNull();
    await fillAndWait(cache, key);
    expect(await cache.get(key.id)).toEqual(asCached(key));
    expect(cache.status()).toBe('up');
    expect(cache.logger.messages).toEqual([]);
  });

  it('publishes a change, which nothing older replaces', async () => {
    const cache = await openCache({ connection: connection() });
    const key = makeKey();
    await fillAndWait(cache, key);
    const revoked = { ...key, version: 2, revokedAt: 1_700_000_000_000, enabled: false };
    expect(await cache.publish(revoked, Date.now())).toBe(true);
    cache.fill(key, Date.now());
    await settleFills(cache);
    expect(await cache.get(key.id)).toEqual(asCached(revoked));
    // Two changes may be published in the other order than they were made; the later one stays.
    expect(await cache.publish({ ...key, version: 1 }, Date.now())).toBe(true);
    expect(await cache.get(key.id)).toEqual(asCached(revoked));
  });
});

describe('a client that was handed in', () => {
  it('is left open', async () => {
    const client = new Redis(url);
    const cache = await openCache({ connection: client });
    await cache.close();
    expect(await client.ping()).toBe('PONG');
    await client.quit();
  });
});

describe('options', () => {
  it('are checked as checkRedisOption checks them', async () => {
    const replica = { status: 'ready', getrange: () => '', eval: () => '', options: { role: 'slave' } };
    for (const connection of ['', 'http://:hunter2@localhost', {}, null, replica]) {
      await expect(openCache({ connection: connection as unknown as Redis })).rejects.toThrow(
        InvalidOptionError,
      );
    }
    await expect(openCache({ keyPrefix: 'a{b' })).rejects.toThrow(InvalidOptionError);
  });

  it.each([0, -1, 1.5, NaN, 5001, Infinity])('refuses the lifetime %p', async (entryLifetimeMs) => {
    await expect(openCache({ entryLifetimeMs })).rejects.toThrow(InvalidOptionError);
  });

  it('states how old a copy can be', async () => {
    expect((await openCache()).maxStalenessMs).toBe(6000);
  });
});

describe('versions', () => {
  it('takes the same version again, and refuses an older one', async () => {
    const cache = await openCache();
    const key = makeKey({ version: 7 });
    await fillAndWait(cache, key);
    const withDigest: VerifiableKey = {
      ...key,
      credentials: key.credentials.map((each) => ({
        ...each,
        digests: { ...each.digests, ['f'.repeat(16)]: 'cd'.repeat(32) },
      })),
    };
    cache.fill(withDigest, Date.now());
    await settleFills(cache);
    expect(await cache.get(key.id)).toEqual(asCached(withDigest));
    cache.fill({ ...key, version: 6 }, Date.now());
    await settleFills(cache);
    expect((await cache.get(key.id))?.version).toBe(7);
  });

  it('compares numbers, not texts', async () => {
    const cache = await openCache();
    const key = makeKey({ version: 9 });
    await fillAndWait(cache, key);
    expect(await cache.publish({ ...key, version: 10 }, Date.now())).toBe(true);
    cache.fill(key, Date.now());
    await settleFills(cache);
    expect((await cache.get(key.id))?.version).toBe(10);
  });

  it('holds the highest of many that are written at once', async () => {
    const prefix = makePrefix();
    const peppers = [makePepper()];
    const caches = await Promise.all([1, 2, 3].map(() => openCache({ keyPrefix: prefix, peppers })));
    for (let round = 0; round < 30; round += 1) {
      const key = makeKey();
      const versions = [1, 2, 3, 4, 5, 6].sort(() => Math.random() - 0.5);
      await Promise.all(
        versions.map(async (version, i) => {
          const cache = caches[i % caches.length]!;
          if (version % 2 === 0) return cache.publish({ ...key, version }, Date.now());
          cache.fill({ ...key, version }, Date.now());
          return undefined;
        }),
      );
      await Promise.all(caches.map(settleFills));
      for (const cache of caches) expect((await cache.get(key.id))?.version).toBe(6);
    }
  });
});

describe('time', () => {
  it('keeps every entry for five seconds at most', async () => {
    const keyPrefix = makePrefix();
    const cache = await openCache({ keyPrefix });
    const keys = [makeKey(), makeKey({ expiresAt: Date.now() + 2000 })];
    for (const key of keys) await fillAndWait(cache, key);
    const published = [makeKey({ version: 3 }), makeKey({ expiresAt: Date.now() - 1 })];
    for (const key of published) expect(await cache.publish(key, Date.now())).toBe(true);
    const names = await raw.keys(`${keyPrefix}*`);
    expect(names).toHaveLength(4);
    for (const name of names) {
      const left = await raw.pttl(name);
      expect(left).toBeGreaterThan(0);
      expect(left).toBeLessThanOrEqual(5000);
    }
    const endsSoon = names.find((name) => name.includes(keys[1]!.id)) ?? '';
    expect(await raw.pttl(endsSoon)).toBeLessThanOrEqual(2000);
  });

  it('ignores a copy past its end on its own clock, though Redis still holds it', async () => {
    const keyPrefix = makePrefix();
    const peppers = [makePepper()];
    const writer = await openCache({ keyPrefix, peppers });
    const key = makeKey();
    await fillAndWait(writer, key);
    const later = await openCache({ keyPrefix, peppers, clock: clockAhead(5001) });
    expect(await later.get(key.id)).toBeNull();
  });

  it('ignores a copy that claims to be usable for more than five seconds', async () => {
    const keyPrefix = makePrefix();
    const peppers = [makePepper()];
    const fast = await openCache({ keyPrefix, peppers, clock: clockAhead(3000) });
    const key = makeKey();
    await fillAndWait(fast, key, Date.now() + 3000);
    const reader = await openCache({ keyPrefix, peppers });
    expect(await reader.get(key.id)).toBeNull();
  });

  it('never serves a key past its own end', async () => {
    let now = Date.now();
    const cache = await openCache({ clock: { now: () => now } });
    const key = makeKey({ expiresAt: now + 1000 });
    await fillAndWait(cache, key, now);
    now += 999;
    expect(await cache.get(key.id)).not.toBeNull();
    now += 1;
    expect(await cache.get(key.id)).toBeNull();
  });

  it('does not take what was read too long ago', async () => {
    const cache = await openCache();
    const key = makeKey();
    for (const age of [5000, 4000, 60_000]) {
      cache.fill(key, Date.now() - age);
      await settleFills(cache);
      expect(await cache.get(key.id)).toBeNull();
    }
  });

  it('is refused by Redis when it comes late on its clock, which is told once', async () => {
    const cache = await openCache({ clock: clockAhead(-10_000) });
    const key = makeKey();
    cache.fill(key, Date.now() - 10_000);
    await settleFills(cache);
    cache.fill(makeKey(), Date.now() - 10_000);
    await settleFills(cache);
    await waitFor(() => cache.logger.messages.length > 0);
    expect(cache.logger.messages).toEqual([expect.stringContaining('Synchronise the clocks')]);
    expect(await cache.get(key.id)).toBeNull();
  });

  it('shortens the use of copies when told to', async () => {
    let now = Date.now();
    const cache = await openCache({ entryLifetimeMs: 1000, clock: { now: () => now } });
    const key = makeKey();
    await fillAndWait(cache, key, now);
    now += 1000;
    expect(await cache.get(key.id)).toBeNull();
  });
});

describe('peppers', () => {
  it('confirms a change for processes that read with another known pepper', async () => {
    const keyPrefix = makePrefix();
    const [old, next] = [makePepper(), makePepper()];
    const before = await openCache({ keyPrefix, peppers: [old, next] });
    const after = await openCache({ keyPrefix, peppers: [next, old] });
    const key = makeKey();
    await fillAndWait(before, key);
    await fillAndWait(after, key);
    expect(await before.publish({ ...key, version: 2, enabled: false }, Date.now())).toBe(true);
    expect((await after.get(key.id))?.version).toBe(2);
    expect(await after.publish({ ...key, version: 3 }, Date.now())).toBe(true);
    expect((await before.get(key.id))?.version).toBe(3);
  });

  it('needs one', async () => {
    await expect(openCache({ peppers: [] })).rejects.toThrow(InvalidOptionError);
  });
});

describe('what is written', () => {
  it('holds neither slow hashes nor anything that is not needed', async () => {
    const keyPrefix = makePrefix();
    const cache = await openCache({ keyPrefix });
    const full = { ...makeKey(), description: 'CANARY', lastUsedAt: 1, surprise: 'CANARY' };
    await fillAndWait(cache, full);
    await cache.publish(makeKey(), Date.now());
    const names = await raw.keys(`${keyPrefix}*`);
    expect(names).toHaveLength(2);
    for (const name of names) {
      const value = (await raw.get(name)) ?? '';
      expect(value).toContain('orders:read');
      for (const part of ['$2b$', 'SSSS', 'deadbeef', 'bcrypt', 'secretCheck', 'CANARY']) {
        expect(value).not.toContain(part);
      }
    }
  });

  it('leaves out what is too large, and still puts older copies out of use', async () => {
    const cache = await openCache();
    const key = makeKey();
    await fillAndWait(cache, key);
    const scopes = Array.from({ length: 3000 }, (_, i) => `area${i}:${'x'.repeat(30)}`);
    expect(await cache.publish({ ...key, version: 2, scopes }, Date.now())).toBe(true);
    expect(await cache.get(key.id)).toBeNull();
    cache.fill(key, Date.now());
    await settleFills(cache);
    expect(await cache.get(key.id)).toBeNull();
  });

  it('does not cache ids that could not be told apart in a Redis key', async () => {
    const keyPrefix = makePrefix();
    const cache = await openCache({ keyPrefix });
    for (const id of ['a}b', 'a{b', 'a b', '', 'ä', 'a\0b', 'x'.repeat(129)]) {
      cache.fill(makeKey({ id }), Date.now());
      await settleFills(cache);
      expect(await cache.get(id)).toBeNull();
      expect(await cache.publish(makeKey({ id }), Date.now())).toBe(true);
    }
    expect(await raw.keys(`${keyPrefix}*`)).toEqual([]);
  });

  it('can be flushed at any time', async () => {
    const keyPrefix = makePrefix();
    const cache = await openCache({ keyPrefix });
    const key = makeKey();
    await fillAndWait(cache, key);
    await raw.del(await raw.keys(`${keyPrefix}*`));
    expect(await cache.get(key.id)).toBeNull();
    await fillAndWait(cache, key);
    expect(cache.logger.messages).toEqual([]);
  });
});

describe('a closed cache', () => {
  it('answers at once and has nothing', async () => {
    const cache = await openCache({ clock: systemClock });
    const key = makeKey();
    await fillAndWait(cache, key);
    await cache.close();
    expect(await cache.get(key.id)).toBeNull();
    expect(await cache.publish(key, Date.now())).toBe(false);
    cache.fill(key, Date.now());
    expect(cache.status()).toBe('down');
    await cache.close();
  });
});
