import express from 'express';
import request from 'supertest';
import { apiKeyOf, createApiKeys, type NewKey } from '../../lib/index.js';
import { fixedClock, memoryStore } from '../../lib/testing/index.js';
import { scopes, testPepper, type Scope } from '../harness/instance.js';
import { theApp } from '../harness/the-app.js';

const dayMs = 24 * 60 * 60 * 1000;
const minute = (limit: number) => [{ name: 'minute', limit, windowSeconds: 60 }];
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((apiKeys) => apiKeys.close()));
});

function start() {
  const clock = fixedClock(Date.UTC(2026, 5, 1));
  const apiKeys = createApiKeys({
    ...{ prefix: 'acme', scopes, pepper: testPepper, store: memoryStore(), bcryptCost: 8, clock },
    features: { beta: 'New things' },
    resources: { project: 'A project' },
    policy: { maxLifetimeDays: 300, enforceOnExisting: true },
    plans: {
      free: {
        ...{ scopes: ['orders:read'], features: [], resources: { project: ['p1'] } },
        ...{ maxKeys: 1, maxLifetimeDays: 5, keyCeilings: { rateLimits: minute(10) } },
      },
      pro: {},
    },
    defaultPlan: 'pro',
  });
  open.push(apiKeys);
  const key = (ownerId: string, fields: Partial<NewKey<Scope, 'beta', 'project'>> = {}) =>
    apiKeys.keys
      .as(theApp)
      .create({ ownerId, name: 'CI', scopes: ['orders:read'], rateLimits: minute(5), ...fields });
  return { apiKeys, clock, key };
}

const nothing = {
  ...{ scopes: 0, features: 0, resources: 0 },
  ...{ ended: 0, aboveCeilings: 0, surplus: 0 },
};

