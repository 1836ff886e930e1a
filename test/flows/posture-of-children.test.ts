import express from 'express';
import request from 'supertest';
import type { PostureItem } from '../../lib/domain/posture-view.js';
import { createApiKeys, type Actor } from '../../lib/index.js';
import { createTestParts } from '../harness/instance.js';
import { theApp } from '../harness/the-app.js';

const dayMs = 24 * 60 * 60 * 1000;
const minute = (limit: number) => [{ name: 'minute', limit, windowSeconds: 60 }];
const scopes = { 'orders:read': 'Read orders', 'keys:manage': 'Manage keys' } as const;
const free = { keyCeilings: { rateLimits: minute(10), credits: 50 }, maxLifetimeDays: 30 } as const;

function start() {
  const { clock, defaults } = createTestParts({});
  const apiKeys = createApiKeys({ ...defaults, scopes, plans: { all: {}, free }, defaultPlan: 'all' });
  const app = express().use(
    '/api-keys',
    apiKeys.adminRouter({
      managementScope: 'keys:manage',
      async authorize(req): Promise<Actor | null> {
        const key = req.get('X-API-Key');
        if (key === undefined) return { kind: 'admin', id: 'root' };
        const verdict = await apiKeys.keys.verify({ key, cost: 0 });
        return verdict.allowed ? { kind: 'key', apiKey: verdict.apiKey } : null;
      },
    }),
  );
  const inDays = (days: number): string => new Date(clock.now() + days * dayMs).toISOString();
  const send = (method: 'post' | 'patch' | 'put', path: string, body: object) =>
    request(app)[method](`/api-keys${path}`).send(body);
  return {
    apiKeys,
    app,
    clock,
    inDays,
    send,
    async parent(fields: object = {}) {
      const input = { name: 'parent', ownerId: 'alice', scopes: ['orders:read', 'keys:manage'], ...fields };
      return (await send('post', '/keys', input).expect(201)).body as { id: string; key: string };
    },
    async child(of: { key: string }, fields: object = {}) {
      const input = { name: 'child', scopes: ['orders:read'], ...fields };
      const { body } = await send('post', '/keys', input).set('X-API-Key', of.key).expect(201);
      return body as { id: string; key: string };
    },
    /** What is listed of a key, for some reasons. */
    async postureOf({ id }: { id: string }, ...reasons: readonly string[]): Promise<PostureItem[]> {
      const { body } = await request(app).get('/api-keys/posture?limit=100').expect(200);
      const { items } = body as { items: PostureItem[] };
      return items.filter(({ keyId, reason }) => keyId === id && reasons.includes(reason));
    },
    async impact() {
      const { body } = await send('post', '/plan-impact', { plan: 'free', ownerId: 'alice' }).expect(200);
      return body as { keys: { aboveCeilings: number } };
    },
  };
}

let app: ReturnType<typeof start>;
beforeEach(async () => {
  app = start();
  await app.apiKeys.ready();
});
afterEach(() => app.apiKeys.close());

describe('the end of a child', () => {
  it('is that of the key above it that ends first', async () => {
    const { parent, child, postureOf, send, inDays } = app;
    const top = await parent();
    const below = await child(top);
    const ends = () => postureOf(below, 'never_expires', 'expires_soon');
    expect(await ends()).toMatchObject([{ reason: 'never_expires', endsAt: null }]);

    await send('patch', `/keys/${top.id}`, { expiresAt: inDays(1) }).expect(200);
    const extended = { expiresAt: inDays(91) };
    expect(await ends()).toMatchObject([
      {
        ...{ reason: 'expires_soon', endsAt: inDays(1) },
        // Another end of the child would change nothing.
        remedy: {
          ...{ command: 'update', method: 'PATCH', path: `/keys/${top.id}`, body: extended },
          input: { id: top.id, ...extended },
        },
      },
    ]);
    const [item] = await ends();
    await send('patch', item?.remedy.path ?? '', item?.remedy.body ?? {}).expect(200);
    expect(await ends()).toEqual([]);

    await send('patch', `/keys/${below.id}`, { expiresAt: inDays(2) }).expect(200);
    expect(await ends()).toMatchObject([
      { reason: 'expires_soon', endsAt: inDays(2), remedy: { path: `/keys/${below.id}` } },
    ]);
  });

  it('is not beyond a longest lifetime that a key above keeps', async () => {
    const { parent, child, postureOf, send, inDays } = app;
    const [top, forever] = [await parent({ expiresAt: inDays(20) }), await parent()];
    const within = await child(top, { expiresAt: inDays(20) });
    await send('patch', `/keys/${within.id}`, { expiresAt: null }).expect(200);
    const beyond = await child(forever);
    await send('put', '/owners/alice', {
      plan: 'free',
      overrides: { keyCeilings: { rateLimits: [], credits: null } },
    }).expect(200);
    expect(await postureOf(within, 'exceeds_plan')).toEqual([]);
    expect(await postureOf(beyond, 'exceeds_plan')).toMatchObject([
      { beyondPlan: { maxLifetimeDays: true } },
    ]);
  });
});

describe('limits and credits of a child', () => {
  it('are within the ceilings of a plan where those that it draws on are, as owners.impact says', async () => {
    const { apiKeys, parent, child, postureOf, send, inDays, impact } = app;
    const within = { expiresAt: inDays(20), rateLimits: minute(5), credits: { remaining: 20 } };
    const above = { expiresAt: inDays(20), rateLimits: minute(100), credits: { remaining: 500 } };
    const [low, high] = [await parent(within), await parent(above)];
    const end = { expiresAt: inDays(20) };
    const drawing = await child(low, end);
    const deeper = await child(low, { ...end, scopes: ['orders:read', 'keys:manage'] });
    const deepest = await child(deeper, end);
    const beyond = await child(high, end);
    const own = await child(high, { ...end, rateLimits: minute(5) });
    await apiKeys.keys.as(theApp).update({ id: own.id, credits: { remaining: 10 } });

    // The parent `high`, and the child that draws on it.
    expect((await impact()).keys.aboveCeilings).toBe(2);
    await send('put', '/owners/alice', { plan: 'free', overrides: null }).expect(200);
    for (const key of [low, drawing, deeper, deepest, own]) {
      expect([key.id, await postureOf(key, 'exceeds_plan')]).toEqual([key.id, []]);
    }
    const both = [{ beyondPlan: { rateLimits: ['minute'], credits: true } }];
    expect(await postureOf(high, 'exceeds_plan')).toMatchObject(both);
    const [item] = await postureOf(beyond, 'exceeds_plan');
    expect([item]).toMatchObject(both);
    // Either call mends it: that for the child, or that for its parent.
    await send('patch', item?.remedy.path ?? '', item?.remedy.body ?? {}).expect(200);
    expect(await postureOf(beyond, 'exceeds_plan')).toEqual([]);
    expect(await postureOf(high, 'exceeds_plan')).toMatchObject(both);
  });
});
