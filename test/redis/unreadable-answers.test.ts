import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import express, { type Express } from 'express';
import { Redis } from 'ioredis';
import { Redis as Redis5 } from 'ioredis5';
import request from 'supertest';
import { memoryStore } from '../../lib/memory/memory-key-store.js';
import { examineRedis } from '../../lib/redis/examine-redis.js';
import { createManagedRedis } from '../../lib/redis/managed-redis.js';
import { readCounts } from '../../lib/redis/read-answer.js';
import { createRedisReplayGuard } from '../../lib/redis/redis-replay-guard.js';
import { createInstance, type TestInstance } from '../harness/instance.js';
import { createRecordedLogger, makePrefix, openCache, systemClock, waitFor } from './cache-fixture.js';
import { disconnectLater, stopAll } from './server-fixture.js';

jest.setTimeout(90_000);

const instances: TestInstance[] = [];
const listeners: Server[] = [];
const sockets = new Set<Socket>();

afterEach(async () => {
  await Promise.all(instances.splice(0).map(({ apiKeys }) => apiKeys.close()));
  await stopAll();
  for (const socket of sockets) socket.destroy();
  for (const listener of listeners.splice(0)) listener.close();
});

/** What is answered to commands that contain a text, instead of what Redis replies. */
type Answers = Readonly<Record<string, string>>;

/** Speaks as far as cached keys go, and answers these bytes. `heard` is called with each command. */
async function lookAlike(
  answers: Answers,
  heard: (command: string) => void = () => undefined,
): Promise<string> {
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      for (const command of chunk.toString().split(/(?=\*\d+\r\n\$\d+\r\n[a-z]+\r\n)/i)) {
        heard(command);
        socket.write(replyTo(command.toLowerCase(), answers));
      }
    });
  });
  listeners.push(listener);
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  return `redis://127.0.0.1:${(listener.address() as AddressInfo).port}`;
}

function replyTo(text: string, answers: Answers): string {
  if (text.includes('hello')) return '-ERR unknown command HELLO\r\n';
  if (text.includes('\r\ninfo\r\n')) return '$21\r\nredis_version:7.0.0\r\n\r\n';
  for (const [part, answer] of Object.entries(answers)) if (text.includes(part)) return answer;
  if (text.includes(':{probe}')) return '*1\r\n$0\r\n\r\n';
  if (text.includes('\r\ngetrange\r\n')) return '$0\r\n\r\n';
  if (/\r\n(?:evalsha|eval|publish)\r\n/.test(text)) return ':1\r\n';
  return '+OK\r\n';
}

async function open(options: Parameters<typeof createInstance>[0]): Promise<TestInstance> {
  const instance = createInstance(options);
  instances.push(instance);
  await instance.apiKeys.ready();
  return instance;
}

function appOf({ apiKeys }: TestInstance): Express {
  return express().get('/orders', apiKeys.requireApiKey('orders:read'), (_req, res) => {
    res.json({ ok: true });
  });
}

const rateLimits = [{ name: 'minute', limit: 2, windowSeconds: 60 }];

async function statuses(app: Express, token: string, count: number): Promise<readonly number[]> {
  const answers: number[] = [];
  for (let at = 0; at < count; at += 1) {
    answers.push((await request(app).get('/orders').set('X-Api-Key', token)).status);
  }
  return answers;
}

const unreadable: readonly [string, string][] = [
  ['nothing', '$-1\r\n'],
  ['OK', '+OK\r\n'],
  ['a number', ':1\r\n'],
  ['no list', '*-1\r\n'],
  ['an empty list', '*0\r\n'],
  ['a list that is too short', '*3\r\n:1\r\n:1\r\n:1\r\n'],
  ['a list of nothing', `*5\r\n${'$-1\r\n'.repeat(5)}`],
  ['a list of words', `*5\r\n${'$3\r\none\r\n'.repeat(5)}`],
  ['a list of negative numbers', `*5\r\n${':-1\r\n'.repeat(5)}`],
  ['a list of numbers that cannot be exact', `*5\r\n${':9007199254740993\r\n'.repeat(5)}`],
  ['a list with an error in it', `*5\r\n:1\r\n-ERR no\r\n${':1\r\n'.repeat(3)}`],
];

