import express from 'express';
import { Registry } from 'prom-client';
import request from 'supertest';
import { createApiKeys, type ApiKeys } from 'express-api-keys';
import { scopes, testPepper } from '../harness/instance.js';
import { makeOwnDatabase, type OwnDatabase } from '../harness/own-database.js';
import { theApp } from '../harness/the-app.js';
import { startRedis } from '../servers/redis.cjs';
import { waitUntil } from '../servers/wait-until.cjs';
import { readSeries } from './read-metrics.js';

type Scope = keyof typeof scopes;

interface Process {
  readonly apiKeys: ApiKeys<Scope>;
  readonly registry: Registry;
  use(key: string): Promise<number>;
}

let redis: Awaited<ReturnType<typeof startRedis>>;
let database: OwnDatabase;
const processes: Process[] = [];

beforeEach(async () => {
  redis = await startRedis();
  database = await makeOwnDatabase('PostgreSQL');
});
afterEach(async () => {
  await Promise.all(processes.splice(0).map(({ apiKeys }) => apiKeys.close()));
  redis.resume();
  await redis.stop();
  await database.remove();
});

async function start(): Promise<Process> {
  const registry = new Registry();
  const apiKeys = createApiKeys({
    prefix: 'acme',
    scopes,
    pepper: testPepper,
    bcryptCost: 8,
    database: database.url,
    redis: redis.aclUrl,
    tokens: { issuer: 'https://api.acme.example' },
    signatures: {},
    logger: { warn: () => undefined, error: () => undefined },
    metrics: { prometheus: registry },
  });
  const app = express();
  app.get('/orders', apiKeys.requireApiKey('orders:read'), (_req, res) => void res.json({}));
  app.use('/oauth', apiKeys.tokenRouter());
  await apiKeys.ready();
  const started: Process = {
    apiKeys,
    registry,
    use: async (key) => (await request(app).get('/orders').set('Authorization', `Bearer ${key}`)).status,
  };
  processes.push(started);
  return started;
}

async function allowedBy({ registry }: Process): Promise<Readonly<Record<string, number>>> {
  const series = await readSeries(registry);
  const of = (source: string): number =>
    series.get(`api_keys_verifications_total{code="allowed",source="${source}"}`) ?? NaN;
  return { cached: of('cached'), redis: of('redis'), database: of('database'), none: of('none') };
}

it('keys are counted by where they were read: by another process into Redis, and then from this one', async () => {
  const one = await start();
  const { key } = await one.apiKeys.keys
    .as(theApp)
    .create({ ownerId: 'alice', name: 'CI', scopes: ['orders:read'] });
  // Written to Redis with the change.
  const two = await start();
  await waitUntil('Redis is up', () => two.apiKeys.status().redis === 'up');
  expect([await two.use(key), await two.use(key), await two.use(key)]).toEqual([200, 200, 200]);
  expect(await allowedBy(two)).toEqual({ cached: 2, redis: 1, database: 0, none: 0 });
  const series = await readSeries(two.registry);
  expect(series.get('api_keys_redis_up')).toBe(1);
  expect(series.get('api_keys_limits_mode{mode="shared"}')).toBe(1);
  expect(series.get('api_keys_queue_waiting{queue="changes_taking"}')).toBe(0);
  expect(series.get('api_keys_queue_waiting{queue="changes_narrowing"}')).toBe(0);
  expect(series.get('api_keys_queue_waiting{queue="changes_giving"}')).toBe(0);
  expect(series.get('api_keys_processes')).toBe(2);

  // Without Redis, keys come from the database.
  redis.pause();
  await waitUntil('Redis is seen to be down', async () => {
    const { key: other } = await one.apiKeys.keys
      .as(theApp)
      .create({ ownerId: 'alice', name: 'CI', scopes: ['orders:read'] });
    await two.use(other);
    return (await readSeries(two.registry)).get('api_keys_redis_up') === 0;
  });
  const before = await allowedBy(two);
  const { key: last } = await one.apiKeys.keys
    .as(theApp)
    .create({ ownerId: 'alice', name: 'CI', scopes: ['orders:read'] });
  expect(await two.use(last)).toBe(200);
  expect(await allowedBy(two)).toEqual({ ...before, database: (before['database'] ?? NaN) + 1 });
}, 120_000);

it('an access token is counted as its key is', async () => {
  const one = await start();
  const { key, id } = await one.apiKeys.keys
    .as(theApp)
    .create({ ownerId: 'alice', name: 'CI', scopes: ['orders:read'] });
  const app = express().use('/oauth', one.apiKeys.tokenRouter());
  const { body } = await request(app)
    .post('/oauth/token')
    .type('form')
    .auth(id, key)
    .send({ grant_type: 'client_credentials' });
  const token = String((body as { access_token?: unknown }).access_token);
  expect([await one.use(token), await one.use(token), await one.use(token)]).toEqual([200, 200, 200]);
  const { cached = 0, database: read = 0, ...others } = await allowedBy(one);
  expect(others).toEqual({ redis: 0, none: 0 });
  expect(cached + read).toBe(3);
  expect(cached).toBeGreaterThan(0);
  expect(read).toBeGreaterThan(0);
});
