import { isSecret } from '../../lib/domain/credential.js';
import { Redis } from 'ioredis';
import { Redis as Redis5 } from 'ioredis5';
import { InvalidOptionError } from '../../lib/errors.js';
import {
  asCached,
  changed,
  closeCaches,
  fillAndWait,
  makeCopy,
  makePepper,
  makePrefix,
  openCache,
  positionAt,
  publishAndWait,
  settle,
  systemClock,
  versionIn,
} from './cache-fixture.js';

const url = process.env.TEST_REDIS_URL ?? '';
const raw = new Redis(url);

afterEach(closeCaches);
afterAll(() => raw.quit());

/** A clock that can be set apart from the machine's. */
function clockAhead(ms: number): { now: () => number } {
  return { now: () => Date.now() + ms };
}

describe.each([
  ['a URL', () => url],
  ['an ioredis 6 client', () => new Redis(url)],
  ['an ioredis 5 client', () => new Redis5(url)],
  ['a lazy client', () => new Redis(url, { lazyConnect: true })],
  ['a client without an offline queue', () => new Redis(url, { enableOfflineQueue: false })],
  ['a client with a key prefix', () => new Redis(url, { keyPrefix: `${makePrefix()}app:` })],
  ['a client that speaks RESP2', () => new Redis(url, { protocol: 2 })],
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
    expect(cache.status()).toBe('up');
    const copy = makeCopy({}, 12);
    expect(await cache.get(copy.key.id)).toBeNull();
    await fillAndWait(cache, copy);
    expect(await cache.get(copy.key.id)).toEqual(asCached(copy));
    const others = [makeCopy({}, 13), makeCopy({}, 14)];
    for (const other of others) await fillAndWait(cache, other);
    const found = await Promise.all([copy, ...others].map(({ key }) => cache.get(key.id)));
    expect(found).toEqual([copy, ...others].map(asCached));
    expect(cache.logger.messages).toEqual([]);
  });

  it('publishes a change, which nothing older replaces', async () => {
    const cache = await openCache({ connection: connection() });
    const copy = makeCopy();
    await fillAndWait(cache, copy);
    const revoked = changed(copy, 2, { revokedAt: 1_700_000_000_000, enabled: false });
    cache.publish(revoked, Date.now());
    expect(await cache.get(copy.key.id)).toEqual(asCached(revoked));
    cache.fill({ ...copy, asOf: positionAt(99) }, Date.now());
    expect(await cache.get(copy.key.id)).toEqual(asCached(revoked));
    // Two changes may be published in the other order than they were made; the later one stays.
    cache.publish(copy, Date.now());
    expect(await cache.get(copy.key.id)).toEqual(asCached(revoked));
  });
});

describe('a client that was handed in', () => {
  it('is left open, with nothing of ours on it', async () => {
    const client = new Redis(url);
    await client.ping();
    const before = client.eventNames().map((name) => [name, client.listenerCount(name)]);
    const cache = await openCache({ connection: client });
    await cache.close();
    expect(await client.ping()).toBe('PONG');
    expect(client.eventNames().map((name) => [name, client.listenerCount(name)])).toEqual(before);
    await client.quit();
  });
});

describe('options', () => {
  it('are checked as the option redis is', async () => {
    const replica = new Redis({ lazyConnect: true, role: 'slave', name: 'm', sentinels: [{ host: 'a' }] });
    for (const connection of ['', 'http://:hunter2@localhost', {}, null, replica]) {
      await expect(openCache({ connection: connection as unknown as Redis })).rejects.toThrow(
        InvalidOptionError,
      );
    }
    await expect(openCache({ keyPrefix: 'a{b' })).rejects.toThrow(InvalidOptionError);
  });

  it.each([0, -1, 1.5, NaN, 60_001, Infinity])('refuses the lifetime %p', async (entryLifetimeMs) => {
    await expect(openCache({ entryLifetimeMs })).rejects.toThrow(InvalidOptionError);
  });

  it('needs a pepper', async () => {
    await expect(openCache({ peppers: [] })).rejects.toThrow(InvalidOptionError);
  });
});