describe('a server or proxy that answers what cannot be read where requests are counted', () => {
  it.each(unreadable)('P10: is an outage, and never lets more through: %s', async (_, answer) => {
    const instance = await open({ redis: await lookAlike({ 'limits:{': answer }) });
    const { token } = await instance.key({ rateLimits });
    expect(await statuses(appOf(instance), token, 4)).toEqual([200, 200, 429, 429]);
    expect(instance.apiKeys.status()).toMatchObject({ state: 'degraded', limits: 'process' });
    expect(instance.log).toEqual([
      expect.stringContaining(
        'limits are counted by each process alone, or refused (Redis: unreadable answer)',
      ),
    ]);
  });

  it('P10: stays an outage until Redis counts again: the status does not go up and down', async () => {
    const instance = await open({ redis: await lookAlike({ 'limits:{': '$-1\r\n' }) });
    const { token } = await instance.key({ rateLimits });
    await statuses(appOf(instance), token, 1);
    // Longer than the pause after which Redis is tried again.
    for (let round = 0; round < 50; round += 1) {
      expect(instance.apiKeys.status()).toMatchObject({ state: 'degraded', limits: 'process' });
      await sleep(50);
    }
  });

  it.each(unreadable)("P10: with limits.onOutage: 'deny' refuses, and reports it: %s", async (_, answer) => {
    const instance = await open({
      redis: await lookAlike({ 'limits:{': answer }),
      limits: { onOutage: 'deny' },
    });
    const { token } = await instance.key({ rateLimits });
    expect(await statuses(appOf(instance), token, 3)).toEqual([503, 503, 503]);
    expect(instance.apiKeys.status()).toMatchObject({ state: 'degraded', limits: 'refused' });
  });
});

describe('the numbers of a client that transforms replies', () => {
  it.each([NaN, Infinity, 1.5, -1, 2 ** 53, '-1', '1.5', null, true])(
    'P10: are refused unless all of them are counts: %p',
    (odd) => {
      expect(readCounts([0, '2', 3], 3)).toEqual([0, 2, 3]);
      expect(() => readCounts([0, odd, 3], 3)).toThrow(
        expect.objectContaining({ code: 'unreadable answer' }),
      );
    },
  );
});

const unexaminable: readonly [string, Answers][] = [
  ['a read', { ':{doctor}': '$-1\r\n' }],
  ['a read, with a list that is too long', { ':{doctor}': '*2\r\n$0\r\n\r\n$0\r\n\r\n' }],
  ['INFO', { '\r\ninfo\r\n': '$-1\r\n', ':{doctor}': '*1\r\n$0\r\n\r\n' }],
  ...['$-1\r\n', '+OK\r\n', ':0\r\n', '*1\r\n$3\r\nSET\r\n', '*2\r\n$-1\r\n$-1\r\n'].map(
    (answer): [string, Answers] => [
      `what it refuses, with ${JSON.stringify(answer)}`,
      { 'replay:{doctor}': answer, ':{doctor}': '*1\r\n$0\r\n\r\n' },
    ],
  ),
];

describe('a look-alike that is examined', () => {
  it.each(unexaminable)('P10: is reported as an outage when it cannot answer %s', async (_, answers) => {
    const { port } = new URL(await lookAlike(answers));
    // INFO is sent by clients themselves before they are ready.
    const client = disconnectLater(new Redis(Number(port), { enableReadyCheck: false }));
    await waitFor(() => client.status === 'ready');
    expect(await examineRedis(client, makePrefix())).toMatchObject({ error: 'unreadable answer' });
  });
});

describe('a message to other processes', () => {
  it.each(['$-1\r\n', '+OK\r\n', '*0\r\n'])(
    'P10: that is answered with something unreadable is an outage: %j',
    async (answer) => {
      const cache = await openCache({ connection: await lookAlike({ '\r\npublish\r\n': answer }) });
      cache.notifyOthers();
      await waitFor(() => cache.status() === 'down');
      expect(cache.logger.messages).toEqual([
        'api-keys: keys are read from the database only (Redis: unreadable answer)',
      ]);
    },
  );

  it('P10: that is not sent is no reply of Redis', async () => {
    let probes = 0;
    const connection = await lookAlike({ '\r\npublish\r\n': '-NOPERM no\r\n' }, (command) => {
      if (command.includes(':{probe}')) probes += 1;
    });
    const cache = await openCache({ connection });
    cache.notifyOthers();
    await waitFor(() => cache.logger.messages.length === 1);
    const before = probes;
    await waitFor(() => {
      cache.notifyOthers();
      cache.status();
      return probes > before;
    });
    expect(probes).toBeGreaterThan(before);
  });
});

