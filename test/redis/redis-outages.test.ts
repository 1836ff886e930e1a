import { changed, fillAndWait, makeCopy, openCache, publishAndWait, waitFor } from './cache-fixture.js';
import { callsOf, client, pause, start, stopAll, stopNow, timed } from './server-fixture.js';
import type { VerificationCache } from '../../lib/ports/verification-cache.js';
import { watchMachine } from '../harness/machine-watch.js';

const machine = watchMachine();

jest.setTimeout(60_000);

/** The deadline of 200 ms, and time to answer. */
const inTimeMs = 450;
/** Without having asked: well below the deadline. */
const atOnceMs = 150;

const connections: [string, (url: string) => Parameters<typeof openCache>[0]][] = [
  ['our own client', (url) => ({ connection: url })],
  ['a client with default options', (url) => ({ connection: client(url) })],
];

/** The line when the outage is over. */
const over = 'api-keys: Redis responds again, and keys are read from it';

afterEach(stopAll);

/** Whatever the machine takes, it is up; and but for that, in time. */
async function expectUpWithin(boundMs: number, cache: Pick<VerificationCache, 'status'>): Promise<void> {
  const from = performance.now();
  await waitFor(() => cache.status() === 'up');
  await machine.expectWithin(boundMs, performance.now() - from);
}

describe('a Redis that is not there at the start', () => {
  it('does not keep the cache from opening, and is used once it appears', async () => {
    const server = await start();
    await stopNow(server);
    const cache = await openCache({ connection: server.url });
    const copy = makeCopy();
    expect(cache.status()).toBe('down');
    await machine.expectWithin(atOnceMs, (await timed(cache.get(copy.key.id))).ms);
    cache.fill(copy, Date.now());
    cache.publish(copy, Date.now());
    cache.notifyOthers();
    await start({ port: server.port });
    await expectUpWithin(2_000, cache);
    expect(await cache.get(copy.key.id)).toBeNull();
    await publishAndWait(cache, copy);
    expect(cache.logger.messages).toEqual([
      'api-keys: keys are read from the database only (Redis: ECONNREFUSED)',
      over,
    ]);
  });
});

describe.each(connections)('with %s, a Redis that is killed', (_, optionsFor) => {
  it('costs no time and nothing else, and is used again after its restart without being asked', async () => {
    const server = await start();
    const cache = await openCache(optionsFor(server.url));
    const copy = makeCopy();
    await fillAndWait(cache, copy);
    await server.kill();
    for (let i = 0; i < 20; i += 1) {
      const { answer, ms } = await timed(cache.get(copy.key.id));
      expect(answer).toBeNull();
      await machine.expectWithin(inTimeMs, ms);
      cache.fill(copy, Date.now());
      cache.publish(changed(copy, 2), Date.now());
      cache.notifyOthers();
    }
    expect(cache.status()).toBe('down');
    // A Redis that is back before our own client connects again has cost nothing, and nothing is said of it.
    await waitFor(() => cache.logger.messages.length > 0);
    await stopNow(server);
    const again = await start({ port: server.port });
    // What was sent while it was away was not kept.
    await waitFor(() => cache.status() === 'up');
    expect(await client(again.url).dbsize()).toBe(0);
    await publishAndWait(cache, changed(copy, 3));
    expect(cache.logger.messages).toEqual([
      expect.stringContaining('keys are read from the database only (Redis: '),
      over,
    ]);
  });
});

describe.each(connections)('with %s, a Redis that stands still', (_, optionsFor) => {
  it('is waited for by those who asked, and then by nobody until it answers a probe', async () => {
    const server = await start();
    const cache = await openCache(optionsFor(server.url));
    const copy = makeCopy();
    await fillAndWait(cache, copy);
    server.pause();
    const first = await timed(cache.get(copy.key.id));
    expect(first.answer).toBeNull();
    await machine.expectWithin(inTimeMs, first.ms);
    expect(cache.status()).toBe('down');
    for (let i = 0; i < 15; i += 1) {
      const together = await Promise.all([1, 2, 3].map(() => timed(cache.get(copy.key.id))));
      for (const { answer, ms } of together) {
        expect(answer).toBeNull();
        await machine.expectWithin(atOnceMs, ms);
      }
      await pause(100);
    }
    server.resume();
    await expectUpWithin(2_500, cache);
    await publishAndWait(cache, changed(copy, 3));
    expect(cache.logger.messages).toEqual([
      expect.stringContaining('keys are read from the database only (Redis: timeout)'),
      over,
    ]);
  });

  it('is noticed by who asks for nothing but the status', async () => {
    const server = await start();
    const cache = await openCache(optionsFor(server.url));
    expect(cache.status()).toBe('up');
    server.pause();
    await waitFor(() => cache.status() === 'down');
    server.resume();
    await expectUpWithin(2_500, cache);
  });

  it('is down when it did not answer at the start', async () => {
    const server = await start();
    const options = optionsFor(server.url);
    server.pause();
    const { answer: cache, ms } = await timed(openCache(options));
    await machine.expectWithin(2_600, ms);
    expect(cache.status()).toBe('down');
    server.resume();
    await waitFor(() => cache.status() === 'up');
  });

  it('lets a cache be closed at once', async () => {
    const server = await start();
    const cache = await openCache(optionsFor(server.url));
    server.pause();
    await machine.expectWithin(100, (await timed(cache.close())).ms);
    server.resume();
  });
});

describe('a Redis that stood still', () => {
  it('is up again after at most two seconds without anything that asks', async () => {
    const server = await start();
    const cache = await openCache({ connection: client(server.url) });
    server.pause();
    await cache.get(makeCopy().key.id);
    await pause(1500);
    expect(cache.status()).toBe('down');
    server.resume();
    const resumed = performance.now();
    await waitFor(() => cache.status() === 'up');
    await machine.expectWithin(2_000, performance.now() - resumed);
  });

  it('is probed once a second, whatever is asked', async () => {
    const server = await start();
    const cache = await openCache({ connection: client(server.url) });
    const admin = client(server.url);
    const copy = makeCopy();
    await fillAndWait(cache, copy);
    await admin.config('RESETSTAT');
    const from = performance.now();
    server.pause();
    for (let i = 0; i < 40; i += 1) {
      void cache.get(copy.key.id);
      cache.fill(copy, Date.now());
      cache.publish(copy, Date.now());
      cache.status();
      await pause(50);
    }
    server.resume();
    await waitFor(() => cache.status() === 'up');
    const calls = await callsOf(admin);
    // In the first moments: a few lookups and writes. After that a probe a second.
    const seconds = Math.floor((performance.now() - from) / 1_000);
    expect((calls['evalsha'] ?? 0) + (calls['eval'] ?? 0)).toBeLessThan(23 + seconds);
  });
});

describe('a Redis that is emptied', () => {
  it('is filled again', async () => {
    const server = await start();
    const admin = client(server.url);
    const cache = await openCache({ connection: server.url });
    const copy = makeCopy();
    await fillAndWait(cache, copy);
    await admin.flushall();
    expect(await cache.get(copy.key.id)).toBeNull();
    await publishAndWait(cache, changed(copy, 2));
    await fillAndWait(cache, changed(copy, 2));
    expect(cache.logger.messages).toEqual([]);
  });
});
