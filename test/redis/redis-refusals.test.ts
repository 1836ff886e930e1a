import {
  asCached,
  changed,
  fillAndWait,
  makeCopy,
  openCache,
  publishAndWait,
  settle,
  versionIn,
  waitFor,
} from './cache-fixture.js';
import { callsOf, client, pause, start, stopAll } from './server-fixture.js';
import { watchMachine } from '../harness/machine-watch.js';

const machine = watchMachine();

jest.setTimeout(60_000);

const connections: [string, (url: string) => Parameters<typeof openCache>[0]][] = [
  ['our own client', (url) => ({ connection: url })],
  ['a client with default options', (url) => ({ connection: client(url) })],
];

/** Full seconds since then: what comes once a second comes so often, and once more. */
const secondsSince = (from: number): number => Math.floor((performance.now() - from) / 1_000);

afterEach(stopAll);

describe('a Redis that takes no writes', () => {
  it('for want of memory is read, and not written to but once a second', async () => {
    const server = await start();
    const admin = client(server.url);
    const cache = await openCache({ connection: server.url });
    const copy = makeCopy();
    await fillAndWait(cache, copy);
    await admin.config('SET', 'maxmemory-policy', 'noeviction');
    await admin.config('SET', 'maxmemory', '1');
    const from = performance.now();
    await admin.config('RESETSTAT');
    cache.publish(changed(copy, 2), Date.now());
    await settle(cache);
    expect(await versionIn(cache, copy)).toBe(1);
    for (let i = 0; i < 20; i += 1) {
      cache.fill(makeCopy(), Date.now());
      expect(await versionIn(cache, copy)).toBe(1);
      cache.notifyOthers();
    }
    expect((await callsOf(admin))['evalsha']).toBeLessThanOrEqual(2 + secondsSince(from));
    expect(cache.status()).toBe('up');
    expect(cache.logger.messages).toEqual(['api-keys: keys cannot be cached (Redis: OOM)']);
    await admin.config('SET', 'maxmemory', '0');
    await publishAndWait(cache, changed(copy, 2));
  });

  it('P20: is logged when that begins and when it ends, with the number of copies, and when it begins again at once and stays', async () => {
    const server = await start();
    const admin = client(server.url);
    const cache = await openCache({ connection: server.url });
    const copy = makeCopy();
    await fillAndWait(cache, copy);
    const begins = 'api-keys: keys cannot be cached (Redis: OOM)';
    await admin.config('SET', 'maxmemory-policy', 'noeviction');
    await admin.config('SET', 'maxmemory', '1');
    cache.publish(changed(copy, 2), Date.now());
    await waitFor(() => cache.logger.messages.length > 0);
    // Writes are paused now, so that these are not even sent.
    for (let count = 0; count < 5; count += 1) cache.fill(makeCopy(), Date.now());
    await admin.config('SET', 'maxmemory', '0');
    await publishAndWait(cache, changed(copy, 2));
    const ends = 'api-keys: keys are cached again; copies that were not written: 6';
    expect(cache.logger.messages).toEqual([begins, ends]);

    await admin.config('SET', 'maxmemory', '1');
    for (let again = false; !again; again = cache.logger.messages.length > 2) {
      cache.fill(makeCopy(), Date.now());
      await pause(100);
    }
    await admin.config('SET', 'maxmemory', '0');
    await publishAndWait(cache, changed(copy, 3));
    expect(cache.logger.messages).toEqual([
      begins,
      ends,
      begins,
      expect.stringMatching(/^api-keys: keys are cached again; copies that were not written: \d{2,}$/),
    ]);
  });

  it.each(connections)('because it became a replica is read, with %s', async (_, optionsFor) => {
    const server = await start();
    const admin = client(server.url);
    const cache = await openCache(optionsFor(server.url));
    const copy = makeCopy();
    await fillAndWait(cache, copy);
    const from = performance.now();
    await admin.replicaof('127.0.0.1', 1);
    cache.publish(changed(copy, 2), Date.now());
    await waitFor(async () => cache.status() === 'up' && (await versionIn(cache, copy)) === 1);
    for (let i = 0; i < 20; i += 1) {
      cache.fill(makeCopy(), Date.now());
      await pause(80);
    }
    const slowness = await machine.slowness();
    const isSlow =
      slowness.heldUpMs(from, performance.now()) > 100 || slowness.factor(from, performance.now()) >= 3;
    // A machine that takes longer than the deadline of Redis is told of as well.
    const ofMachine = /\(Redis: timeout\)|Redis responds again/;
    const messages = cache.logger.messages.filter((message) => !isSlow || !ofMachine.test(message));
    expect(messages).toEqual(['api-keys: keys cannot be cached (Redis: READONLY)']);
    // It may have got a new address; but that is checked now and then, not in a storm.
    const info = await admin.info('stats');
    expect(Number(/total_connections_received:(\d+)/.exec(info)?.[1])).toBeLessThan(
      7 + 3 * secondsSince(from),
    );
    await admin.replicaof('NO', 'ONE');
    await publishAndWait(cache, changed(copy, 3));
  });

  it('because it has lost its replicas is read', async () => {
    const server = await start();
    const admin = client(server.url);
    const cache = await openCache({ connection: client(server.url) });
    const copy = makeCopy();
    await fillAndWait(cache, copy);
    await admin.config('SET', 'min-replicas-to-write', '1');
    cache.publish(changed(copy, 2), Date.now());
    await settle(cache);
    expect(await cache.get(copy.key.id)).toEqual(asCached(copy));
    expect(cache.logger.messages).toEqual(['api-keys: keys cannot be cached (Redis: NOREPLICAS)']);
  });

  it('because its access list forbids it is read', async () => {
    const server = await start();
    const admin = client(server.url);
    const cache = await openCache({ connection: server.url });
    const copy = makeCopy();
    await fillAndWait(cache, copy);
    await admin.call('ACL', 'SETUSER', 'default', '-set');
    cache.publish(changed(copy, 2), Date.now());
    await settle(cache);
    expect(await cache.get(copy.key.id)).toEqual(asCached(copy));
    expect(cache.status()).toBe('up');
    expect(cache.logger.messages).toEqual(['api-keys: keys cannot be cached (Redis: NOPERM)']);
  });
});

