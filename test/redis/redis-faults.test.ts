import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { Cluster, Redis } from 'ioredis';
import { startRedis } from '../servers/redis.cjs';
import {
  asCached,
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

/** The deadline of 250 ms, on a machine that runs other tests at the same time. */
const inTimeMs = 450;
/** Without having asked: well below the deadline. */
const atOnceMs = 150;

const servers: StartedRedis[] = [];
const clients: { disconnect(): void }[] = [];

async function start(options?: Parameters<typeof startRedis>[0]): Promise<StartedRedis> {
  const server = await startRedis(options);
  servers.push(server);
  return server;
}

function client(url: string): Redis {
  const made = new Redis(url);
  made.on('error', () => undefined);
  clients.push(made);
  return made;
}

async function timed<T>(work: Promise<T>): Promise<{ answer: T; ms: number }> {
  const startedAt = performance.now();
  const answer = await work;
  return { answer, ms: performance.now() - startedAt };
}

afterEach(async () => {
  await closeCaches();
  for (const made of clients.splice(0)) made.disconnect();
  for (const server of servers.splice(0)) await server.stop();
});

describe('a Redis that is not there at the start', () => {
  it('does not keep the cache from opening, and is used once it appears', async () => {
    const server = await start();
    await server.stop();
    servers.pop();
    const cache = await openCache({ connection: server.url });
    const key = makeKey();
    expect(cache.status()).toBe('down');
    expect((await timed(cache.get(key.id))).ms).toBeLessThan(atOnceMs);
    expect(await cache.publish(key, Date.now())).toBe(false);
    await start({ port: server.port });
    await waitFor(() => cache.status() === 'up');
    expect(await cache.publish(key, Date.now())).toBe(true);
    expect(await cache.get(key.id)).toEqual(asCached(key));
    expect(cache.logger.messages).toEqual([
      'api-keys: keys are read from the database only, and changes take effect late (Redis: ECONNREFUSED)',
    ]);
  });
});

describe('a Redis that is killed', () => {
  it.each([
    ['our own client', (url: string) => url],
    ['a client with default options', (url: string) => client(url)],
  ])('costs no time and nothing else, with %s, and is used again after its restart', async (_, connect) => {
    const server = await start();
    const cache = await openCache({ connection: connect(server.url) });
    const key = makeKey();
    await fillAndWait(cache, key);
    await server.kill();
    for (let i = 0; i < 20; i += 1) {
      const { answer, ms } = await timed(cache.get(key.id));
      expect(answer).toBeNull();
      expect(ms).toBeLessThan(inTimeMs);
      cache.fill(key, Date.now());
    }
    const { answer, ms } = await timed(cache.publish({ ...key, version: 2 }, Date.now()));
    expect(answer).toBe(false);
    expect(ms).toBeLessThan(inTimeMs);
    expect(cache.status()).toBe('down');
    await start({ port: server.port });
    await waitFor(async () => cache.publish({ ...key, version: 3 }, Date.now()));
    await waitFor(async () => (await cache.get(key.id))?.version === 3);
    expect(cache.status()).toBe('up');
  });
});

describe('a Redis that stands still', () => {
  it.each([
    ['our own client', (url: string) => url],
    ['a client with default options', (url: string) => client(url)],
  ])('is waited for by one request a second, with %s', async (_, connect) => {
    const server = await start();
    const cache = await openCache({ connection: connect(server.url) });
    const key = makeKey();
    await fillAndWait(cache, key);
    server.pause();
    const first = await timed(cache.get(key.id));
    expect(first.answer).toBeNull();
    expect(first.ms).toBeLessThan(inTimeMs);
    expect(cache.status()).toBe('down');
    for (let i = 0; i < 20; i += 1) {
      const { answer, ms } = await timed(cache.get(key.id));
      expect(answer).toBeNull();
      expect(ms).toBeLessThan(atOnceMs);
    }
    const change = await timed(cache.publish({ ...key, version: 2 }, Date.now()));
    expect(change.answer).toBe(false);
    expect(change.ms).toBeLessThan(inTimeMs);
    // Past the pause one asks again; the others do not wait with it.
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const together = await Promise.all(Array.from({ length: 10 }, () => timed(cache.get(key.id))));
    expect(together.filter(({ ms }) => ms > atOnceMs).length).toBeLessThanOrEqual(1);
    server.resume();
    await waitFor(() => cache.publish({ ...key, version: 3 }, Date.now()));
    await waitFor(async () => (await cache.get(key.id))?.version === 3);
    expect(cache.logger.messages.length).toBeLessThanOrEqual(2);
  });

  it('is down until it answers, and then found up by who asks for nothing but that', async () => {
    const server = await start();
    const cache = await openCache({ connection: client(server.url) });
    await fillAndWait(cache, makeKey());
    server.pause();
    await cache.get(makeKey().id);
    for (let i = 0; i < 25; i += 1) {
      expect(cache.status()).toBe('down');
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    server.resume();
    await waitFor(() => cache.status() === 'up');
  });

  it('is noticed by who asks for nothing but that, too', async () => {
    const server = await start();
    const cache = await openCache({ connection: client(server.url) });
    expect(cache.status()).toBe('up');
    server.pause();
    await waitFor(() => cache.status() === 'down');
    server.resume();
  });

  it('is down from the first change that it does not answer', async () => {
    const server = await start();
    const cache = await openCache({ connection: client(server.url) });
    server.pause();
    expect(await cache.publish(makeKey(), Date.now())).toBe(false);
    expect(cache.status()).toBe('down');
    server.resume();
  });

  it('is down when it did not answer at the start', async () => {
    const server = await start();
    const connection = client(server.url);
    await waitFor(() => connection.status === 'ready');
    server.pause();
    const cache = await openCache({ connection });
    expect(cache.status()).toBe('down');
    server.resume();
  });

  it('cannot bring back an older copy when it goes on', async () => {
    const server = await start();
    const connection = client(server.url);
    const keyPrefix = makePrefix();
    const peppers = [makePepper()];
    const cache = await openCache({ connection, keyPrefix, peppers });
    const other = await openCache({ connection: server.url, keyPrefix, peppers });
    const keys = Array.from({ length: 100 }, () => makeKey());
    await fillAndWait(cache, makeKey());
    server.pause();
    // These stay in the socket, whatever deadlines pass.
    for (const key of keys) cache.fill(key, Date.now());
    await new Promise((resolve) => setTimeout(resolve, 400));
    // What half of them hold is taken away meanwhile; that could not be confirmed.
    const changes = keys
      .slice(50)
      .map((key) => other.publish({ ...key, version: 2, revokedAt: 1 }, Date.now()));
    expect(await Promise.all(changes)).not.toContain(true);
    await new Promise((resolve) => setTimeout(resolve, 3700));
    server.resume();
    await waitFor(async () => (await connection.ping()) === 'PONG');
    const fresh = await openCache({ connection: server.url, keyPrefix, peppers });
    for (const key of keys) expect((await fresh.get(key.id))?.version).not.toBe(1);
    for (const key of keys) {
      const [name = ''] = await connection.keys(`${keyPrefix}*{${key.id}}`);
      expect((await connection.get(name)) ?? '').not.toMatch(/^[\w-]{43}\.1\./);
    }
    // They did come, late.
    const calls = /cmdstat_eval:calls=(\d+)/.exec(await connection.info('commandstats'))?.[1];
    expect(Number(calls)).toBeGreaterThan(keys.length);
  });

  it('does not let a late copy replace a change that was confirmed', async () => {
    const server = await start();
    const slow = client(server.url);
    const keyPrefix = makePrefix();
    const peppers = [makePepper()];
    const late = await openCache({ connection: slow, keyPrefix, peppers });
    const cache = await openCache({ connection: server.url, keyPrefix, peppers });
    for (let round = 0; round < 5; round += 1) {
      const keys = Array.from({ length: 200 }, () => makeKey());
      server.pause();
      for (const key of keys) late.fill(key, Date.now());
      server.resume();
      const confirmed = await Promise.all(
        keys.map((key) => cache.publish({ ...key, version: 2, revokedAt: 1 }, Date.now())),
      );
      await slow.ping();
      for (const [i, key] of keys.entries()) {
        const found = await cache.get(key.id);
        expect([2, null]).toContain(found?.version ?? null);
        expect(confirmed[i]).toBe(true);
      }
    }
  });

  it('lets a cache be closed at once', async () => {
    const server = await start();
    const cache = await openCache({ connection: server.url });
    await fillAndWait(cache, makeKey());
    server.pause();
    expect((await timed(cache.close())).ms).toBeLessThan(100);
    server.resume();
  });

  it('does not hold up opening for long', async () => {
    const server = await start();
    server.pause();
    const { ms } = await timed(openCache({ connection: server.url }));
    expect(ms).toBeLessThan(2500);
    server.resume();
  });
});

describe('a Redis that refuses', () => {
  it('to write for want of memory: reads go on, changes are not confirmed', async () => {
    const server = await start();
    const admin = client(server.url);
    const cache = await openCache({ connection: server.url });
    const key = makeKey();
    await fillAndWait(cache, key);
    await admin.config('SET', 'maxmemory-policy', 'noeviction');
    await admin.config('SET', 'maxmemory', '1');
    expect(await cache.publish({ ...key, version: 2 }, Date.now())).toBe(false);
    expect((await cache.get(key.id))?.version).toBe(1);
    for (let i = 0; i < 5; i += 1) cache.fill(makeKey(), Date.now());
    await cache.get(key.id);
    expect(cache.status()).toBe('up');
    expect(cache.logger.messages).toEqual([
      'api-keys: keys cannot be cached, and changes take effect late (Redis: OOM)',
    ]);
    await admin.config('SET', 'maxmemory', '0');
    expect(await cache.publish({ ...key, version: 2 }, Date.now())).toBe(true);
  });

  it('everybody who has not signed in, from one moment on', async () => {
    const server = await start();
    const admin = client(server.url);
    const cache = await openCache({ connection: server.url });
    const key = makeKey();
    await fillAndWait(cache, key);
    await admin.config('SET', 'requirepass', 'hunter2-hunter2');
    await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await waitFor(() => cache.status() === 'down');
    expect(await cache.get(key.id)).toBeNull();
    expect(await cache.publish({ ...key, version: 2 }, Date.now())).toBe(false);
    await new Promise((resolve) => setTimeout(resolve, 2000));
    expect(cache.logger.messages).toEqual([expect.stringContaining('NOAUTH')]);
    // One attempt to connect a second, not a storm.
    const info = await admin.info('stats');
    expect(Number(/total_connections_received:(\d+)/.exec(info)?.[1])).toBeLessThan(10);
    await admin.config('SET', 'requirepass', '');
    await waitFor(() => cache.status() === 'up');
    expect(await cache.publish({ ...key, version: 2 }, Date.now())).toBe(true);
  });

  it('a wrong password, which is not told to anybody', async () => {
    const server = await start({ password: 'right-password' });
    const cache = await openCache({ connection: server.url.replace('right-password', 'hunter2-hunter2') });
    expect(cache.status()).toBe('down');
    expect(await cache.get(makeKey().id)).toBeNull();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(cache.logger.messages).toEqual([expect.stringContaining('WRONGPASS')]);
    expect(cache.logger.messages.join()).not.toContain('hunter2');
  });

  it('one command by its access list', async () => {
    const server = await start();
    const admin = client(server.url);
    const cache = await openCache({ connection: server.url });
    const key = makeKey();
    await fillAndWait(cache, key);
    await admin.call('ACL', 'SETUSER', 'default', '-eval');
    expect(await cache.publish({ ...key, version: 2 }, Date.now())).toBe(false);
    await admin.call('ACL', 'SETUSER', 'default', '-getrange');
    expect(await cache.get(key.id)).toBeNull();
    expect(cache.logger.messages).toEqual([
      expect.stringContaining('keys cannot be cached, and changes take effect late (Redis: NOPERM)'),
      expect.stringContaining('database only, and changes take effect late (Redis: NOPERM)'),
    ]);
  });
});

describe('a Redis whose access list allows one prefix', () => {
  it.each([
    ['our own client', (url: string) => url],
    ['a client with default options', (url: string) => client(url)],
  ])('is asked for nothing else, with %s', async (_, connect) => {
    const server = await start();
    const admin = client(server.url);
    const ours = ['~acme:*', '+eval', '+getrange', '+set', '+type', '+pttl', '+time'];
    const connecting = ['+hello', '+info', '+client'];
    await admin.call('ACL', 'SETUSER', 'acme', 'on', '>hunter2-hunter2', ...ours, ...connecting);
    const cache = await openCache({
      connection: connect(server.url.replace('redis://', 'redis://acme:hunter2-hunter2@')),
      keyPrefix: 'acme:',
      peppers: [makePepper(), makePepper()],
    });
    expect(cache.status()).toBe('up');
    const key = makeKey();
    expect(await cache.get(key.id)).toBeNull();
    await fillAndWait(cache, key);
    expect(await cache.publish({ ...key, version: 2 }, Date.now())).toBe(true);
    // Past the next check.
    await new Promise((resolve) => setTimeout(resolve, 1100));
    for (let i = 0; i < 3; i += 1) expect((await cache.get(key.id))?.version).toBe(2);
    cache.fill(key, Date.now());
    expect((await cache.get(key.id))?.version).toBe(2);
    expect(cache.status()).toBe('up');
    expect(cache.logger.messages).toEqual([]);
    expect(await admin.info('errorstats')).not.toContain('NOPERM');
    expect(await admin.call('ACL', 'LOG')).toEqual([]);
  });
});

describe('a Redis that is emptied', () => {
  it('is filled again', async () => {
    const server = await start();
    const admin = client(server.url);
    const cache = await openCache({ connection: server.url });
    const key = makeKey();
    await fillAndWait(cache, key);
    await admin.flushall();
    expect(await cache.get(key.id)).toBeNull();
    expect(await cache.publish({ ...key, version: 2 }, Date.now())).toBe(true);
    await fillAndWait(cache, { ...key, version: 2 });
    expect(cache.logger.messages).toEqual([]);
  });
});

describe('a Redis Cluster', () => {
  it('holds the entries of a key in one slot, under every pepper', async () => {
    const server = await start({ args: ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1'] });
    const admin = client(server.url);
    await admin.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
    await waitFor(async () => String(await admin.call('CLUSTER', 'INFO')).includes('cluster_state:ok'));
    const cluster = new Cluster([{ host: '127.0.0.1', port: server.port }]);
    clients.push(cluster);
    const cache = await openCache({ connection: cluster, peppers: [makePepper(), makePepper()] });
    for (let i = 0; i < 20; i += 1) {
      const key = makeKey();
      await fillAndWait(cache, key);
      expect(await cache.publish({ ...key, version: 2 }, Date.now())).toBe(true);
      expect((await cache.get(key.id))?.version).toBe(2);
    }
  });
});

describe('something that is no Redis', () => {
  const listeners: Server[] = [];
  const sockets = new Set<Socket>();
  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    for (const listener of listeners.splice(0)) listener.close();
  });

  /** Speaks as far as the handshake, then answers every command with these bytes. */
  async function serve(answer: string): Promise<string> {
    const listener = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('data', (chunk) => {
        const text = chunk.toString().toLowerCase();
        if (text.includes('getrange') || text.includes('eval')) socket.write(answer);
        else for (const command of text.split(/(?=\*\d+\r\n\$)/)) socket.write(handshake(command));
      });
    });
    listeners.push(listener);
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    return `redis://127.0.0.1:${(listener.address() as AddressInfo).port}`;
  }

  function handshake(command: string): string {
    if (command.includes('hello')) return '-ERR unknown command HELLO\r\n';
    if (command.includes('info\r\n')) return '$21\r\nredis_version:7.0.0\r\n\r\n';
    return '+OK\r\n';
  }

  it.each([
    "-READONLY You can't write against a read only replica.",
    // Redis 6 and 5
    "-ERR Error running script (call to f_0): @user_script:5: @user_script: 5: -READONLY You can't write against a " +
      'read only replica.',
  ])('is down when it answers %j', async (answer) => {
    const connection = client(await serve(`${answer}\r\n`));
    const cache = await openCache({ connection });
    await cache.publish(makeKey(), Date.now());
    expect(cache.status()).toBe('down');
    expect(cache.logger.messages).toEqual([expect.stringContaining('(Redis: READONLY)')]);
  });

  it.each([
    ['an integer', ':1\r\n'],
    ['an array', '*2\r\n$1\r\na\r\n*1\r\n:1\r\n'],
    ['nothing', '$-1\r\n'],
    ['an error with a trap for redirections', '-MOVED __proto__ h:1\r\n'],
    ['half an answer', '$100\r\nabc'],
    ['garbage', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['two answers to one command', '$1\r\na\r\n$1\r\nb\r\n'],
    ['text that looks like an entry', `$60\r\n${'A'.repeat(43)}.1.1700000000000.\r\n`],
  ])('is never believed: %s', async (_, answer) => {
    const cache = await openCache({ connection: await serve(answer) });
    const key = makeKey();
    for (let i = 0; i < 3; i += 1) {
      expect((await timed(cache.get(key.id))).ms).toBeLessThan(inTimeMs);
      expect(await cache.get(key.id)).toBeNull();
      expect(await cache.publish(key, Date.now())).toBe(false);
      cache.fill(key, Date.now());
    }
    expect(Object.keys(Array.prototype)).toEqual([]);
    expect(({} as Record<string, unknown>).port).toBeUndefined();
  });
});
