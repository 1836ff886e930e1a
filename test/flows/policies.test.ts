import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import request from 'supertest';
import { isProblem } from '../../lib/errors.js';
import type { ApiKeysOptions, PolicyOption } from '../../lib/index.js';
import { createInstance, scopes, testPepper, type Scope, type TestInstance } from '../harness/instance.js';
import { memoryStore } from '../../lib/testing/index.js';
import { createDatabase } from '../servers/postgres.cjs';
import { theApp } from '../harness/the-app.js';

// Fifty slow hashes at once, on a machine that runs all other test files beside.
jest.setTimeout(120_000);

const instances: TestInstance[] = [];
const cleanUps: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(instances.splice(0).map(({ apiKeys }) => apiKeys.close()));
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

async function start(
  policy: PolicyOption,
  options: Partial<ApiKeysOptions<Scope>> = {},
): Promise<TestInstance> {
  const instance = createInstance({ policy, ...options });
  instances.push(instance);
  await instance.apiKeys.ready();
  return instance;
}

const states = async ({ apiKeys }: TestInstance, ownerId = 'alice'): Promise<string[]> => {
  const { items } = await apiKeys.keys.as(theApp).list({ ownerId, limit: 100 });
  return items.map(({ state }) => state);
};
const countOf = async (instance: TestInstance, state: string): Promise<number> =>
  (await states(instance)).filter((each) => each === state).length;

/** Two instances on one database of their own. */
async function startTwo(kind: 'PostgreSQL' | 'SQLite', policy: PolicyOption): Promise<TestInstance[]> {
  let url: string;
  if (kind === 'PostgreSQL') {
    const database = await createDatabase(process.env['TEST_DATABASE_URL'] ?? '');
    cleanUps.push(() => database.drop());
    url = database.url;
  } else {
    const folder = await mkdtemp(join(tmpdir(), 'policies-'));
    cleanUps.push(() => rm(folder, { recursive: true }));
    url = `file:${join(folder, 'keys.sqlite')}`;
  }
  return [await start(policy, { database: url }), await start(policy, { database: url })];
}

function either(both: readonly TestInstance[], index: number): TestInstance {
  const instance = both[index % 2];
  if (instance === undefined) throw new Error('two instances were started');
  return instance;
}

