import express from 'express';
import request from 'supertest';
import fc from 'fast-check';
import { createApiKeys, type ApiKeys } from '../../lib/index.js';
import { accessTokenOf, createNebulaApp } from '../dialects/nebula-app.js';
import { memoryStore } from '../../lib/testing/index.js';
import { createInstance, scopes, testPepper, type Scope, type TestInstance } from '../harness/instance.js';
import { outcome, startSignedApp } from '../harness/signed-app.js';
import { theApp } from '../harness/the-app.js';

const names = Object.keys(scopes) as Scope[];
const grantable = [...names, 'orders:*', 'users:*', '*'] as const;
const covers = (granted: string, name: string): boolean =>
  granted === '*' || granted === name || (granted.endsWith('*') && name.startsWith(granted.slice(0, -1)));

let instance: TestInstance;
afterEach(() => instance.apiKeys.close());

const verify = async (key: string, scope: Scope) => instance.apiKeys.keys.verify({ key, scopes: scope });

describe('what a key does under a plan', () => {
  it('is what both the key and the plan cover, whatever wildcards either has', async () => {
    instance = createInstance({ plans: { none: { scopes: [] }, all: {} }, defaultPlan: 'all' });
    const owners = instance.apiKeys.owners.as(theApp);
    const lists = fc.uniqueArray(fc.constantFrom(...grantable), { maxLength: 4 });
    let number = 0;
    await fc.assert(
      fc.asyncProperty(lists, lists, async (ofKey, ofPlan) => {
        const ownerId = `owner-${(number += 1)}`;
        const { token } = await instance.key({ ownerId, scopes: ofKey });
        await owners.set({ ownerId, plan: 'none', overrides: { scopes: ofPlan } });
        for (const name of names) {
          const isAllowed = [ofKey, ofPlan].every((list) => list.some((each) => covers(each, name)));
          const verdict = await verify(token, name);
          expect([name, verdict.allowed]).toEqual([name, isAllowed]);
          // What handlers see is no more than that, and no less.
          if (!verdict.allowed) continue;
          const shown = names.filter((each) => verdict.apiKey.scopes.some((scope) => covers(scope, each)));
          expect(shown).toEqual(
            names.filter((each) =>
              [ofKey, ofPlan].every((list) => list.some((scope) => covers(scope, each))),
            ),
          );
        }
      }),
      { numRuns: 60 },
    );
  });

  it('is nothing when the plan no longer exists in the code, whatever the overrides are, and is logged once', async () => {
    const store = memoryStore();
    instance = createInstance({ store, plans: { pro: {}, free: {} }, defaultPlan: 'free' });
    const { token } = await instance.key();
    await instance.key({ ownerId: 'bob' });
    for (const ownerId of ['alice', 'bob']) {
      await instance.apiKeys.owners.as(theApp).set({ ownerId, plan: 'pro' });
    }
    await instance.apiKeys.owners.as(theApp).set({ ownerId: 'alice', overrides: { scopes: ['*'] } });
    await instance.apiKeys.close();
    for (const options of [{ plans: { free: {} }, defaultPlan: 'free' }, {}]) {
      instance = createInstance({ store, ...options });
      const anything = await instance.apiKeys.keys.verify({ key: token });
      expect(anything).toMatchObject({ allowed: true, apiKey: { scopes: [], features: [] } });
      expect(await verify(token, 'orders:read')).toMatchObject({ code: 'insufficient_scope' });
      expect(instance.log.filter((line) => line.includes('an owner has the plan "pro"'))).toHaveLength(1);
      const owner = instance.apiKeys.keys.as({ kind: 'owner', ownerId: 'alice' });
      await expect(owner.create({ name: 'x', scopes: ['orders:read'] })).rejects.toMatchObject({
        code: 'ERR_API_KEYS_FORBIDDEN',
      });
      await instance.apiKeys.close();
    }
  });

  it('is shared limits of the owner, as limits.perOwner is, which plans that name none keep', async () => {
    const minute = (limit: number) => [{ name: 'minute', limit, windowSeconds: 60 }];
    instance = createInstance({
      limits: { perOwner: minute(2) },
      plans: { free: {}, pro: { rateLimits: minute(3) } },
      defaultPlan: 'free',
    });
    const [one, other] = [await instance.key(), await instance.key()];
    const use = async (token: string): Promise<string> => {
      const verdict = await instance.apiKeys.keys.verify({ key: token, cost: 1 });
      return verdict.allowed
        ? (verdict.rateLimits ?? []).map(({ name, remaining }) => `${name} ${remaining}`).join()
        : verdict.code;
    };
    expect([await use(one.token), await use(other.token), await use(one.token)]).toEqual([
      'owner.minute 1',
      'owner.minute 0',
      'rate_limited',
    ]);
    await instance.apiKeys.owners.as(theApp).set({ ownerId: 'alice', plan: 'pro' });
    expect([await use(one.token), await use(other.token)]).toEqual(['owner.minute 0', 'rate_limited']);
    await instance.apiKeys.owners.as(theApp).set({ ownerId: 'alice', overrides: { rateLimits: [] } });
    expect(await use(one.token)).toBe('');
  });

  it('lacks features of the key that the plan does not include', async () => {
    instance = createInstance();
    await instance.apiKeys.close();
    const apiKeys = createApiKeys({
      ...{ prefix: 'acme', scopes, pepper: testPepper, store: memoryStore(), bcryptCost: 8 },
      features: { beta: 'New things', bulk: 'Bulk orders' },
      plans: { free: { features: ['beta'] }, pro: {} },
      defaultPlan: 'free',
    });
    const { key } = await apiKeys.keys
      .as(theApp)
      .create({ ownerId: 'alice', name: 'x', scopes: [], features: ['beta', 'bulk'] });
    const verifyFeature = (feature: 'beta' | 'bulk') => apiKeys.keys.verify({ key, feature });
    expect(await verifyFeature('beta')).toMatchObject({ allowed: true, apiKey: { features: ['beta'] } });
    expect(await verifyFeature('bulk')).toMatchObject({
      code: 'feature_not_enabled',
      detail: 'The API key has bulk, but the plan of its owner does not include it.',
    });
    const alice = apiKeys.keys.as({ kind: 'owner', ownerId: 'alice' });
    await expect(alice.create({ name: 'x', scopes: [], features: ['bulk'] })).rejects.toMatchObject({
      message: 'The plan of the owner does not include bulk.',
    });
    await apiKeys.owners.as(theApp).set({ ownerId: 'alice', plan: 'pro' });
    expect(await verifyFeature('bulk')).toMatchObject({ allowed: true });
    await apiKeys.close();
  });
});