describe('owners.impact', () => {
  it('counts what keys of which owners would lose if they moved to a plan, and changes nothing', async () => {
    const { apiKeys, clock, key } = start();
    const owners = apiKeys.owners.as(theApp);
    await key('anna', { resources: { project: ['p1'] } });
    await key('bert', { scopes: ['orders:*'], features: ['beta'], resources: { project: ['p1', 'p2'] } });
    await key('bert', { rateLimits: minute(50) });
    const revoked = await key('bert', { scopes: ['users:read'] });
    await apiKeys.keys.as(theApp).revoke({ id: revoked.id });
    await key('cara', { resources: { project: ['p1'] } });
    await owners.set({ ownerId: 'cara', plan: 'pro', overrides: { scopes: [] } });
    await key('dana', { scopes: ['*'] });
    await owners.set({ ownerId: 'dana', plan: 'free' });
    expect(await owners.impact({ plan: 'free' })).toEqual({
      owners: { checked: 4, affected: 1 },
      keys: {
        checked: 5,
        affected: 2,
        ...nothing,
        scopes: 1,
        features: 1,
        resources: 2,
        aboveCeilings: 1,
        surplus: 1,
      },
      items: [
        {
          ...{
            ownerId: 'bert',
            keys: 2,
            scopes: ['orders:write'],
            features: ['beta'],
            resources: ['project'],
          },
          ...{ endedKeys: 0, keysAboveCeilings: 1, surplusKeys: 1 },
        },
      ],
    });
    expect(await owners.impact({ plan: null })).toMatchObject({ keys: { affected: 0 }, items: [] });
    expect(await owners.impact({ plan: 'free', ownerId: 'anna' })).toMatchObject({
      ...{ owners: { checked: 1, affected: 0 }, keys: { checked: 1, affected: 0 } },
    });
    expect(await owners.impact({ plan: 'free', ownerId: 'unknown' })).toMatchObject({
      owners: { checked: 0 },
    });
    clock.advance(6 * dayMs);
    const later = await owners.impact({ plan: 'free' });
    expect(later.keys.ended).toBe(4);
    expect(later.items.map(({ ownerId, endedKeys }) => [ownerId, endedKeys])).toEqual([
      ['anna', 1],
      ['bert', 2],
      ['cara', 1],
    ]);
    expect((await owners.get({ ownerId: 'bert' })).version).toBe(0);
  });

  it('counts of a child what it loses below the keys that made it', async () => {
    const { apiKeys, clock, key } = start();
    const owners = apiKeys.owners.as(theApp);
    const app = express().use(
      apiKeys.requireApiKey('users:read', { on: 'handler' }),
      apiKeys.adminRouter({
        managementScope: 'users:read',
        authorize: (req) => ({ kind: 'key', apiKey: apiKeyOf(req) }),
      }),
    );
    const all = {
      scopes: ['users:read', 'orders:read', 'orders:write'] as const,
      features: ['beta'] as const,
    };
    const parent = await key('anna', all);
    const makeChild = async (by: string): Promise<{ id: string; key: string }> => {
      const post = request(app).post('/keys').set('Authorization', `Bearer ${by}`);
      const { expiresAt } = parent;
      return (await post.send({ name: 'child', ...all, rateLimits: minute(5), expiresAt }).expect(201)).body;
    };
    const child = await makeChild(parent.key ?? '');
    await makeChild(child.key);
    const keys = apiKeys.keys.as(theApp);
    const ask = () => owners.impact({ as: { scopes: ['users:read'], features: [] } });
    expect((await ask()).keys).toMatchObject({ checked: 3, affected: 3, scopes: 3, features: 3 });
    // What the key above it does not have, no child loses.
    await keys.update({ id: parent.id, scopes: ['users:read', 'orders:read'], features: [] });
    const narrowed = await ask();
    expect(narrowed.keys).toMatchObject({ checked: 3, affected: 3, scopes: 3, features: 0 });
    expect(narrowed.items[0]?.scopes).toEqual(['orders:read']);
    await keys.update({ id: parent.id, scopes: ['users:read'] });
    expect((await ask()).keys).toMatchObject({ checked: 3, affected: 0 });
    await keys.update({ id: parent.id, ...all });
    await keys.update({ id: child.id, scopes: ['users:read'] });
    expect((await ask()).keys).toMatchObject({ affected: 3, scopes: 1, features: 3 });

    // The key that made them is older, and would end before them.
    clock.advance(4 * dayMs);
    await makeChild(parent.key ?? '');
    clock.advance(2 * dayMs);
    expect((await owners.impact({ as: { maxLifetimeDays: 5 } })).keys).toMatchObject({ ended: 4 });
    await keys.revoke({ id: parent.id });
    expect((await ask()).keys).toMatchObject({ checked: 3, affected: 0, ended: 0 });
  });

  it('takes the definition of a plan that is not deployed yet, for the owners who have the plan', async () => {
    const { apiKeys, key } = start();
    const owners = apiKeys.owners.as(theApp);
    for (const ownerId of ['anna', 'bert', 'cara'])
      await key(ownerId, { scopes: ['orders:read', 'users:read'] });
    await owners.set({ ownerId: 'bert', plan: 'free' });
    await owners.set({ ownerId: 'cara', plan: 'pro', overrides: { scopes: ['orders:*', 'users:read'] } });
    const idsOf = async (question: Parameters<typeof owners.impact>[0]) =>
      (await owners.impact(question)).items.map(({ ownerId, scopes: lost }) => `${ownerId} ${lost.join()}`);
    // The plan of cara is the same, and the overrides stay.
    expect(await idsOf({ plan: 'pro', as: { scopes: ['orders:read'] } })).toEqual(['anna users:read']);
    expect(await idsOf({ plan: null, as: { scopes: ['orders:read'] } })).toEqual(['anna users:read']);
    expect(await idsOf({ plan: 'free', as: { scopes: [] } })).toEqual(['bert orders:read']);
    expect(await idsOf({ as: { scopes: [] } })).toEqual(['anna orders:read,users:read', 'bert orders:read']);
    expect(await idsOf({ as: {}, ownerId: 'anna' })).toEqual([]);
    expect(await idsOf({ as: { scopes: [] }, ownerId: 'anna' })).toEqual(['anna orders:read,users:read']);
  });

  it('reads some keys and owners at a time, and lists the first 100 owners beside exact totals', async () => {
    const { apiKeys, key } = start();
    for (let index = 0; index < 205; index += 1) await key(`owner-${String(index).padStart(3, '0')}`);
    for (let index = 0; index < 200; index += 1) await key('owner-000');
    const impact = await apiKeys.owners.as(theApp).impact({ as: { scopes: [], maxKeys: 7 } });
    expect([impact.owners, impact.keys]).toEqual([
      { checked: 205, affected: 205 },
      { checked: 405, affected: 405, ...nothing, scopes: 405, surplus: 194 },
    ]);
    expect(impact.items.length).toBe(100);
    expect(impact.items[0]).toMatchObject({ ownerId: 'owner-000', keys: 201, surplusKeys: 194 });
    expect(impact.items[99]?.ownerId).toBe('owner-099');
  });

  it('is for admins and the app over HTTP and in code, and reads its input strictly', async () => {
    const { apiKeys, key } = start();
    await key('anna', { scopes: ['orders:write'] });
    let actor: object = { kind: 'admin', id: 'root' };
    const app = express().use('/api-keys', apiKeys.adminRouter({ authorize: () => actor as never }));
    const ask = (body: object) =>
      request(app).post('/api-keys/plan-impact').set('Sec-Fetch-Site', 'same-origin').send(body);
    const { body } = await ask({ plan: 'free' }).expect(200);
    expect(body).toEqual(
      JSON.parse(JSON.stringify(await apiKeys.owners.as(theApp).impact({ plan: 'free' }))),
    );
    expect(body.items[0].scopes).toEqual(['orders:write']);
    const rows: readonly [object, string][] = [
      [{}, 'Name at least one of plan and as.'],
      [{ plan: 'fre' }, 'must be one of free, pro'],
      [{ as: { scops: [] } }, 'must not have the member \\"scops\\"; did you mean \'scopes\'?'],
      [{ as: null }, 'must be an object with scopes'],
      [{ plan: 'free', ownerId: '' }, 'ownerId'],
    ];
    for (const [question, message] of rows) {
      const answer = await ask(question);
      expect([question, answer.status, JSON.stringify(answer.body)]).toEqual([
        question,
        400,
        expect.stringContaining(message),
      ]);
      await expect(apiKeys.owners.as(theApp).impact(question as never)).rejects.toMatchObject({
        code: 'ERR_API_KEYS_INVALID_REQUEST',
      });
    }
    actor = { kind: 'owner', ownerId: 'anna' };
    expect((await ask({ plan: 'free' })).status).toBe(403);
    await expect(apiKeys.owners.impact({ plan: 'free' }, { actor: actor as never })).rejects.toMatchObject({
      code: 'ERR_API_KEYS_FORBIDDEN',
    });
  });
});