describe('versions', () => {
  it('takes the same version again when it is not of earlier, and refuses an older one', async () => {
    const cache = await openCache();
    const copy = makeCopy({ version: 7 }, 5);
    await fillAndWait(cache, copy);
    const withDigest = makeCopy({
      ...copy.key,
      credentials: copy.key.credentials.filter(isSecret).map((each) => ({
        ...each,
        digests: { ...each.digests, ['f'.repeat(16)]: 'cd'.repeat(32) },
      })),
    });
    for (const [sequence, isTaken] of [
      [5, true],
      [4, false],
      [10, true],
      [9, false],
    ] as const) {
      const before = await cache.get(copy.key.id);
      const offered = { ...(isTaken ? withDigest : copy), asOf: positionAt(sequence) };
      cache.fill(offered, Date.now());
      await settle(cache);
      expect(await cache.get(copy.key.id)).toEqual(isTaken ? asCached(offered) : before);
    }
    cache.fill({ ...changed(copy, 6), asOf: positionAt(99) }, Date.now());
    await settle(cache);
    expect(await versionIn(cache, copy)).toBe(7);
  });

  it('recognizes copies of a lost timeline by their hash, whichever of them is cached', async () => {
    const cache = await openCache();
    const copy = makeCopy({ version: 3 });
    const lost = { ...copy, asOf: positionAt(4, 'lost') };
    const present = { ...changed(copy, 3, { enabled: false }), asOf: positionAt(4) };
    for (const held of [lost, present, lost]) {
      cache.publish(held, Date.now());
      await settle(cache);
      expect(await cache.get(copy.key.id)).toEqual(asCached(held));
    }
    // A lower version stands behind until the other one runs out; what is cached still says of where it is.
    const earlier = { ...changed(copy, 2), asOf: positionAt(3) };
    cache.publish(earlier, Date.now());
    cache.fill({ ...earlier, asOf: positionAt(9) }, Date.now());
    await settle(cache);
    expect(await cache.get(copy.key.id)).toEqual(asCached(lost));
  });

  it('compares numbers, not texts', async () => {
    const cache = await openCache();
    const copy = makeCopy({ version: 9 });
    await fillAndWait(cache, copy);
    await publishAndWait(cache, changed(copy, 10));
    cache.fill(copy, Date.now());
    await settle(cache);
    expect(await versionIn(cache, copy)).toBe(10);
  });

  it('holds the highest of many that are written at once', async () => {
    const prefix = makePrefix();
    const peppers = [makePepper()];
    const caches = await Promise.all([1, 2, 3].map(() => openCache({ keyPrefix: prefix, peppers })));
    for (let round = 0; round < 30; round += 1) {
      const copy = makeCopy();
      const versions = [1, 2, 3, 4, 5, 6].sort(() => Math.random() - 0.5);
      for (const [i, version] of versions.entries()) {
        const cache = caches[i % caches.length]!;
        if (version % 2 === 0) cache.publish(changed(copy, version), Date.now());
        else cache.fill(changed(copy, version), Date.now());
      }
      await Promise.all(caches.map(settle));
      for (const cache of caches) expect(await versionIn(cache, copy)).toBe(6);
    }
  });
});

