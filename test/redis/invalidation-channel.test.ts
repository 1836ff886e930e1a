import type { Redis } from 'ioredis';
import { Redis as Redis5 } from 'ioredis5';
import { createRedisVerificationCache } from '../../lib/redis/redis-verification-cache.js';
import { parsePeppers } from '../../lib/crypto/peppers.js';
import { createRecordedLogger, makeCopy, makePepper, systemClock, waitFor } from './cache-fixture.js';
import { client, disconnectLater, pause, start, stopAll } from './server-fixture.js';

jest.setTimeout(60_000);

const made: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const each of made.splice(0)) await each.close();
  await stopAll();
});

/** A cache that counts how often it was woken. */
function listeningCache(connection: Parameters<typeof createRedisVerificationCache>[0]['connection']) {
  const logger = createRecordedLogger();
  const options = { connection, logger, clock: systemClock, keyPrefix: 'hints:' };
  const cache = createRedisVerificationCache({ ...options, peppers: parsePeppers(makePepper()) });
  const state = { wakes: 0 };
  cache.onInvalidation(() => {
    state.wakes += 1;
  });
  made.push(cache);
  return { cache, logger, state };
}

/**
 * Expects that a hint wakes the other one once, and not the one that gave it. On a slow machine one that listens anew, which wakes it
 * as well, may come between: not each time.
 */
async function expectOneHint(
  from: ReturnType<typeof listeningCache>,
  to: ReturnType<typeof listeningCache>,
): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const [own, other] = [from.state.wakes, to.state.wakes];
    from.cache.notifyOthers();
    await waitFor(() => to.state.wakes > other);
    await pause(50);
    const woken = [from.state.wakes - own, to.state.wakes - other];
    if (woken[0] === 0 && woken[1] === 1) return;
    if (tries === 5) expect(woken).toEqual([0, 1]);
  }
}

const subscribers = async (admin: Redis): Promise<number> =>
  Number((await admin.pubsub('NUMSUB', 'hints:changes'))[1]);

describe.each([
  ['our own clients', (url: string) => url],
  ['ioredis 6 clients', (url: string) => client(url)],
  ['ioredis 5 clients', (url: string) => disconnectLater(new Redis5(url))],
  ['clients that speak RESP2', (url: string) => client(url, { protocol: 2 })],
  ['clients with a key prefix', (url: string) => client(url, { keyPrefix: 'app:' })],
  ['clients without an offline queue', (url: string) => client(url, { enableOfflineQueue: false })],
])('hints between two caches over %s', (_, connect) => {
  it('reach the other one, and not the one that gave them', async () => {
    const server = await start();
    const [one, two] = [listeningCache(connect(server.url)), listeningCache(connect(server.url))];
    await Promise.all([one.cache.open(), two.cache.open()]);
    // Each is woken when it begins to listen.
    await waitFor(() => one.state.wakes > 0 && two.state.wakes > 0);
    await expectOneHint(one, two);
    await expectOneHint(two, one);
    expect([...one.logger.messages, ...two.logger.messages]).toEqual([]);
  });

  it('come back after the listening connection was killed, and count as a hint then', async () => {
    const server = await start();
    const admin = client(server.url);
    const [one, two] = [listeningCache(connect(server.url)), listeningCache(connect(server.url))];
    await Promise.all([one.cache.open(), two.cache.open()]);
    await waitFor(() => one.state.wakes > 0 && two.state.wakes > 0);
    const ofBeginning = [one.state.wakes, two.state.wakes] as const;
    await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    one.cache.notifyOthers();
    await waitFor(() => one.state.wakes > ofBeginning[0] && two.state.wakes > ofBeginning[1]);
    await waitFor(async () => (await subscribers(admin)) === 2);
    const before = two.state.wakes;
    one.cache.notifyOthers();
    await waitFor(() => two.state.wakes > before);
    expect(two.cache.status()).toBe('up');
    expect(two.logger.messages).toEqual([]);
  });

  it('leave nothing behind', async () => {
    const server = await start();
    const admin = client(server.url);
    const connection = connect(server.url);
    const { cache, state } = listeningCache(connection);
    await cache.open();
    await waitFor(() => state.wakes > 0);
    expect(await subscribers(admin)).toBe(1);
    const { wakes } = state;
    await cache.close();
    await waitFor(async () => (await subscribers(admin)) === 0);
    if (typeof connection !== 'string') expect(await connection.ping()).toBe('PONG');
    expect(state.wakes).toBe(wakes);
  });
});

describe('hints that are not possible', () => {
  it.each([
    ['to give', '-publish', 'PUBLISH'],
    ['to hear', '-subscribe', 'SUBSCRIBE'],
  ])(
    'because the access list does not allow %s them are off, which is told once',
    async (_, rule, command) => {
      const server = await start();
      const admin = client(server.url);
      await admin.call('ACL', 'SETUSER', 'app', 'on', '>hunter2-hunter2', '~*', '&*', '+@all', rule);
      const { cache, logger } = listeningCache(
        server.url.replace('redis://', 'redis://app:hunter2-hunter2@'),
      );
      await cache.open();
      for (let i = 0; i < 3; i += 1) {
        cache.notifyOthers();
        await pause(50);
      }
      await waitFor(() => logger.messages.length > 0);
      expect(logger.messages).toEqual([expect.stringContaining(`does not allow ${command} (NOPERM)`)]);
      expect(cache.status()).toBe('up');
    },
  );

  it('because the client cannot be duplicated are off, which is logged once', async () => {
    const server = await start();
    const connection = client(server.url);
    Object.assign(connection, { duplicate: undefined });
    const { cache, logger } = listeningCache(connection);
    await cache.open();
    cache.notifyOthers();
    expect(cache.status()).toBe('up');
    expect(logger.messages).toEqual([expect.stringContaining('no duplicate()')]);
  });

  it('because Redis is away do not hold up anything', async () => {
    const server = await start();
    const { cache, state } = listeningCache(server.url);
    server.pause();
    await cache.open();
    cache.notifyOthers();
    expect(await cache.get(makeCopy().key.id)).toBeNull();
    expect(state.wakes).toBe(0);
    server.resume();
    await waitFor(() => state.wakes > 0);
  });
});
