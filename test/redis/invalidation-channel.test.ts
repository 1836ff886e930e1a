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
    // Each is woken when it begins to listen: once, unless a busy machine makes it begin again.
    await waitFor(() => one.state.wakes >= 1 && two.state.wakes >= 1);
    for (let attempt = 0; ; attempt += 1) {
      const before = [one.state.wakes, two.state.wakes] as const;
      one.cache.notifyOthers();
      await waitFor(() => two.state.wakes > before[1]);
      two.cache.notifyOthers();
      await waitFor(() => one.state.wakes > before[0]);
      await pause(50);
      const woken = [one.state.wakes - before[0], two.state.wakes - before[1]];
      if (attempt < 5 && woken.some((wakes) => wakes !== 1)) continue;
      expect(woken).toEqual([1, 1]);
      break;
    }
    expect([...one.logger.messages, ...two.logger.messages]).toEqual([]);
  });

  it('come back after the listening connection was killed, and count as a hint then', async () => {
    const server = await start();
    const admin = client(server.url);
    const [one, two] = [listeningCache(connect(server.url)), listeningCache(connect(server.url))];
    await Promise.all([one.cache.open(), two.cache.open()]);
    await waitFor(() => one.state.wakes >= 1 && two.state.wakes >= 1);
    await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    one.cache.notifyOthers();
    await waitFor(() => one.state.wakes >= 2 && two.state.wakes >= 2);
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
    await waitFor(() => state.wakes >= 1);
    await waitFor(async () => (await subscribers(admin)) === 1);
    await cache.close();
    const before = state.wakes;
    await waitFor(async () => (await subscribers(admin)) === 0);
    if (typeof connection !== 'string') expect(await connection.ping()).toBe('PONG');
    expect(state.wakes).toBe(before);
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
    await waitFor(() => state.wakes >= 1);
  });
});