describe('time', () => {
  it('keeps every entry for a minute at most, and not past the end of its key', async () => {
    const keyPrefix = makePrefix();
    const cache = await openCache({ keyPrefix });
    const endsSoon = makeCopy({ expiresAt: Date.now() + 2000 });
    for (const copy of [makeCopy(), endsSoon]) await fillAndWait(cache, copy);
    for (const copy of [makeCopy({ version: 3 }), makeCopy({ expiresAt: Date.now() - 1 })]) {
      cache.publish(copy, Date.now());
    }
    await settle(cache);
    const names = await raw.keys(`${keyPrefix}*`);
    expect(names).toHaveLength(4);
    for (const name of names) {
      const left = await raw.pttl(name);
      expect(left).toBeGreaterThan(0);
      expect(left).toBeLessThanOrEqual(60_000);
    }
    const soonName = names.find((name) => name.includes(endsSoon.key.id)) ?? '';
    expect(await raw.pttl(soonName)).toBeLessThanOrEqual(2000);
  });

  it('counts from the read of the store, and never restarts', async () => {
    let now = Date.now();
    const keyPrefix = makePrefix();
    const cache = await openCache({ keyPrefix, clock: { now: () => now } });
    const copy = makeCopy();
    await fillAndWait(cache, copy, now - 50_000);
    expect(await raw.pttl((await raw.keys(`${keyPrefix}*`))[0] ?? '')).toBeLessThanOrEqual(10_000);
    for (const [step, isThere] of [
      [9000, true],
      [999, true],
      [1, false],
    ] as const) {
      now += step;
      expect((await cache.get(copy.key.id)) !== null).toBe(isThere);
    }
  });

  it('ignores a copy past its end on its own clock, though Redis still holds it', async () => {
    const keyPrefix = makePrefix();
    const peppers = [makePepper()];
    const writer = await openCache({ keyPrefix, peppers });
    const copy = makeCopy();
    await fillAndWait(writer, copy);
    const later = await openCache({ keyPrefix, peppers, clock: clockAhead(60_001) });
    expect(await later.get(copy.key.id)).toBeNull();
  });

  it('ignores a copy that claims to be usable for more than a minute', async () => {
    const keyPrefix = makePrefix();
    const peppers = [makePepper()];
    const fast = await openCache({ keyPrefix, peppers, clock: clockAhead(3000) });
    const copy = makeCopy();
    await fillAndWait(fast, copy, Date.now() + 3000);
    const reader = await openCache({ keyPrefix, peppers });
    expect(await reader.get(copy.key.id)).toBeNull();
  });

  it('never serves a key past its own end', async () => {
    let now = Date.now();
    const cache = await openCache({ clock: { now: () => now } });
    const copy = makeCopy({ expiresAt: now + 1000 });
    await fillAndWait(cache, copy, now);
    now += 999;
    expect(await cache.get(copy.key.id)).not.toBeNull();
    now += 1;
    expect(await cache.get(copy.key.id)).toBeNull();
  });

  it('does not take what was read too long ago', async () => {
    const cache = await openCache();
    const copy = makeCopy();
    for (const age of [60_000, 61_000, 3_600_000]) {
      cache.fill(copy, Date.now() - age);
      await settle(cache);
      expect(await cache.get(copy.key.id)).toBeNull();
    }
  });

  it('shortens the use of copies when requested', async () => {
    let now = Date.now();
    const cache = await openCache({ entryLifetimeMs: 1000, clock: { now: () => now } });
    const copy = makeCopy();
    await fillAndWait(cache, copy, now);
    now += 1000;
    expect(await cache.get(copy.key.id)).toBeNull();
  });
});

describe('the object that is given back', () => {
  it('is the same while Redis holds the same, and another one afterwards', async () => {
    const cache = await openCache();
    const copy = makeCopy();
    await fillAndWait(cache, copy);
    const first = await cache.get(copy.key.id);
    expect(first).not.toBeNull();
    expect(await cache.get(copy.key.id)).toBe(first);
    await publishAndWait(cache, changed(copy, 2));
    const second = await cache.get(copy.key.id);
    expect(second).not.toBe(first);
    expect(second?.key.version).toBe(2);
  });

  it('is forgotten after some thousand others, and read again', async () => {
    const cache = await openCache();
    const copies = Array.from({ length: 2200 }, () => makeCopy());
    for (let i = 0; i < copies.length; i += 100) {
      for (const copy of copies.slice(i, i + 100)) cache.publish(copy, Date.now());
      await settle(cache);
    }
    const read = async (): Promise<unknown[]> => {
      const found: unknown[] = [];
      for (let i = 0; i < copies.length; i += 100) {
        const some = copies.slice(i, i + 100).map(({ key }) => cache.get(key.id));
        found.push(...(await Promise.all(some)));
      }
      return found;
    };
    const [before, after] = [await read(), await read()];
    expect(before).toEqual(copies.map(asCached));
    expect(after).toEqual(before);
    expect(after.filter((each, i) => each !== before[i]).length).toBeGreaterThan(0);
  });
});

