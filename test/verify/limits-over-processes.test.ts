import express from 'express';
import request from 'supertest';
import { apiKeyOf } from '../../lib/index.js';
import { makeEffective } from '../harness/make-effective.js';
import { startOrders, type OrdersProcess } from '../harness/start-orders.js';
import { createInstance, type TestInstance } from '../harness/instance.js';
import { startRedis } from '../servers/redis.cjs';
import { redisCli } from '../servers/redis-cli.cjs';
import { createDatabase } from '../servers/postgres.cjs';
import { waitUntil } from '../servers/wait-until.cjs';

jest.setTimeout(120_000);

const limit = 30;
const rateLimits = [
  { name: 'minute', limit, windowSeconds: 60 },
  { name: 'hour', limit: 10_000, windowSeconds: 3600 },
];

let redis: Awaited<ReturnType<typeof startRedis>>;
let database: Awaited<ReturnType<typeof createDatabase>>;
const processes: OrdersProcess[] = [];
const instances: TestInstance[] = [];

beforeEach(async () => {
  redis = await startRedis();
  database = await createDatabase(process.env['TEST_DATABASE_URL'] ?? '');
});

afterEach(async () => {
  await Promise.all(processes.splice(0).map((each) => each.kill()));
  await Promise.all(instances.splice(0).map(({ apiKeys }) => apiKeys.close()));
  redis.resume();
  await redis.stop();
  await database.drop();
});

async function startThree(onOutage: 'per-process' | 'deny'): Promise<OrdersProcess[]> {
  const environment = {
    DATABASE_URL: database.url,
    REDIS_URL: redis.aclUrl,
    ON_LIMITER_OUTAGE: onOutage,
  };
  processes.push(...(await Promise.all([0, 1, 2].map(() => startOrders(environment)))));
  return processes;
}

async function makeKey(app: OrdersProcess | undefined): Promise<string> {
  const made = await app?.manage('POST', '/keys', { name: 'CI', scopes: ['orders:read'], rateLimits });
  expect(made?.status).toBe(201);
  return String(made?.body['key']);
}