describe('what owners and keys grant under a plan', () => {
  const plans = { free: { scopes: ['orders:read'] }, pro: {} } as const;
  const asAlice = () => instance.apiKeys.keys.as({ kind: 'owner', ownerId: 'alice' });
  beforeEach(() => {
    instance = createInstance({ plans, defaultPlan: 'free', policy: { omittedScopes: 'all' } });
  });

  it('is within the plan; scopes that nobody named are narrowed to it', async () => {
    expect((await asAlice().create({ name: 'x' })).scopes).toEqual(['orders:read']);
    await expect(asAlice().create({ name: 'x', scopes: ['users:read'] })).rejects.toMatchObject({
      code: 'ERR_API_KEYS_FORBIDDEN',
      message: 'The plan of the owner does not include users:read.',
    });
    const { id } = await instance.key({ scopes: ['orders:read', 'users:read'] });
    // What an admin gave may stay or go; it is narrowed when the key is used.
    await asAlice().update({ id, scopes: ['users:read'] });
    await expect(asAlice().update({ id, scopes: ['orders:write'] })).rejects.toMatchObject({
      message: 'The plan of the owner does not include orders:write.',
    });
    expect((await asAlice().rotate({ id })).scopes).toEqual(['users:read']);
  });

  it('is not bounded for admins and the app', async () => {
    const { token } = await instance.key({ scopes: ['*'] });
    expect(await verify(token, 'users:read')).toMatchObject({ code: 'insufficient_scope' });
    await instance.apiKeys.owners.as(theApp).set({ ownerId: 'alice', plan: 'pro' });
    expect(await verify(token, 'users:read')).toMatchObject({ allowed: true });
  });

  it('has the ceilings of the plan that the owner has now', async () => {
    const bound = [{ name: 'minute', limit: 10, windowSeconds: 60 }];
    const above = [{ name: 'minute', limit: 11, windowSeconds: 60 }];
    const owners = instance.apiKeys.owners.as(theApp);
    await owners.set({ ownerId: 'alice', overrides: { keyCeilings: { rateLimits: bound, credits: 5 } } });
    const { id, rateLimits, credits } = await asAlice().create({ name: 'x' });
    expect([rateLimits, credits?.remaining]).toEqual([bound, 5]);
    await expect(asAlice().update({ id, rateLimits: above })).rejects.toMatchObject({
      code: 'ERR_API_KEYS_FORBIDDEN',
    });
    await owners.set({ ownerId: 'alice', overrides: null });
    await asAlice().update({ id, rateLimits: above });
  });
});

