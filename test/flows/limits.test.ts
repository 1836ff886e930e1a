import express, { type Express } from 'express';
import { parseList } from 'structured-headers';
import request, { type Response } from 'supertest';
import type { ApiKeysOptions, GuardOptions, RateLimit } from '../../lib/index.js';
import { createInstance, type Scope, type TestInstance } from '../harness/instance.js';
import { theApp } from '../harness/the-app.js';
import { problemTypeOf } from '../harness/problem-type.js';

const minute: RateLimit = { name: 'minute', limit: 3, windowSeconds: 60 };
const hour: RateLimit = { name: 'hour', limit: 5, windowSeconds: 3600 };

const opened: TestInstance[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map(({ apiKeys }) => apiKeys.close()));
});

async function open(options: Partial<ApiKeysOptions<Scope>> = {}): Promise<TestInstance> {
  const instance = createInstance(options);
  opened.push(instance);
  await instance.apiKeys.ready();
  return instance;
}

function appOf({ apiKeys }: TestInstance, options?: GuardOptions): Express {
  const app = express();
  app.get('/orders', apiKeys.requireApiKey('orders:read', options), (_req, res) => {
    res.json({ ok: true });
  });
  app.get('/dear', apiKeys.requireApiKey('orders:read', { cost: 2 }), (_req, res) => {
    res.json({ ok: true });
  });
  app.get('/free', apiKeys.requireApiKey('orders:read', { cost: 0 }), (_req, res) => {
    res.json({ ok: true });
  });
  app.get('/users', apiKeys.requireApiKey('users:read'), (_req, res) => {
    res.json({ ok: true });
  });
  return app;
}

async function get(app: Express, token: string, path = '/orders'): Promise<Response> {
  return request(app).get(path).set('X-Api-Key', token);
}

/** What the headers of an answer say, read by a parser of RFC 9651. */
function limitsIn(answer: Response): { name: unknown; q: unknown; w: unknown; r: unknown; t: unknown }[] {
  const policies = parseList(answer.get('RateLimit-Policy') ?? '');
  const states = parseList(answer.get('RateLimit') ?? '');
  expect(states.map(([name]) => name)).toEqual(policies.map(([name]) => name));
  return policies.map(([name, policy], index) => {
    const state = states[index]?.[1];
    expect(typeof name).toBe('string');
    return {
      name,
      q: policy.get('q'),
      w: policy.get('w'),
      r: state?.get('r'),
      t: state?.get('t'),
    };
  });
}

const remainingIn = (answer: Response): unknown => limitsIn(answer).map(({ r }) => r);

describe('a cost that a key can never pay', () => {
  const credits = { remaining: 5, refillAmount: 5, refillIntervalSeconds: 60 };
  const keys: readonly [string, Parameters<TestInstance['key']>[0], unknown][] = [
    ['a window that is smaller', { rateLimits: [minute, hour] }, ['minute', 'hour']],
    ['one of several windows', { rateLimits: [minute, { ...hour, limit: 100 }] }, ['minute']],
    ['credits that are refilled to less', { credits }, undefined],
    [
      'credits that are refilled to less, and windows',
      { credits, rateLimits: [{ ...hour, limit: 100 }] },
      undefined,
    ],
  ];

  it.each(keys)('P12: has a code of its own and no Retry-After: %s', async (_, fields, violatedPolicies) => {
    const instance = await open();
    const app = appOf(instance, { cost: 10 });
    const { token } = await instance.key(fields);
    for (let count = 0; count < 2; count += 1) {
      const answer = await get(app, token);
      expect([answer.status, answer.body.code]).toEqual([403, 'cost_exceeds_limit']);
      expect(answer.body.violatedPolicies).toEqual(violatedPolicies);
      expect(answer.get('Retry-After')).toBeUndefined();
    }
    // Nothing was taken by that.
    expect((await get(app, token, '/dear')).status).toBe(200);
  });

  it('P12: is distinguished from credits that have to be waited for, or bought', async () => {
    const instance = await open();
    const app = appOf(instance, { cost: 10 });
    const refilledEnough = await instance.key({ credits: { ...credits, refillAmount: 10 } });
    const waiting = await get(app, refilledEnough.token);
    expect([waiting.status, waiting.body.code, waiting.get('Retry-After')]).toEqual([
      429,
      'credits_exhausted',
      '60',
    ]);
    const bought = await instance.key({ credits: { remaining: 5 } });
    const buying = await get(app, bought.token);
    expect([buying.status, buying.body.code, buying.get('Retry-After')]).toEqual([
      ...[429, 'credits_exhausted', undefined],
    ]);
  });

  it('P12: is refused at mount when no key can pay it, and warned of when only some can', async () => {
    const small = [{ name: 'minute', limit: 5, windowSeconds: 60 }];
    const owned = await open({ limits: { perOwner: small } });
    expect(() => appOf(owned, { cost: 6 })).toThrow(/cost 6 .*minute .*\(5\)/);
    expect(() => appOf(owned, { cost: 5 })).not.toThrow();
    for (const options of [
      { policy: { defaultRateLimits: small } },
      { limits: { ceilings: { rateLimits: small } } },
    ] satisfies Partial<ApiKeysOptions<Scope>>[]) {
      const instance = await open(options);
      appOf(instance, { cost: 6 });
      expect(instance.log.filter((line) => line.includes('cost 6'))).toHaveLength(1);
    }
  });
});