const optionsOfHosts = [
  ['stringNumbers', { stringNumbers: true }],
  ['keyPrefix', { keyPrefix: 'host:' }],
  ['enableAutoPipelining', { enableAutoPipelining: true }],
  ['showFriendlyErrorStack', { showFriendlyErrorStack: true }],
  [
    'all of these',
    { stringNumbers: true, keyPrefix: 'host:', enableAutoPipelining: true, showFriendlyErrorStack: true },
  ],
] as const;

const url = process.env.TEST_REDIS_URL ?? '';
type MadeClient = Redis | Redis5;
const clients: readonly [string, () => MadeClient][] = [
  ...optionsOfHosts.flatMap(([name, options]): [string, () => MadeClient][] => [
    [`ioredis 5 with ${name}`, () => disconnectLater(new Redis5(url, options))],
    [`ioredis 6 with ${name}`, () => disconnectLater(new Redis(url, options))],
  ]),
  ['ioredis 6 with RESP3', () => disconnectLater(new Redis(url, { protocol: 3 }))],
  ['ioredis 6 with RESP2', () => disconnectLater(new Redis(url, { protocol: 2 }))],
];

describe('a client of the host', () => {
  it.each(clients)('P10: counts limits for all processes together: %s', async (_, make) => {
    const keyPrefix = makePrefix();
    const store = memoryStore();
    const [one, two] = [
      await open({ store, redis: { client: make(), keyPrefix } }),
      await open({ store, redis: { client: make(), keyPrefix } }),
    ];
    const { token } = await one.key({ rateLimits: [{ name: 'minute', limit: 3, windowSeconds: 60 }] });
    const answers = [
      ...(await statuses(appOf(one), token, 2)),
      ...(await statuses(appOf(two), token, 2)),
      ...(await statuses(appOf(one), token, 1)),
    ];
    expect(answers).toEqual([200, 200, 200, 429, 429]);
    for (const { apiKeys, log } of [one, two]) {
      expect(apiKeys.status()).toMatchObject({ state: 'normal', redis: 'up', limits: 'shared' });
      expect(log).toEqual([]);
    }
  });

  it.each(clients)('P10: takes a signature once: %s', async (_, make) => {
    const keyPrefix = makePrefix();
    const logger = createRecordedLogger();
    const redis = createManagedRedis(make(), keyPrefix, logger, 5_000);
    await redis.open();
    const guard = createRedisReplayGuard({ redis, keyPrefix, skewMs: 0, clock: systemClock, logger });
    const use = (): Parameters<typeof guard.take>[0] => {
      const now = Date.now();
      return { name: 'n', signedAt: now + 60_000, rememberUntil: now + 120_000, now };
    };
    await guard.take(use());
    expect([await guard.take(use()), await guard.take(use())]).toEqual(['first', 'used']);
    expect(logger.messages).toEqual([]);
    redis.close();
  });
});

describe('a subscription that is answered with something else', () => {
  it.each([
    ['OK', '+OK\r\n'],
    ['an error', "-ERR unknown command 'subscribe'\r\n"],
  ])('is tried again after pauses that grow: %s', async (_, answer) => {
    const heardAt: number[] = [];
    const connection = await lookAlike({ '\r\nsubscribe\r\n': answer }, (command) => {
      if (/\r\nsubscribe\r\n/i.test(command)) heardAt.push(performance.now());
    });
    await openCache({ connection });
    await waitFor(() => heardAt.length >= 6);
    const gaps = heardAt.slice(1, 6).map((at, index) => at - (heardAt[index] ?? 0));
    // From one answer to the next connection, the pause at least; a timer may be early by the fraction of a millisecond.
    const tooShort = gaps.filter((gap, index) => gap < 50 * (index + 1) - 2);
    expect({ gaps, tooShort }).toEqual({ gaps, tooShort: [] });
  });
});