/** How often each answer was given to so many uses of a key at once, shared by the processes. */
async function useAtOnce(token: string, times: number): Promise<Record<string, number>> {
  const answers = await Promise.all(
    Array.from({ length: times }, async (_, index) => processes[index % processes.length]?.use(token)),
  );
  const counts: Record<string, number> = {};
  for (const answer of answers) {
    const name = answer?.status === 200 ? 'allowed' : String(answer?.code);
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

it('R51 ten times as many requests as the limit, at once over three processes: exactly the limit passes', async () => {
  const [first] = await startThree('deny');
  // A machine that stood still for longer than Redis may take answers 503; then the round is begun again.
  for (let round = 0; ; round += 1) {
    const token = await makeKey(first);
    const counts = await useAtOnce(token, 10 * limit);
    expect(counts['allowed'] ?? 0).toBeLessThanOrEqual(limit);
    if (counts['unavailable'] === undefined || round === 4) {
      expect(counts).toEqual({ allowed: limit, rate_limited: 9 * limit });
      break;
    }
  }
  // Nothing but that one of them has made the tables.
  const said = processes.map((app) => app.output()).join('');
  expect(said.replace(/^api-keys: new tables were created .*\n/m, '')).toBe('');
});

it('R53 without Redis each process counts for itself, and no key is unlimited', async () => {
  const [first] = await startThree('per-process');
  expect((await first?.status())?.['limits']).toBe('shared');
  await redis.kill();
  await waitUntil('it is noticed', async () => {
    const states = await Promise.all(processes.map((app) => app.status()));
    return states.every(({ limits }) => limits === 'process');
  });
  for (let round = 0; ; round += 1) {
    const counts = await useAtOnce(await makeKey(first), 10 * limit);
    expect(counts['allowed'] ?? 0).toBeLessThanOrEqual(3 * limit);
    // As above: the database may have taken too long for one.
    if (counts['unavailable'] === undefined || round === 4) {
      expect(counts).toEqual({ allowed: 3 * limit, rate_limited: 7 * limit });
      break;
    }
  }
});

it.each([
  { cache: undefined, reads: 0, above: 0, what: 'a key that is held' },
  { cache: false as const, reads: 1, above: 0, what: 'any other' },
  { cache: undefined, reads: 0, above: 1, what: 'a child of a key that is held' },
])('R51 limits take one round trip to Redis, and $what $reads more', async ({ cache, reads, above }) => {
  const clock = { now: () => Date.now() };
  const instance = createInstance({ redis: redis.url, clock, cache });
  instances.push(instance);
  await instance.apiKeys.ready();
  const { token } = above === 0 ? await instance.key({ rateLimits }) : await makeChild(instance);
  const calls = async (name: string): Promise<number> => {
    const stats = await redisCli(redis.port, ['INFO', 'commandstats']);
    return Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
  };
  // The first ones teach Redis the script, and the process the key.
  for (let count = 0; count < 3; count += 1) await instance.apiKeys.keys.verify({ key: token });
  await waitUntil('its copy is in Redis', async () =>
    (await redisCli(redis.port, ['KEYS', '*'])).includes(
      `{${token.slice('acme_live_'.length).slice(0, 16)}}`,
    ),
  );
  const isShared = (): boolean => instance.apiKeys.status().limits === 'shared';
  for (let tries = 1; ; tries += 1) {
    await waitUntil('it counts with Redis', isShared);
    const before = { evalsha: await calls('evalsha'), getrange: await calls('getrange') };
    let wasShared = true;
    for (let count = 0; count < 10; count += 1) {
      await instance.apiKeys.keys.verify({ key: token });
      wasShared &&= isShared();
    }
    // Redis is not sent what comes after an answer that took too long.
    if (!wasShared && tries < 5) continue;
    // Each script reads the counters of the key, and of each key above it, once. A write to the cache may come between, in the
    // background; one more command for each request would be ten more.
    expectAbout((await calls('evalsha')) - before.evalsha, 10);
    expectAbout((await calls('getrange')) - before.getrange, 10 + 10 * (reads + above));
    break;
  }
});

function expectAbout(count: number, expected: number): void {
  expect(count).toBeGreaterThanOrEqual(expected);
  expect(count).toBeLessThan(expected + 5);
}

/** A key with limits, below a key with limits. */
async function makeChild({ apiKeys, key }: TestInstance): Promise<{ readonly token: string }> {
  const { token } = await key({ rateLimits, scopes: ['users:read', 'orders:read'] });
  const app = express();
  const authorize = (req: express.Request) => ({ kind: 'key' as const, apiKey: apiKeyOf(req) });
  app.use(
    apiKeys.requireApiKey('users:read', { cost: 0 }),
    apiKeys.adminRouter({ authorize, managementScope: 'users:read' }),
  );
  const body = { name: 'child', scopes: ['orders:read'], rateLimits };
  const made = await request(app).post('/keys').set('X-API-Key', token).send(body).expect(201);
  return { token: String(made.body.key) };
}

describe('R53 limits.onOutage', () => {
  async function open(onOutage: 'per-process' | 'deny'): Promise<TestInstance> {
    const clock = { now: () => Date.now() };
    const instance = createInstance({ redis: redis.aclUrl, limits: { onOutage }, clock });
    instances.push(instance);
    await instance.apiKeys.ready();
    return instance;
  }

  it('deny answers 503 to keys with limits, and no other, until Redis is back', async () => {
    const { apiKeys, key, log } = await open('deny');
    const limited = await key({ rateLimits });
    const unlimited = await key();
    const free = { cost: 0 };
    const isAllowed = async () => (await apiKeys.keys.verify({ key: limited.token })).allowed;
    await waitUntil('it is allowed', isAllowed);
    redis.pause();
    await expect(apiKeys.keys.verify({ key: limited.token })).rejects.toMatchObject({
      code: 'ERR_API_KEYS_UNAVAILABLE',
      headers: { 'Retry-After': '1' },
    });
    // From now on no process waits for it.
    await expect(apiKeys.keys.verify({ key: limited.token })).rejects.toMatchObject({
      code: 'ERR_API_KEYS_UNAVAILABLE',
    });
    expect(apiKeys.status()).toMatchObject({ limits: 'refused', redis: 'down', state: 'degraded' });
    for (const given of [{ key: limited.token, ...free }, { key: unlimited.token }]) {
      expect(await makeEffective(() => apiKeys.keys.verify(given))).toMatchObject({ allowed: true });
    }
    redis.resume();
    await waitUntil('it counts again', () => apiKeys.status().limits === 'shared');
    await waitUntil('it is allowed again', isAllowed);
    expect(log.join('\n')).toContain('limits are counted by each process alone, or refused');
  });

  it('per-process goes on counting where Redis stood still, and later where Redis was left', async () => {
    const { apiKeys, key } = await open('per-process');
    let token = '';
    const remaining = async (): Promise<number | string | undefined> => {
      const verdict = await apiKeys.keys.verify({ key: token });
      return verdict.allowed ? verdict.rateLimits?.[0]?.remaining : verdict.code;
    };
    // Until the first one was counted by Redis, which a busy machine may not answer in time.
    for (let tries = 1; ; tries += 1) {
      await waitUntil('it counts with Redis', () => apiKeys.status().limits === 'shared');
      ({ token } = await key({ rateLimits: [{ name: 'minute', limit: 3, windowSeconds: 60 }] }));
      expect(await remaining()).toBe(2);
      if (apiKeys.status().limits === 'shared' || tries === 5) break;
    }
    redis.pause();
    expect([await remaining(), await remaining(), await remaining()]).toEqual([2, 1, 0]);
    expect(await remaining()).toBe('rate_limited');
    redis.resume();
    await waitUntil('it counts again', () => apiKeys.status().limits === 'shared');
    // What Redis was sent as it stood still may have been counted there too.
    const back = [await remaining(), await remaining(), await remaining()];
    expect(back.at(-1)).toBe('rate_limited');
  });
});
