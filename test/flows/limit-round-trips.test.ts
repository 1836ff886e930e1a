import express from 'express';
import { Redis } from 'ioredis';
import pg from 'pg';
import request from 'supertest';
import { apiKeyOf, type ApiKeysOptions } from '../../lib/index.js';
import { createInstance, type Scope, type TestInstance } from '../harness/instance.js';
import { makeOwnDatabase } from '../harness/own-database.js';
import { waitUntil } from '../servers/wait-until.cjs';

const minute = { name: 'minute', limit: 1_000, windowSeconds: 60 };
const hour = { name: 'hour', limit: 10_000, windowSeconds: 3_600 };
const credits = { remaining: 1_000 };
const requests = 10;

let instance: TestInstance;
let close: () => Promise<void>;

/** With an owner whose plan has windows, and credits where they are paid with. */
async function start(place: Partial<ApiKeysOptions<Scope>>, hasCredits: boolean): Promise<void> {
  const plans = { pro: { rateLimits: [hour], ...(hasCredits ? { credits: { amount: 1_000 } } : {}) } };
  const options = { ...place, plans, defaultPlan: 'pro' } as Partial<ApiKeysOptions<Scope>>;
  instance = createInstance(options);
  await instance.apiKeys.ready();
}

/** Uses keys; keys manage keys with `users:read`, which costs nothing. */
function createApp(): express.Express {
  const { apiKeys } = instance;
  const app = express();
  app.get('/orders', apiKeys.requireApiKey('orders:read'), (_req, res) => void res.sendStatus(200));
  const authorize = (req: express.Request) => ({ kind: 'key' as const, apiKey: apiKeyOf(req) });
  app.use(
    '/manage',
    apiKeys.requireApiKey('users:read', { cost: 0 }),
    apiKeys.adminRouter({ managementScope: 'users:read', authorize }),
  );
  return app;
}

/** Makes the child of the child of a key, all three with windows and, where they are paid with, credits of their own. */
async function makeGrandchild(app: express.Express, hasCredits: boolean): Promise<string> {
  const own = { rateLimits: [minute], ...(hasCredits ? { credits } : {}) };
  let { token } = await instance.key({ scopes: ['users:read', 'orders:read'], ...own } as never);
  for (const remaining of [500, 100]) {
    const budget = hasCredits ? { credits: { remaining } } : {};
    const body = { name: 'child', scopes: ['users:read', 'orders:read'], ...own, ...budget };
    const made = await request(app).post('/manage/keys').set('X-API-Key', token).send(body).expect(201);
    token = made.body.key;
  }
  return token;
}

const use = (app: express.Express, token: string) =>
  request(app).get('/orders').set('X-API-Key', token).expect(200);

afterEach(async () => {
  await instance.apiKeys.close();
  await close();
});

it('a request with a key is one round trip to Redis with the windows of its plan, its own and those of two keys above it', async () => {
  const client = new Redis(process.env['TEST_REDIS_URL'] ?? '');
  close = async () => void (await client.quit());
  const sent: { readonly name: string; readonly counts: boolean }[] = [];
  const sendCommand = client.sendCommand.bind(client);
  client.sendCommand = (command, ...others) => {
    sent.push({
      name: command.name,
      counts: command.args.some((each) => String(each).includes(':limits:{')),
    });
    return sendCommand(command, ...others);
  };
  await start({ redis: { client, keyPrefix: `round-trips-${Math.random()}:` } }, false);
  const app = createApp();
  const token = await makeGrandchild(app, false);
  const first = await use(app, token);
  const isShared = (): boolean => instance.apiKeys.status().limits === 'shared';
  // One after another: requests that arrive together share round trips.
  for (let tries = 1; ; tries += 1) {
    await waitUntil('it counts with Redis', isShared);
    sent.length = 0;
    let wasShared = true;
    for (let index = 0; index < requests; index += 1) {
      await use(app, token);
      wasShared &&= isShared();
    }
    // After an answer that took too long, requests are not counted there for a while.
    if (wasShared || tries === 5) break;
  }
  expect(sent.filter(({ counts }) => counts).map(({ name }) => name)).toEqual(
    Array.from({ length: requests }, () => 'evalsha'),
  );
  // A copy of the key may still be on its way to Redis; no command comes with every request.
  expect(sent.filter(({ counts }) => !counts).length).toBeLessThan(requests / 2);
  for (const name of ['minute', 'parent.minute', 'parent.parent.minute', 'owner.hour']) {
    expect(first.headers['ratelimit-policy']).toContain(`"${name}"`);
  }
});

it('a request with a key is one statement of PostgreSQL with the credits of its plan, its own and those of two keys above it', async () => {
  const database = await makeOwnDatabase('PostgreSQL');
  const pool = new pg.Pool({ connectionString: database.url });
  // A connection that is still closing when the database is removed is told so.
  pool.on('error', () => undefined);
  close = async () => {
    await pool.end();
    await database.remove();
  };
  const sent: string[] = [];
  pool.on('connect', (connection) => {
    const query = connection.query.bind(connection) as (...given: unknown[]) => unknown;
    let isInTransaction = false;
    connection.query = ((...given: unknown[]) => {
      const [statement] = given;
      const text = typeof statement === 'string' ? statement : (statement as { text: string }).text;
      if (text.startsWith('begin')) isInTransaction = true;
      // Uses are written in a transaction, in the background, and beats come once a second; requests have neither.
      else if (text.startsWith('commit')) isInTransaction = false;
      else if (!isInTransaction && !text.includes('instances')) sent.push(text);
      return query(...given);
    }) as never;
  });
  await start({ database: pool as never }, true);
  const app = createApp();
  const token = await makeGrandchild(app, true);
  await use(app, token);
  sent.length = 0;
  for (let index = 0; index < requests; index += 1) await use(app, token);
  // A copy of the key that is read again on a slow machine joins what is left of its credits, and spends none.
  const spending = sent.filter((text) => /update "api_keys"."key_credits"/.test(text));
  expect(spending).toHaveLength(requests);
  expect(new Set(spending).size).toBe(1);
  expect(spending[0]).toMatch(/key_credits/);
  expect(spending[0]).toMatch(/owner_credits/);
  // What is looked after in the background comes now and then; nothing else comes with every request.
  const others = sent.filter((text) => !spending.includes(text));
  for (const text of new Set(others)) {
    expect(others.filter((other) => other === text).length).toBeLessThan(requests);
  }
});
