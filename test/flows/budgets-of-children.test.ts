import express, { type Express } from 'express';
import request from 'supertest';
import { apiKeyOf, type ApiKeysOptions } from '../../lib/index.js';
import { postgresStore } from '../../lib/sql/postgres/postgres-store.js';
import { sqliteStore } from '../../lib/sql/sqlite/sqlite-store.js';
import { memoryStore } from '../../lib/testing/index.js';
import { createInstance, type Scope, type TestInstance } from '../harness/instance.js';
import { makeEffective } from '../harness/make-effective.js';
import { makeOwnDatabase } from '../harness/own-database.js';
import { isFastTier } from '../harness/test-tier.js';
import { theApp } from '../harness/the-app.js';
import { waitUntil } from '../servers/wait-until.cjs';

const plans = { free: {}, paid: { credits: { amount: 20 } } };

/** A hundred pay at once, which a busy machine takes seconds for. */
const patience = { deadlineMs: 30_000 };
const logger = { warn: () => undefined, error: () => undefined };

/** Two processes on one store; only with Redis they count requests together. */
async function openPlace(name: string) {
  const options = { plans, defaultPlan: 'free' } as Partial<ApiKeysOptions<Scope>>;
  if (name === 'a store in memory') {
    const store = memoryStore();
    return { make: () => createInstance({ store, ...options }), remove: async () => undefined };
  }
  const database = await makeOwnDatabase(name === 'SQLite' ? 'SQLite' : 'PostgreSQL');
  const redis = { client: process.env['TEST_REDIS_URL'] ?? '', keyPrefix: `budgets-${Math.random()}:` };
  const openStore = () =>
    name === 'SQLite'
      ? sqliteStore({ file: database.url.slice('file:'.length), logger, ...patience })
      : postgresStore({ connection: database.url, logger, ...patience });
  const shared = name.endsWith('Redis') ? { redis } : {};
  return {
    make: () => createInstance({ store: openStore(), ...shared, ...options }),
    remove: () => database.remove(),
  };
}

/** Keys manage keys with `users:read`, which costs nothing. */
function createApp({ apiKeys }: TestInstance): Express {
  const app = express();
  for (const cost of [1, 2, 50]) {
    app.get(`/cost/${cost}`, apiKeys.requireApiKey('orders:read', { cost }), (_req, res) => {
      res.sendStatus(200);
    });
  }
  app.use(
    '/manage',
    apiKeys.requireApiKey('users:read', { cost: 0 }),
    apiKeys.adminRouter({
      managementScope: 'users:read',
      authorize: (req) => ({ kind: 'key', apiKey: apiKeyOf(req) }),
    }),
  );
  return app;
}

interface MadeKey {
  readonly id: string;
  readonly token: string;
}

const minute = (limit: number) => ({ name: 'minute', limit, windowSeconds: 60 });
const hour = (limit: number) => ({ name: 'hour', limit, windowSeconds: 3600 });

/** In both tiers the contract of stores runs on all of them. */
const places = isFastTier ? ['a store in memory'] : ['a store in memory', 'SQLite', 'PostgreSQL and Redis'];