describe('R51 limits', () => {
  it('let through what fits into every window, and refuse the rest without counting it', async () => {
    const instance = await open();
    const app = appOf(instance);
    const { token } = await instance.key({ rateLimits: [minute, hour] });
    const answers = await Promise.all(Array.from({ length: 12 }, () => get(app, token)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(9);
    instance.clock.advance(60_000);
    // Of the hour only what was let through is gone.
    expect(remainingIn(await get(app, token))).toEqual([2, 1]);
    expect((await get(app, token)).status).toBe(200);
    const refused = await get(app, token);
    expect(refused.status).toBe(429);
    expect(refused.body).toMatchObject({ violatedPolicies: ['hour'] });
    expect(remainingIn(refused)).toEqual([1, 0]);
  });

  it('are windows that begin with the first request, and that no later one extends', async () => {
    const instance = await open();
    const app = appOf(instance);
    const { token } = await instance.key({ rateLimits: [minute] });
    instance.clock.advance(12_345);
    expect(limitsIn(await get(app, token))).toEqual([{ name: 'minute', q: 3, w: 60, r: 2, t: 60 }]);
    for (const [left, r] of [
      [40, 1],
      [20, 0],
      [1, 0],
    ] as const) {
      instance.clock.advance(left === 1 ? 19_000 : 20_000);
      expect(limitsIn(await get(app, token))).toEqual([{ name: 'minute', q: 3, w: 60, r, t: left }]);
    }
    instance.clock.advance(1_000);
    expect(limitsIn(await get(app, token))).toEqual([{ name: 'minute', q: 3, w: 60, r: 2, t: 60 }]);
  });

  it('are counted by the cost of the route', async () => {
    const instance = await open();
    const app = appOf(instance);
    const { token } = await instance.key({ rateLimits: [minute] });
    expect(remainingIn(await get(app, token, '/dear'))).toEqual([1]);
    expect((await get(app, token, '/dear')).status).toBe(429);
    const free = await get(app, token, '/free');
    expect([free.status, free.get('RateLimit')]).toEqual([200, undefined]);
    expect(remainingIn(await get(app, token))).toEqual([0]);
    expect((await get(app, token, '/free')).status).toBe(200);
  });

  it('are not spent by requests that are refused for another reason', async () => {
    const instance = await open();
    const app = appOf(instance);
    const { token } = await instance.key({ rateLimits: [minute] });
    for (let count = 0; count < 5; count += 1) {
      expect((await get(app, token, '/users')).status).toBe(403);
      expect((await get(app, `${token.slice(0, -1)}!`)).status).toBe(401);
    }
    expect(remainingIn(await get(app, token))).toEqual([2]);
  });

  it('stay with the key over a rotation and a change', async () => {
    const instance = await open();
    const app = appOf(instance);
    const { id, token } = await instance.key({ rateLimits: [minute] });
    await get(app, token);
    await get(app, token);
    const { key } = await instance.apiKeys.keys.as(theApp).rotate({ id, gracePeriodSeconds: 60 });
    expect(remainingIn(await get(app, key))).toEqual([0]);
    expect((await get(app, token)).status).toBe(429);
    await instance.apiKeys.keys
      .as(theApp)
      .update({ id, rateLimits: [{ ...minute, limit: 5, windowSeconds: 10 }] });
    expect(limitsIn(await get(app, key))).toEqual([{ name: 'minute', q: 5, w: 10, r: 1, t: 10 }]);
    await instance.apiKeys.keys.as(theApp).update({ id, rateLimits: [] });
    const unlimited = await get(app, key);
    expect([unlimited.status, unlimited.get('RateLimit')]).toEqual([200, undefined]);
  });

  it('of an owner are shared by all keys, and by nobody else', async () => {
    const instance = await open({ limits: { perOwner: [{ name: 'minute', limit: 4, windowSeconds: 60 }] } });
    const app = appOf(instance);
    const one = await instance.key({ rateLimits: [minute] });
    const two = await instance.key();
    const bobs = await instance.key({ ownerId: 'bob' });
    for (const { token } of [one, two, one]) expect((await get(app, token)).status).toBe(200);
    const last = await get(app, two.token);
    expect(limitsIn(last)).toEqual([{ name: 'owner.minute', q: 4, w: 60, r: 0, t: 60 }]);
    const refused = await get(app, one.token);
    expect(refused.body).toMatchObject({ code: 'rate_limited', violatedPolicies: ['owner.minute'] });
    expect(remainingIn(refused)).toEqual([1, 0]);
    expect(remainingIn(await get(app, bobs.token))).toEqual([3]);
  });

  it('hold without HTTP too', async () => {
    const { apiKeys, key } = await open();
    const { token } = await key({ rateLimits: [minute] });
    const allowed = await apiKeys.keys.verify({ key: token, cost: 2 });
    expect(allowed).toMatchObject({ allowed: true, rateLimits: [{ name: 'minute', remaining: 1 }] });
    const refused = await apiKeys.keys.verify({ key: token, cost: 2 });
    expect(refused).toMatchObject({ code: 'rate_limited', retryAfterSeconds: 60 });
    await expect(apiKeys.keys.verify({ key: token, cost: -1 })).rejects.toThrow('cost is a whole number');
  });
});

it('R52 headers parse as RFC 9651 says, and a refusal says when to come back', async () => {
  const instance = await open();
  const app = appOf(instance);
  const { token } = await instance.key({ rateLimits: [minute, hour] });
  for (let count = 0; count < 3; count += 1) {
    expect(limitsIn(await get(app, token))).toEqual([
      { name: 'minute', q: 3, w: 60, r: 2 - count, t: 60 },
      { name: 'hour', q: 5, w: 3600, r: 4 - count, t: 3600 },
    ]);
  }
  instance.clock.advance(100);
  const refused = await get(app, token);
  expect(refused.status).toBe(429);
  const [state] = limitsIn(refused);
  expect(state).toEqual({ name: 'minute', q: 3, w: 60, r: 0, t: 60 });
  expect(Number(refused.get('Retry-After'))).toBeGreaterThanOrEqual(Number(state?.t));
  expect(refused.get('WWW-Authenticate')).toBeUndefined();
  expect(refused.get('Content-Type')).toContain('application/problem+json');
  expect(refused.body).toEqual({
    type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
    title: 'Too many requests',
    status: 429,
    detail: 'This API key has used up minute. Wait as long as Retry-After says.',
    code: 'rate_limited',
    violatedPolicies: ['minute'],
    'violated-policies': ['minute'],
  });
});

describe('credits', () => {
  it('are spent by the cost of a request, and say when they come back', async () => {
    const instance = await open();
    const app = appOf(instance);
    const credits = { remaining: 3, refillAmount: 2, refillIntervalSeconds: 3600 };
    const { id, token } = await instance.key({ credits });
    expect((await get(app, token, '/dear')).status).toBe(200);
    const refused = await get(app, token, '/dear');
    expect([refused.status, refused.get('Retry-After')]).toEqual([429, '3600']);
    expect(refused.body).toMatchObject({
      code: 'credits_exhausted',
      type: problemTypeOf('credits_exhausted'),
    });
    expect((await get(app, token)).status).toBe(200);
    expect((await get(app, token, '/free')).status).toBe(200);
    expect((await instance.apiKeys.keys.as(theApp).get({ id }))?.credits).toEqual({
      ...credits,
      remaining: 0,
    });
    instance.clock.advance(3_600_000);
    expect((await get(app, token, '/dear')).status).toBe(200);
    expect((await get(app, token)).status).toBe(429);
  });

  it('give back what was counted when they do not suffice', async () => {
    const instance = await open({ limits: { perOwner: [{ name: 'hour', limit: 9, windowSeconds: 3600 }] } });
    const app = appOf(instance);
    const { id, token } = await instance.key({ rateLimits: [minute], credits: { remaining: 1 } });
    expect(remainingIn(await get(app, token))).toEqual([2, 8]);
    for (let count = 0; count < 5; count += 1) {
      const refused = await get(app, token);
      expect([refused.status, refused.get('Retry-After')]).toEqual([429, undefined]);
      expect(refused.body).toMatchObject({ code: 'credits_exhausted' });
    }
    await instance.apiKeys.keys.as(theApp).update({ id, credits: { remaining: 1 } });
    expect(remainingIn(await get(app, token))).toEqual([1, 7]);
  });

  it('are not spent by requests that a limit refuses', async () => {
    const instance = await open();
    const app = appOf(instance);
    const { id, token } = await instance.key({ rateLimits: [minute], credits: { remaining: 9 } });
    for (let count = 0; count < 6; count += 1) await get(app, token);
    expect((await instance.apiKeys.keys.as(theApp).get({ id }))?.credits?.remaining).toBe(6);
  });

  it('stay with the key over a rotation, and end when they are taken away', async () => {
    const instance = await open();
    const app = appOf(instance);
    const { id, token } = await instance.key({ credits: { remaining: 2 } });
    await get(app, token);
    const { key, credits } = await instance.apiKeys.keys.as(theApp).rotate({ id });
    expect(credits?.remaining).toBe(1);
    expect((await get(app, key)).status).toBe(200);
    expect((await get(app, key)).status).toBe(429);
    expect((await instance.apiKeys.keys.as(theApp).update({ id, credits: null })).credits).toBeNull();
    expect((await get(app, key)).status).toBe(200);
  });

  it('that are exhausted do not keep the holder from looking and revoking', async () => {
    const instance = await open();
    const app = express();
    app.use('/api-keys', instance.apiKeys.adminRouter({ authorize: () => null }));
    const { token } = await instance.key({ credits: { remaining: 0 } });
    const self = await request(app).get('/api-keys/self').set('X-Api-Key', token);
    expect(self.body).toMatchObject({ credits: { remaining: 0 } });
    const revoked = await request(app).post('/api-keys/self/revoke').set('X-Api-Key', token);
    expect(revoked.status).toBe(200);
  });
});

describe('options about limits', () => {
  it.each([
    [
      { limits: { perOwner: [{ name: 'minute', limit: 0, windowSeconds: 60 }] } },
      /^limits\.perOwner: entry 1: limit/,
    ],
    [{ limits: { perOwner: [minute, minute] } }, /^limits\.perOwner: must not use a name twice/],
    [{ limits: { onOutage: 'allow' } }, /^limits\.onOutage: takes 'per-process' or 'deny'/],
    [{ limits: { onOutage: 'deny' } }, /^limits\.onOutage: needs redis/],
    [{ limits: { onOutage: 'deny' }, redis: { client: '' } }, /^limits\.onOutage: needs redis/],
    [{ limits: [] }, /^limits: takes an object with perOwner, ceilings, onOutage/],
    [{ limits: { perowner: [] } }, /^limits: unknown option "perowner"; did you mean 'perOwner'/],
    [
      { limits: { ceilings: { credit: 5 } } },
      /^limits\.ceilings: unknown option "credit"; did you mean 'credits'/,
    ],
    [{ limits: { ceilings: { credits: -1 } } }, /^limits\.ceilings\.credits: takes a whole number/],
    [{ limits: { ceilings: { rateLimits: {} } } }, /^limits\.ceilings\.rateLimits: must be a list/],
  ])('%j is refused', (options, message) => {
    expect(() => createInstance(options as never)).toThrow(message);
  });

  it('cost is a whole number', async () => {
    const { apiKeys } = await open();
    for (const cost of [-1, 0.5, Number.NaN, 1_000_001, '1']) {
      expect(() => apiKeys.requireApiKey('orders:read', { cost: cost as number })).toThrow(
        'requireApiKey: cost is a whole number from 0 to 1000000',
      );
    }
  });

  it('status says where limits are counted', async () => {
    const { apiKeys } = await open();
    expect(apiKeys.status().limits).toBe('process');
  });
});