/** Asks again while it is too much at once for the machine. */
async function insistOnKey(instance: TestInstance, name: string): Promise<{ id: string; token: string }> {
  for (;;) {
    try {
      return await instance.key({ name });
    } catch (error) {
      if (!isProblem(error, 'unavailable')) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

describe.each(['PostgreSQL', 'SQLite'] as const)('two instances on %s', (kind) => {
  it('leaves one live key of 50 that are made at once where there is one for each owner', async () => {
    const both = await startTwo(kind, { onePerOwner: true });
    const made = await Promise.allSettled(
      Array.from({ length: 50 }, (_, index) => insistOnKey(either(both, index), `key ${index}`)),
    );
    const tokens = made.flatMap((each) => (each.status === 'fulfilled' ? [each.value.token] : []));
    expect(tokens.length).toBe(50);
    const instance = either(both, 0);
    expect(await countOf(instance, 'active')).toBe(1);
    const verdicts = await Promise.all(tokens.map((token) => instance.apiKeys.keys.verify({ key: token })));
    expect(verdicts.filter(({ allowed }) => allowed)).toHaveLength(1);
  });

  it('makes 8 keys of 50 that are asked for at once where 8 are the most', async () => {
    const both = await startTwo(kind, { maxKeysPerOwner: 8 });
    const made = await Promise.allSettled(
      Array.from({ length: 50 }, (_, index) => insistOnKey(either(both, index), `key ${index}`)),
    );
    const refused = made.flatMap((each) => (each.status === 'rejected' ? [each.reason as object] : []));
    // One that was made without an answer in time was asked for again.
    expect(refused.length).toBeGreaterThanOrEqual(42);
    for (const reason of refused) expect(reason).toMatchObject({ problem: 'key_limit_reached', status: 409 });
    const instance = either(both, 0);
    expect(await states(instance)).toHaveLength(8);
  });
});

describe('maxKeysPerOwner', () => {
  it('counts expired and disabled keys, not revoked ones, and each owner apart', async () => {
    const instance = await start({ maxKeysPerOwner: 2 });
    const { keys } = instance.apiKeys;
    const first = await instance.key({ expiresAt: new Date(instance.clock.now() + 1000) });
    await keys.as(theApp).update({ id: (await instance.key()).id, enabled: false });
    instance.clock.advance(2000);
    expect((await states(instance)).sort()).toEqual(['disabled', 'expired']);
    await expect(instance.key()).rejects.toMatchObject({
      code: 'ERR_API_KEYS_KEY_LIMIT_REACHED',
      message: 'There can be 2 API keys for each owner. Revoke one first.',
    });
    await instance.key({ ownerId: 'bob' });
    await keys.as(theApp).revoke({ id: first.id });
    await instance.key();
  });

  it('is a 409 over HTTP, and leaves nothing behind', async () => {
    const instance = await start({ maxKeysPerOwner: 1 });
    const app = express().use(
      instance.apiKeys.adminRouter({ authorize: () => ({ kind: 'owner', ownerId: 'alice' }) }),
    );
    const create = () => request(app).post('/keys').send({ name: 'CI', scopes: [] });
    await create().expect(201);
    const refused = await create().expect(409);
    expect(refused.body).toMatchObject({ code: 'key_limit_reached' });
    const events = await request(app).get('/audit').expect(200);
    expect((events.body as { items: unknown[] }).items).toHaveLength(1);
  });
});

describe('onePerOwner', () => {
  it('R34 ends the others in the same step, with a reason, before it answers', async () => {
    const instance = await start({ onePerOwner: true });
    const old = await instance.key();
    const ofBob = await instance.key({ ownerId: 'bob' });
    const app = express().use(
      instance.apiKeys.adminRouter({ authorize: () => ({ kind: 'owner', ownerId: 'alice' }) }),
    );
    const created = await request(app).post('/keys').send({ name: 'CI', scopes: [] }).expect(201);
    expect(created.body).not.toHaveProperty('effectiveBy');
    expect(await instance.apiKeys.keys.verify({ key: old.token })).toMatchObject({ code: 'key_revoked' });
    expect(await instance.apiKeys.keys.as(theApp).get({ id: old.id })).toMatchObject({
      state: 'revoked',
      revocationReason: 'superseded',
    });
    expect(await instance.apiKeys.keys.verify({ key: ofBob.token })).toMatchObject({ allowed: true });
    const audit = await request(app).get('/audit').expect(200);
    const { items } = audit.body as { items: { action: string; keyId: string }[] };
    expect(items.map(({ action }) => action)).toEqual(['key.created', 'key.revoked', 'key.created']);
  });

  it('lets no key end one above itself', async () => {
    const store = memoryStore();
    const before = await start({}, { store });
    const strong = await before.key({ scopes: ['*'] });
    const weak = await before.key({ scopes: ['orders:write'] });
    const instance = await start({ onePerOwner: true }, { store });
    const appOf = (token: string) =>
      express().use(
        instance.apiKeys.adminRouter({
          managementScope: 'orders:write',
          authorize: async () => {
            const verdict = await instance.apiKeys.keys.verify({ key: token });
            return verdict.allowed ? { kind: 'key', apiKey: verdict.apiKey } : null;
          },
        }),
      );
    const body = { name: 'next', scopes: ['orders:write'] };
    await request(appOf(weak.token)).post('/keys').send(body).expect(403);
    expect(await states(instance)).toEqual(['active', 'active']);
    // A key that is above all others of its owner replaces them, and itself.
    await request(appOf(strong.token)).post('/keys').send(body).expect(201);
    expect((await states(instance)).sort()).toEqual(['active', 'revoked', 'revoked']);
  });
});

describe('omittedScopes', () => {
  it.each([
    ['all', ['orders:read', 'orders:write', 'users:read']],
    ['none', []],
    [['orders:*'], ['orders:*']],
  ] as const)('%j gives a key that names no scopes %j', async (omittedScopes, expected) => {
    const instance = await start({ omittedScopes });
    const { id } = await instance.apiKeys.keys.as(theApp).create({ ownerId: 'alice', name: 'CI' });
    expect((await instance.apiKeys.keys.as(theApp).get({ id }))?.scopes).toEqual(expected);
    const empty = await instance.key({ scopes: [] });
    expect((await instance.apiKeys.keys.as(theApp).get({ id: empty.id }))?.scopes).toEqual([]);
  });

  it('is refused without a policy, in code and over HTTP', async () => {
    for (const policy of [{}, { omittedScopes: 'refuse' }] as const) {
      const instance = await start(policy);
      await expect(
        instance.apiKeys.keys.as(theApp).create({ ownerId: 'alice', name: 'CI' }),
      ).rejects.toMatchObject({
        errors: [{ field: 'scopes', message: 'is required' }],
      });
      const app = express().use(
        instance.apiKeys.adminRouter({ authorize: () => ({ kind: 'owner', ownerId: 'alice' }) }),
      );
      await request(app).post('/keys').send({ name: 'CI' }).expect(400);
    }
  });

  it('may be omitted over HTTP where the policy says what that means; null may not', async () => {
    const instance = await start({ omittedScopes: ['orders:read'] });
    const app = express().use(
      instance.apiKeys.adminRouter({ authorize: () => ({ kind: 'owner', ownerId: 'alice' }) }),
    );
    const created = await request(app).post('/keys').send({ name: 'CI' }).expect(201);
    expect(created.body).toMatchObject({ scopes: ['orders:read'] });
    await request(app).post('/keys').send({ name: 'CI', scopes: null }).expect(400);
  });
});

describe('numberKeys', () => {
  it('counts the keys of each owner from 1, and gives no number twice', async () => {
    const instance = await start({ numberKeys: true });
    const { keys } = instance.apiKeys;
    const numberOf = async (ownerId: string): Promise<number | null> =>
      (await keys.as(theApp).create({ ownerId, name: 'CI', scopes: [] })).number;
    expect(await numberOf('alice')).toBe(1);
    expect(await numberOf('alice')).toBe(2);
    expect(await numberOf('bob')).toBe(1);
    const last = await keys.as(theApp).create({ ownerId: 'alice', name: 'CI', scopes: [] });
    await keys.as(theApp).revoke({ id: last.id });
    expect(await numberOf('alice')).toBe(4);
    const many = await Promise.all(Array.from({ length: 10 }, () => numberOf('carol')));
    expect(many.sort((a, b) => Number(a) - Number(b))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });
});

describe('defaultRateLimits', () => {
  it('are copied to a key that names none of its own', async () => {
    const defaultRateLimits = [{ name: 'minute', limit: 60, windowSeconds: 60 }];
    const instance = await start({ defaultRateLimits });
    const { id } = await instance.key();
    expect((await instance.apiKeys.keys.as(theApp).get({ id }))?.rateLimits).toEqual(defaultRateLimits);
    const free = await instance.key({ rateLimits: [] });
    expect((await instance.apiKeys.keys.as(theApp).get({ id: free.id }))?.rateLimits).toEqual([]);
  });
});

describe('the option', () => {
  it.each([
    [[], /policy: takes an object with onePerOwner/],
    [{ onePerOwnr: true }, /policy: unknown option "onePerOwnr"; did you mean 'onePerOwner'/],
    [{ onePerOwner: 'yes' }, /onePerOwner: takes true or false/],
    [{ maxKeysPerOwner: 0 }, /maxKeysPerOwner: takes a whole number from 1/],
    [{ maxKeysPerOwner: 8, onePerOwner: true }, /either onePerOwner or maxKeysPerOwner/],
    [{ omittedScopes: 'some' }, /omittedScopes: takes 'refuse'/],
    [{ omittedScopes: ['orders:raed'] }, /omittedScopes: must contain only known scopes/],
    [{ defaultRateLimits: [{ name: 'x', limit: 0, windowSeconds: 1 }] }, /defaultRateLimits: entry 1/],
  ])('%j is refused at once', (policy, message) => {
    const make = () =>
      createInstance({ prefix: 'acme', scopes, pepper: testPepper, policy: policy as PolicyOption });
    expect(make).toThrow(message);
  });
});