describe('peppers', () => {
  it('shows a change to processes that read with another known pepper', async () => {
    const keyPrefix = makePrefix();
    const [old, next] = [makePepper(), makePepper()];
    const before = await openCache({ keyPrefix, peppers: [old, next] });
    const after = await openCache({ keyPrefix, peppers: [next, old] });
    const copy = makeCopy();
    await fillAndWait(before, copy);
    await fillAndWait(after, copy);
    await publishAndWait(before, changed(copy, 2, { enabled: false }));
    expect(await versionIn(after, copy)).toBe(2);
    await publishAndWait(after, changed(copy, 3));
    expect(await versionIn(before, copy)).toBe(3);
  });
});

describe('what is written', () => {
  it('holds neither slow hashes nor secrets nor anything that is not needed', async () => {
    const keyPrefix = makePrefix();
    const pepper = makePepper();
    const cache = await openCache({ keyPrefix, peppers: [pepper] });
    const copy = makeCopy();
    const full = { ...copy, key: { ...copy.key, description: 'CANARY', lastUsedAt: 1, surprise: 'CANARY' } };
    await fillAndWait(cache, full);
    await publishAndWait(cache, makeCopy());
    const names = await raw.keys(`${keyPrefix}*`);
    expect(names).toHaveLength(2);
    for (const name of names) {
      const value = (await raw.get(name)) ?? '';
      expect(value).toContain('orders:read');
      for (const part of ['$2b$', 'SSSS', 'deadbeef', 'bcrypt', 'secretCheck', 'CANARY', pepper]) {
        expect(name + value).not.toContain(part);
      }
    }
  });

  it('leaves out what is too large, and still puts older copies out of use', async () => {
    const cache = await openCache();
    const copy = makeCopy();
    await fillAndWait(cache, copy);
    const scopes = Array.from({ length: 3000 }, (_, i) => `area${i}:${'x'.repeat(30)}`);
    cache.publish(changed(copy, 2, { scopes }), Date.now());
    expect(await cache.get(copy.key.id)).toBeNull();
    cache.fill(copy, Date.now());
    await settle(cache);
    expect(await cache.get(copy.key.id)).toBeNull();
  });

  it('takes what is longer than what is remembered', async () => {
    const cache = await openCache();
    const scopes = Array.from({ length: 500 }, (_, i) => `area${i}:${'x'.repeat(30)}`);
    const copy = makeCopy({ scopes });
    await fillAndWait(cache, copy);
    expect(await cache.get(copy.key.id)).toEqual(asCached(copy));
    expect(await cache.get(copy.key.id)).toEqual(asCached(copy));
  });

  it('does not cache ids that would be ambiguous in a Redis key', async () => {
    const keyPrefix = makePrefix();
    const cache = await openCache({ keyPrefix });
    for (const id of ['a}b', 'a{b', 'a b', '', 'ä', 'a\0b', 'x'.repeat(129)]) {
      cache.fill(makeCopy({ id }), Date.now());
      cache.publish(makeCopy({ id }), Date.now());
      await settle(cache);
      expect(await cache.get(id)).toBeNull();
    }
    expect(await raw.keys(`${keyPrefix}*`)).toEqual([]);
  });

  it('can be taken away at any time', async () => {
    const keyPrefix = makePrefix();
    const cache = await openCache({ keyPrefix });
    const copy = makeCopy();
    await fillAndWait(cache, copy);
    await raw.del(await raw.keys(`${keyPrefix}*`));
    expect(await cache.get(copy.key.id)).toBeNull();
    await fillAndWait(cache, copy);
    expect(cache.logger.messages).toEqual([]);
  });
});

describe('a closed cache', () => {
  it('answers at once and has nothing', async () => {
    const cache = await openCache({ clock: systemClock });
    const copy = makeCopy();
    await fillAndWait(cache, copy);
    await cache.close();
    expect(await cache.get(copy.key.id)).toBeNull();
    cache.fill(copy, Date.now());
    cache.publish(copy, Date.now());
    cache.notifyOthers();
    expect(cache.status()).toBe('down');
    await cache.close();
  });
});