describe.each(places)('the budget of a key and its children, on %s', (name) => {
  let place: Awaited<ReturnType<typeof openPlace>>;
  let instances: readonly TestInstance[];
  let apps: readonly Express[];

  beforeAll(async () => {
    place = await openPlace(name);
    instances = [place.make(), place.make()];
    for (const { apiKeys } of instances) await apiKeys.ready();
    apps = instances.map(createApp);
  });

  afterAll(async () => {
    await Promise.all(instances.map(({ apiKeys }) => apiKeys.close()));
    await place.remove();
  });

  /** The processes that count together. */
  const countingApps = (): readonly Express[] => (name.endsWith('Redis') ? apps : apps.slice(0, 1));
  const keys = () => instances[0]!.apiKeys.keys.as(theApp);
  const makeTop = (input: object = {}): Promise<MadeKey> =>
    instances[0]!.key({ scopes: ['users:read', 'orders:read'], ...input } as never);

  async function makeChild(of: MadeKey, input: object = {}): Promise<MadeKey> {
    const body = { name: 'child', scopes: ['users:read', 'orders:read'], ...input };
    const answer = await request(apps[0]!).post('/manage/keys').set('X-API-Key', of.token).send(body);
    expect([answer.status, answer.body.parentId]).toEqual([201, of.id]);
    return { id: answer.body.id, token: answer.body.key };
  }

  const use = ({ token }: MadeKey, cost = 1, app = apps[0]!) =>
    request(app).get(`/cost/${cost}`).set('X-API-Key', token);
  const readCredits = async ({ id }: MadeKey): Promise<number | undefined> =>
    (await instances[1]!.apiKeys.keys.as(theApp).get({ id }))?.credits?.remaining;

  /**
   * Uses keys in turn, many times at once, and counts for each how many requests were allowed. Where the machine stood still, it is
   * not known of some whether they were counted; or not all were counted together.
   */
  async function useAtOnce(of: readonly MadeKey[], times: number, on = apps) {
    const counts = of.map(() => 0);
    let areAllAnswered = true;
    await Promise.all(
      Array.from({ length: times }, async (_, index) => {
        const { status } = await use(of[index % of.length]!, 1, on[index % on.length]!);
        expect([200, 429, 503]).toContain(status);
        areAllAnswered &&= status !== 503;
        if (status === 200) counts[index % of.length]! += 1;
      }),
    );
    const sum = counts.reduce((all, count) => all + count, 0);
    return { counts, sum, areAllAnswered };
  }

  const countTogether = (): boolean =>
    !name.endsWith('Redis') || instances.every(({ apiKeys }) => apiKeys.status().limits === 'shared');

  it('has the windows of every key above a key, which headers and refusals name', async () => {
    const top = await makeTop({ rateLimits: [minute(40)] });
    const child = await makeChild(top, { rateLimits: [hour(3)] });
    const [sibling, grandchild] = [await makeChild(top), await makeChild(child)];
    const allowed = await use(grandchild).expect(200);
    expect(allowed.headers['ratelimit-policy']).toBe(
      '"parent.hour";q=3;w=3600, "parent.parent.minute";q=40;w=60',
    );
    expect(allowed.headers['ratelimit']).toBe('"parent.hour";r=2;t=3600, "parent.parent.minute";r=39;t=60');
    const ofChild = await use(child, 2).expect(200);
    expect(ofChild.headers['ratelimit']).toBe('"hour";r=0;t=3600, "parent.minute";r=37;t=60');
    const refused = await use(grandchild).expect(429);
    expect(refused.body).toMatchObject({ code: 'rate_limited', violatedPolicies: ['parent.hour'] });
    expect(refused.headers['retry-after']).toBe('3600');
    // Nothing of what was refused was counted, here or above.
    expect((await use(sibling).expect(200)).headers['ratelimit']).toBe('"parent.minute";r=36;t=60');
    expect((await use(top).expect(200)).headers['ratelimit']).toBe('"minute";r=35;t=60');
    const tooMuch = await use(sibling, 50).expect(403);
    expect(tooMuch.body).toMatchObject({ code: 'cost_exceeds_limit', violatedPolicies: ['parent.minute'] });
  });

  it('has the credits of every key above a key, and those of the plan once', async () => {
    const ownerId = `paying on ${name}`;
    const owners = instances[0]!.apiKeys.owners.as(theApp);
    await owners.set({ ownerId, plan: 'paid' });
    const top = await makeTop({ ownerId, credits: { remaining: 10 }, rateLimits: [minute(40)] });
    const child = await makeChild(top, { credits: { remaining: 3 } });
    const grandchild = await makeChild(child);
    const left = async () => [
      await readCredits(top),
      await readCredits(child),
      (await owners.get({ ownerId })).credits?.remaining,
    ];
    await use(grandchild, 2).expect(200);
    expect(await left()).toEqual([8, 1, 18]);
    const ofParent = await use(grandchild, 2).expect(429);
    expect(ofParent.body).toMatchObject({
      code: 'credits_exhausted',
      detail: 'The credits of a key above this API key, which it was made with, do not suffice.',
    });
    expect((await use(child, 2).expect(429)).body.detail).not.toContain('above');
    expect(await left()).toEqual([8, 1, 18]);
    await keys().update({ id: top.id, credits: { remaining: 0 } });
    expect((await use(child).expect(429)).body.detail).toContain('above');
    await keys().update({ id: top.id, credits: { remaining: 99 } });
    await owners.set({ ownerId, plan: 'paid', overrides: { credits: { amount: 2 } } });
    expect((await use(child).expect(429)).body.detail).toContain('share');
    expect(await left()).toEqual([99, 1, 0]);
    // What could not be paid was not counted either.
    await owners.set({ ownerId, plan: 'paid', overrides: { credits: { amount: 99 } } });
    const allowed = await use(child).expect(200);
    expect(allowed.headers['ratelimit']).toBe('"parent.minute";r=37;t=60');
  });

  it('is never exceeded while a key and two children are used at once', async () => {
    for (let tries = 1; ; tries += 1) {
      await waitUntil('they count together', countTogether);
      const top = await makeTop({ rateLimits: [minute(20)] });
      const children = [await makeChild(top, { rateLimits: [minute(8)] }), await makeChild(top)];
      const { counts, sum, areAllAnswered } = await useAtOnce([top, ...children], 90, countingApps());
      if (!countTogether() && tries < 5) continue;
      expect(sum).toBeLessThanOrEqual(20);
      expect(counts[1]).toBeLessThanOrEqual(8);
      if (!areAllAnswered && tries < 5) continue;
      expect(sum).toBe(20);
      break;
    }

    for (let tries = 1; ; tries += 1) {
      const paying = await makeTop({ credits: { remaining: 20 } });
      const own = await makeChild(paying, { credits: { remaining: 8 } });
      const all = [paying, own, await makeChild(paying), await makeChild(own)];
      const { counts: paid, sum, areAllAnswered } = await useAtOnce(all, 120);
      expect(sum).toBeLessThanOrEqual(20);
      expect(paid[1]! + paid[3]!).toBeLessThanOrEqual(8);
      if (!areAllAnswered && tries < 5) continue;
      expect(sum).toBe(20);
      expect(await readCredits(paying)).toBe(0);
      expect(await readCredits(own)).toBe(8 - paid[1]! - paid[3]!);
      break;
    }
  }, 60_000);

  it('is that of the keys above as they are now, in every process, after the answer to a change', async () => {
    const top = await makeTop();
    const grandchild = await makeChild(await makeChild(top));
    const policies = () =>
      Promise.all(
        apps.map(async (app) => {
          const { status, headers, body } = await use(grandchild, 1, app);
          return status === 200 ? (headers['ratelimit-policy'] ?? 'none') : body.code;
        }),
      );
    const change = async (changes: object): Promise<void> => {
      await makeEffective(() => keys().update({ id: top.id, ...changes } as never), instances[0]!.clock);
    };
    expect(await policies()).toEqual(['none', 'none']);
    await change({ rateLimits: [minute(9)] });
    const named = '"parent.parent.minute";q=9;w=60';
    expect(await policies()).toEqual([named, named]);
    await change({ rateLimits: [minute(7)] });
    expect(await policies()).toEqual([named, named].map((policy) => policy.replace('9', '7')));
    await change({ rateLimits: [], credits: { remaining: 1 } });
    expect((await policies()).sort()).toEqual(['credits_exhausted', 'none']);
    await change({ credits: null });
    expect(await policies()).toEqual(['none', 'none']);
  });
});
