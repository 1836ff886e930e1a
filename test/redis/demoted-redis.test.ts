import { connect as connectTo, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Redis } from 'ioredis';
import { startRedis } from '../servers/redis.cjs';
import {
  closeCaches,
  fillAndWait,
  makeKey,
  makePepper,
  makePrefix,
  openCache,
  waitFor,
} from './cache-fixture.js';

type StartedRedis = Awaited<ReturnType<typeof startRedis>>;

jest.setTimeout(20_000);

/** A check is due once a second; then come its deadline and a busy machine. */
const noticedMs = 1500;

const servers: StartedRedis[] = [];
const clients: Redis[] = [];
const listeners: Server[] = [];
const sockets = new Set<Socket>();

async function start(): Promise<StartedRedis> {
  const server = await startRedis();
  servers.push(server);
  return server;
}

function client(url: string): Redis {
  const made = new Redis(url);
  made.on('error', () => undefined);
  clients.push(made);
  return made;
}

async function connectionsTo(admin: Redis): Promise<number> {
  return Number(/total_connections_received:(\d+)/.exec(await admin.info('stats'))?.[1]);
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** One address that leads to whichever server is the primary, as a service's name does. */
async function serveAddress(target: () => number): Promise<string> {
  const listener = createServer((socket) => {
    const onward = connectTo(target(), '127.0.0.1');
    for (const each of [socket, onward]) {
      sockets.add(each);
      each.on('error', () => undefined);
      each.on('close', () => [socket, onward].forEach((one) => one.destroy()));
    }
    socket.pipe(onward).pipe(socket);
  });
  listeners.push(listener);
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  return `redis://127.0.0.1:${(listener.address() as AddressInfo).port}`;
}

afterEach(async () => {
  await closeCaches();
  for (const made of clients.splice(0)) made.disconnect();
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  for (const listener of listeners.splice(0)) listener.close();
  for (const server of servers.splice(0)) await server.stop();
});

describe.each([
  ['our own client', (url: string) => url],
  ['a client with default options', (url: string) => client(url)],
])('a primary that becomes a replica, with %s', (_, connect) => {
  it('is not read from the first change on that it refuses, until it takes writes again', async () => {
    const server = await start();
    const admin = client(server.url);
    const cache = await openCache({ connection: connect(server.url) });
    const key = makeKey();
    await fillAndWait(cache, key);
    await admin.replicaof('127.0.0.1', 1);
    expect(await cache.publish({ ...key, version: 2 }, Date.now())).toBe(false);
    expect(cache.status()).toBe('down');
    expect(await cache.get(key.id)).toBeNull();
    // Reading works all the while, so an answer to a read must not be taken for the end of it.
    for (let i = 0; i < 25; i += 1) {
      await pause(100);
      expect(await cache.get(key.id)).toBeNull();
      expect(cache.status()).toBe('down');
    }
    expect(cache.logger.messages).toEqual([
      'api-keys: keys are read from the database only, and changes take effect late (Redis: READONLY)',
    ]);
    // One attempt a second to get to another server, not a storm.
    expect(await connectionsTo(admin)).toBeLessThan(10);
    await admin.replicaof('NO', 'ONE');
    await waitFor(() => cache.publish({ ...key, version: 3 }, Date.now()));
    expect(cache.status()).toBe('up');
    expect((await cache.get(key.id))?.version).toBe(3);
  });

  it('is noticed by reads alone, and its promotion too', async () => {
    const server = await start();
    const admin = client(server.url);
    const cache = await openCache({ connection: connect(server.url) });
    const key = makeKey();
    await fillAndWait(cache, key);
    const demotedAt = performance.now();
    await admin.replicaof('127.0.0.1', 1);
    await waitFor(async () => (await cache.get(key.id)) === null, noticedMs);
    expect(performance.now() - demotedAt).toBeLessThan(noticedMs);
    expect(cache.status()).toBe('down');
    for (let i = 0; i < 20; i += 1) {
      expect(await cache.get(key.id)).toBeNull();
      await pause(100);
    }
    await admin.replicaof('NO', 'ONE');
    await waitFor(async () => {
      await cache.get(key.id);
      return cache.status() === 'up';
    });
  });

  it('is noticed by a copy that it refuses to take', async () => {
    const server = await start();
    const admin = client(server.url);
    const cache = await openCache({ connection: connect(server.url) });
    const key = makeKey();
    await fillAndWait(cache, key);
    await admin.replicaof('127.0.0.1', 1);
    cache.fill(makeKey(), Date.now());
    expect(await cache.get(key.id)).toBeNull();
    expect(cache.status()).toBe('down');
  });

  it('does not serve many requests at once after a quiet time', async () => {
    const server = await start();
    const admin = client(server.url);
    const cache = await openCache({ connection: connect(server.url) });
    const key = makeKey();
    await fillAndWait(cache, key);
    await admin.replicaof('127.0.0.1', 1);
    await pause(1000);
    const found = await Promise.all(Array.from({ length: 50 }, () => cache.get(key.id)));
    expect(found.every((each) => each === null)).toBe(true);
  });

  it('is down when it was a replica at the start', async () => {
    const server = await start();
    await client(server.url).replicaof('127.0.0.1', 1);
    const cache = await openCache({ connection: connect(server.url) });
    expect(cache.status()).toBe('down');
    expect(cache.logger.messages).toEqual([expect.stringContaining('READONLY')]);
  });

  it('is down as well when it only lost its replicas, and may have been replaced', async () => {
    const server = await start();
    const admin = client(server.url);
    const cache = await openCache({ connection: connect(server.url) });
    const key = makeKey();
    await fillAndWait(cache, key);
    await admin.config('SET', 'min-replicas-to-write', '1');
    await waitFor(async () => (await cache.get(key.id)) === null, noticedMs);
    expect(cache.status()).toBe('down');
    expect(cache.logger.messages).toEqual([expect.stringContaining('NOREPLICAS')]);
  });
});

describe('a failover behind one address', () => {
  it('is followed, and what the new primary holds is seen', async () => {
    const [before, after] = [await start(), await start()];
    const [oldAdmin, newAdmin] = [client(before.url), client(after.url)];
    await newAdmin.replicaof('127.0.0.1', before.port);
    await waitFor(async () => (await newAdmin.info('replication')).includes('master_link_status:up'));
    let primary = before;
    const keyPrefix = makePrefix();
    const peppers = [makePepper()];
    const cache = await openCache({ connection: await serveAddress(() => primary.port), keyPrefix, peppers });
    const key = makeKey();
    await fillAndWait(cache, key);
    await newAdmin.replicaof('NO', 'ONE');
    await oldAdmin.replicaof('127.0.0.1', 1);
    primary = after;
    const other = await openCache({ connection: after.url, keyPrefix, peppers });
    expect(await other.publish({ ...key, version: 2, revokedAt: 1 }, Date.now())).toBe(true);
    await pause(noticedMs);
    expect([2, undefined]).toContain((await cache.get(key.id))?.version);
    await waitFor(async () => (await cache.get(key.id))?.version === 2, 500);
    expect(cache.status()).toBe('up');
    expect(await cache.publish({ ...key, version: 3, revokedAt: 1 }, Date.now())).toBe(true);
    expect((await other.get(key.id))?.version).toBe(3);
    expect(cache.logger.messages).toEqual([expect.stringContaining('(Redis: READONLY)')]);
  });
});
