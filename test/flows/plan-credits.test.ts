import express, { type Express } from 'express';
import request from 'supertest';
import type { ApiKeysOptions } from '../../lib/index.js';
import { createInstance, type Scope, type TestInstance } from '../harness/instance.js';
import { theApp } from '../harness/the-app.js';

const day = 86_400;
const plans = {
  trial: { credits: { amount: 5 } },
  daily: { credits: { amount: 10, refillIntervalSeconds: day } },
  free: {},
};

let instance: TestInstance;
let app: Express;

async function start(options: Partial<ApiKeysOptions<Scope>> = {}): Promise<void> {
  instance = createInstance({ plans, defaultPlan: 'daily', ...options });
  const { apiKeys } = instance;
  await apiKeys.ready();
  app = express();
  app.use('/api-keys', apiKeys.adminRouter({ authorize: () => ({ kind: 'admin', id: 'olga' }) }));
  app.use('/tokens', apiKeys.tokenRouter());
  for (const cost of [0, 1, 4, 11]) {
    app.get(`/cost/${cost}`, apiKeys.requireApiKey('orders:read', { cost }), (_req, res) => {
      res.json({ cost });
    });
  }
}

beforeEach(() => start({ tokens: { issuer: 'https://api.acme.example' } }));
afterEach(() => instance.apiKeys.close());

const use = (token: string, cost = 1) => request(app).get(`/cost/${cost}`).set('X-API-Key', token);
const owners = () => instance.apiKeys.owners.as(theApp);
const readOwner = async (ownerId = 'alice') =>
  (await request(app).get(`/api-keys/owners/${ownerId}`).expect(200)).body as {
    credits: { remaining: number; refillsAt: string | null } | null;
  };
const remaining = async (ownerId = 'alice') => (await readOwner(ownerId)).credits?.remaining;

describe('the credits of a plan', () => {
  it('are shared by all keys of the owner, and by nobody else, and are refilled', async () => {
    const [one, other] = [await instance.key(), await instance.key()];
    const bobs = await instance.key({ ownerId: 'bob' });
    expect(await readOwner()).toMatchObject({
      credits: { remaining: 10, amount: 10, refillIntervalSeconds: day, refillsAt: null },
    });
    await use(one.token, 4).expect(200);
    await use(other.token, 4).expect(200);
    await use(one.token, 0).expect(200);
    instance.clock.advance(1000);
    const refused = await use(other.token, 4).expect(429);
    expect(refused.body).toMatchObject({
      code: 'credits_exhausted',
      detail: 'The credits that all API keys of the owner share do not suffice.',
    });
    expect(refused.headers['retry-after']).toBe(String(day - 1));
    expect((await readOwner()).credits).toMatchObject({
      remaining: 2,
      refillsAt: new Date(Date.UTC(2026, 5, 2)).toISOString(),
    });
    await use(bobs.token, 4).expect(200);
    expect(await remaining('bob')).toBe(6);
    instance.clock.advance(day * 1000);
    expect(await remaining()).toBe(10);
    await use(other.token, 4).expect(200);
    expect((await owners().get({ ownerId: 'alice' })).credits).toEqual({
      ...{ remaining: 6, amount: 10, refillIntervalSeconds: day },
      refillsAt: new Date(Date.UTC(2026, 5, 3)),
    });
  });

  it('never pay for what costs more than they are refilled to', async () => {
    const { token } = await instance.key();
    const refused = await use(token, 11).expect(403);
    expect(refused.body).toMatchObject({
      code: 'cost_exceeds_limit',
      detail: expect.stringContaining('share'),
    });
    expect(refused.headers).not.toHaveProperty('retry-after');
  });

  it('pay together with those of the key, or neither does', async () => {
    const rateLimits = [{ name: 'minute', limit: 100, windowSeconds: 60 }];
    const { id, token } = await instance.key({ credits: { remaining: 5 }, rateLimits });
    const { token: other } = await instance.key();
    const left = async () => [
      (await instance.apiKeys.keys.as(theApp).get({ id }))?.credits?.remaining,
      await remaining(),
    ];
    await use(token, 4).expect(200);
    expect(await left()).toEqual([1, 6]);
    const own = await use(token, 4).expect(429);
    expect(own.body).toMatchObject({ code: 'credits_exhausted' });
    expect(own.body.detail).not.toContain('share');
    expect(own.headers).not.toHaveProperty('retry-after');
    expect(await left()).toEqual([1, 6]);
    await use(other, 4).expect(200);
    await instance.apiKeys.keys.as(theApp).update({ id, credits: { remaining: 50 } });
    expect((await use(token, 4).expect(429)).body.detail).toContain('share');
    expect(await left()).toEqual([50, 2]);
    // What was refused was not counted either.
    const allowed = await use(token, 1).expect(200);
    expect(allowed.headers['ratelimit']).toContain('"minute";r=95');
    expect(await left()).toEqual([49, 1]);
  });

  it('count what was spent before against the amount of the plan that the owner has now', async () => {
    const { token } = await instance.key();
    await use(token, 4).expect(200);
    await owners().set({ ownerId: 'alice', plan: 'trial' });
    await use(token, 1).expect(200);
    const refused = await use(token, 1).expect(429);
    expect(refused.headers).not.toHaveProperty('retry-after');
    expect((await readOwner()).credits).toEqual({
      ...{ remaining: 0, amount: 5, refillIntervalSeconds: null, refillsAt: null },
    });
    const put = (body: object) =>
      request(app).put('/api-keys/owners/alice').set('Sec-Fetch-Site', 'same-origin').send(body);
    const overrides = { credits: { amount: 9 } };
    expect((await put({ plan: 'trial', overrides }).expect(200)).body.overrides).toEqual({
      credits: { amount: 9, refillIntervalSeconds: null },
    });
    await use(token, 4).expect(200);
    await use(token, 1).expect(429);
    await put({ overrides: { credits: null } }).expect(200);
    expect((await readOwner()).credits).toBe(null);
    await use(token, 11).expect(200);
    await put({ overrides: { credits: { amount: -1 } } }).expect(400);
    await put({ overrides: { credits: { amount: 1, refillAmount: 2 } } }).expect(400);
    await put({ plan: 'free' }).expect(200);
    await use(token, 11).expect(200);
    await put({}).expect(200);
    expect(await remaining()).toBe(1);
  });

  it('pay for requests with access tokens, and for none of a suspended owner', async () => {
    const { id, token } = await instance.key();
    const issued = await request(app)
      .post('/tokens/token')
      .auth(id, token)
      .type('form')
      .send({ grant_type: 'client_credentials' })
      .expect(200);
    const before = (await remaining()) ?? 0;
    const bearer = () =>
      request(app)
        .get('/cost/4')
        .set('Authorization', `Bearer ${String(issued.body.access_token)}`);
    await bearer().expect(200);
    expect(await remaining()).toBe(before - 4);
    await owners().suspend({ ownerId: 'alice' });
    await bearer().expect(403);
    expect(await remaining()).toBe(before - 4);
  });

  it('are forgotten when the owner is erased', async () => {
    const { token } = await instance.key();
    await use(token, 4).expect(200);
    await owners().erase({ ownerId: 'alice' });
    expect((await readOwner()).credits).toMatchObject({ remaining: 10, refillsAt: null });
  });
});