describe('callers of an app with plans', () => {
  const start = async (): Promise<ApiKeys<Scope>> => {
    instance = createInstance({
      plans: { free: { scopes: ['orders:read'] }, pro: {} },
      defaultPlan: 'free',
      tokens: { issuer: 'https://api.acme.example' },
    });
    await instance.apiKeys.ready();
    return instance.apiKeys;
  };

  it('see what is left of their key at /self, and manage keys only with a scope of the plan', async () => {
    const apiKeys = await start();
    const app = express();
    app.use(
      '/api-keys',
      apiKeys.adminRouter({
        authorize: async (req) => {
          const verdict = await apiKeys.keys.verify({ key: req.get('X-API-Key') ?? '' });
          return verdict.allowed ? { kind: 'key', apiKey: verdict.apiKey } : null;
        },
        managementScope: 'users:read',
      }),
    );
    const { token } = await instance.key({ scopes: ['orders:*', 'users:read'] });
    const self = async () =>
      (await request(app).get('/api-keys/self').set('X-API-Key', token).expect(200)).body as {
        scopes: string[];
      };
    const list = () => request(app).get('/api-keys/keys').set('X-API-Key', token);
    expect((await self()).scopes).toEqual(['orders:read']);
    await list().expect(403);
    await apiKeys.owners.as(theApp).set({ ownerId: 'alice', plan: 'pro' });
    expect((await self()).scopes).toEqual(['orders:*', 'users:read']);
    await list().expect(200);
  });

  it('get access tokens within the plan, which are narrowed with it', async () => {
    const apiKeys = await start();
    const app = express();
    app.use('/oauth', apiKeys.tokenRouter());
    app.get('/write', apiKeys.requireApiKey('orders:write'), (_req, res) => void res.json({}));
    app.get('/read', apiKeys.requireApiKey('orders:read'), (req, res) => {
      res.json(apiKeys.apiKeyOf(req).scopes);
    });
    const { id, token } = await instance.key({ scopes: ['orders:read', 'orders:write'] });
    const owners = apiKeys.owners.as(theApp);
    const issue = (scope?: string) =>
      request(app)
        .post('/oauth/token')
        .auth(id, token)
        .type('form')
        .send({ grant_type: 'client_credentials', ...(scope === undefined ? {} : { scope }) });
    const get = (path: string, access: string) =>
      request(app).get(path).set('Authorization', `Bearer ${access}`);
    expect((await issue('orders:write').expect(400)).body).toMatchObject({ error: 'invalid_scope' });
    expect((await issue().expect(200)).body).toMatchObject({ scope: 'orders:read' });
    await owners.set({ ownerId: 'alice', plan: 'pro' });
    const { access_token: access } = (await issue().expect(200)).body as { access_token: string };
    await get('/write', access).expect(200);
    await owners.set({ ownerId: 'alice', plan: 'free' });
    const { body } = await get('/write', access).expect(403);
    expect(body).toMatchObject({
      code: 'insufficient_scope',
      detail: expect.stringContaining('the plan of its owner'),
    });
    expect((await get('/read', access).expect(200)).body).toEqual(['orders:read']);
    const introspected = await request(app)
      .post('/oauth/introspect')
      .auth(id, token)
      .type('form')
      .send({ token: access })
      .expect(200);
    expect(introspected.body).toMatchObject({ active: true, scope: 'orders:read' });
  });

  it('sign requests within the plan', async () => {
    const app = await startSignedApp({ plans: { free: { scopes: [] }, pro: {} }, defaultPlan: 'pro' });
    instance = app.instance;
    const signer = await app.signer();
    expect(outcome(await app.use(signer))).toBe('200');
    await instance.apiKeys.owners.as(theApp).set({ ownerId: 'alice', plan: 'free' });
    const refused = await app.use(signer);
    expect(outcome(refused)).toBe('403 insufficient_scope');
    expect(refused.body).toContain('the plan of its owner does not include it');
    await instance.apiKeys.owners.as(theApp).set({ ownerId: 'alice', plan: null });
    expect(outcome(await app.use(signer))).toBe('200');
    await app.close();
  });

  it('get keys of a compatibility router within the plan, where its scopes are those of the app', async () => {
    const nebula = createNebulaApp(
      {},
      { plans: { free: { scopes: ['orders:read'] }, pro: {} }, defaultPlan: 'pro' },
    );
    instance = nebula;
    await instance.apiKeys.ready();
    const owners = instance.apiKeys.owners.as(theApp);
    const create = async (name: string): Promise<string> => {
      const { body } = await request(nebula.app)
        .post('/api/v1/api-keys')
        .set('Authorization', `Bearer ${accessTokenOf('alice')}`)
        .send({ name })
        .expect(200);
      return body.data.key as string;
    };
    const use = async (key: string) => {
      const read = await request(nebula.app).get('/orders').set('Authorization', `Bearer ${key}`);
      const write = await request(nebula.app).post('/orders').set('Authorization', `Bearer ${key}`);
      return [read.body.scopes, read.status, write.status];
    };
    const early = await create('early');
    expect(await use(early)).toEqual([Object.keys(scopes), 200, 200]);
    await owners.set({ ownerId: 'alice', plan: 'free' });
    expect(await use(early)).toEqual([['orders:read'], 200, 403]);
    const late = await create('late');
    await owners.set({ ownerId: 'alice', plan: 'pro' });
    expect(await use(early)).toEqual([Object.keys(scopes), 200, 200]);
    expect(await use(late)).toEqual([['orders:read'], 200, 403]);
  });
});