describe('a Redis that refuses', () => {
  it.each(['-getrange', '-evalsha'])('by its access list (%s) is asked once a second', async (rule) => {
    const server = await start();
    const admin = client(server.url);
    const cache = await openCache({ connection: server.url });
    const copy = makeCopy();
    await fillAndWait(cache, copy);
    await admin.call('ACL', 'SETUSER', 'default', rule);
    await waitFor(async () => {
      await Promise.all([cache.get(copy.key.id), cache.get('a'), cache.get('b')]);
      return cache.status() === 'down';
    });
    await admin.call('ACL', 'LOG', 'RESET');
    const from = performance.now();
    await admin.config('RESETSTAT');
    for (let i = 0; i < 40; i += 1) {
      expect(await cache.get(copy.key.id)).toBeNull();
      cache.fill(copy, Date.now());
      await pause(50);
    }
    const refused = /errorstat_NOPERM:count=(\d+)/.exec(await admin.info('errorstats'))?.[1];
    expect(Number(refused ?? 0)).toBeLessThanOrEqual(1 + secondsSince(from));
    expect(cache.logger.messages).toEqual([expect.stringContaining('database only (Redis: NOPERM)')]);
    await admin.call('ACL', 'SETUSER', 'default', rule.replace('-', '+'));
    const allowed = performance.now();
    await waitFor(() => cache.status() === 'up');
    await machine.expectWithin(2_500, performance.now() - allowed);
    expect(await cache.get(copy.key.id)).toEqual(asCached(copy));
  });

  it('everybody who has not signed in, from one moment on, is tried once a second', async () => {
    const server = await start();
    const admin = client(server.url);
    const cache = await openCache({ connection: server.url });
    const copy = makeCopy();
    await fillAndWait(cache, copy);
    await admin.config('SET', 'requirepass', 'hunter2-hunter2');
    await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await waitFor(() => cache.status() === 'down');
    const from = performance.now();
    await admin.config('RESETSTAT');
    for (let i = 0; i < 20; i += 1) {
      expect(await cache.get(copy.key.id)).toBeNull();
      await pause(100);
    }
    const received = /total_connections_received:(\d+)/.exec(await admin.info('stats'))?.[1];
    expect(Number(received)).toBeLessThanOrEqual(3 * secondsSince(from));
    expect(cache.logger.messages).toEqual([expect.stringContaining('NOAUTH')]);
    await admin.config('SET', 'requirepass', '');
    await waitFor(() => cache.status() === 'up');
    await publishAndWait(cache, changed(copy, 2));
  });

  it('a wrong password does not tell it to anybody', async () => {
    const server = await start({ password: 'right-password' });
    const cache = await openCache({ connection: server.url.replace('right-password', 'hunter2-hunter2') });
    expect(cache.status()).toBe('down');
    expect(await cache.get(makeCopy().key.id)).toBeNull();
    await pause(300);
    expect(cache.logger.messages).toEqual([expect.stringContaining('WRONGPASS')]);
    expect(cache.logger.messages.join()).not.toContain('hunter2');
  });
});
