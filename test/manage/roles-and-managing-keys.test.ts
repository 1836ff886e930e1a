import express from 'express';
import request from 'supertest';
import { deribitRouter, nebulaRouter } from '../../lib/dialects/index.js';
import { createApiKeys, type Actor } from '../../lib/index.js';
import { fixedClock, memoryStore } from '../../lib/testing/index.js';
import { accessTokenOf } from '../dialects/nebula-app.js';
import { testPepper } from '../harness/instance.js';
import { theApp } from '../harness/the-app.js';

const scopes = {
  'orders:read': 'Read orders',
  'orders:write': 'Place orders',
  'keys:manage': 'Manage API keys',
  'keys:list': 'List API keys',
} as const;

/** An app with a router for people, one for keys that manage keys, and two compatibility routers. */
async function createApp(doNebulaKeysManage = true) {
  const clock = fixedClock(Date.UTC(2026, 5, 1));
  const apiKeys = createApiKeys({
    ...{ prefix: 'acme', scopes, pepper: testPepper, bcryptCost: 8, store: memoryStore(), clock },
    ...{ tokens: { issuer: 'http://127.0.0.1' }, signatures: {} },
    plans: { pro: {}, free: { scopes: ['orders:*'] } },
    defaultPlan: 'pro',
    logger: { warn: () => undefined, error: () => undefined },
  });
  const authorize = (req: express.Request) => JSON.parse(String(req.get('X-Actor'))) as Actor;
  const app = express()
    .use('/api-keys', apiKeys.adminRouter({ authorize }))
    .use(
      '/partner',
      apiKeys.requireApiKey('keys:manage'),
      apiKeys.adminRouter({
        managementScope: 'keys:manage',
        authorize: (req) => ({ kind: 'key', apiKey: apiKeys.apiKeyOf(req) }),
      }),
    )
    .use(
      '/deribit',
      deribitRouter(apiKeys, {
        verifyAccessToken: (token) => (token === 'session' ? 'org:7' : null),
        scopeMap: { 'wallet:read_write': ['keys:manage'] },
      }),
    )
    .use(
      '/nebula',
      nebulaRouter(apiKeys, {
        verifyAccessToken: (token) => (token === accessTokenOf('org:7') ? 'org:7' : null),
        keysMayManage: doNebulaKeysManage,
        defaultScopes: ['orders:read'],
      }),
    );
  await apiKeys.ready();
  const as = (actor: object, path: string, body: object = {}, headers: Record<string, string> = {}) =>
    request(app)
      .post(`/api-keys${path}`)
      .set({ 'X-Actor': JSON.stringify(actor), ...headers })
      .send(body);
  return {
    apiKeys,
    app,
    as,
    provide: (granted: readonly string[], ownerId = 'org:7') =>
      apiKeys.keys.as(theApp).create({ ownerId, name: 'K', scopes: granted as never }),
    /** The id of a new key of Deribit's keyspace. */
    async provideDeribit(maxScope: string): Promise<string> {
      const method = 'private/create_api_key';
      const { body } = await request(app)
        .post(`/deribit/${method}`)
        .set('Authorization', 'Bearer session')
        .send({ jsonrpc: '2.0', id: 1, method, params: { max_scope: maxScope } })
        .expect(200);
      return (body as { result: { client_id: string } }).result.client_id;
    },
    async provideNebula(): Promise<string> {
      await request(app)
        .post('/nebula/api-keys')
        .set('Authorization', `Bearer ${accessTokenOf('org:7')}`)
        .send({ name: 'CI' })
        .expect(200);
      const { items } = await apiKeys.keys.as(theApp).list({ ownerId: 'org:7', keyspace: 'nebula' });
      return items[0]?.id ?? '';
    },
  };
}

type App = Awaited<ReturnType<typeof createApp>>;

const org = { kind: 'owner', ownerId: 'org:7' } as const;
const quinn = { ...org, memberId: 'user:3', role: 'operator', grants: {} } as const;
const olga = { ...org, memberId: 'user:1', role: 'manager', grants: {} } as const;
const detail =
  'This API key may manage API keys, and a rotation returns its secret. That needs the role manager; without it, revoke the key.';
const forbidden = { code: 'forbidden', detail };

describe('the secret of a key that manages keys', () => {
  let app: App;
  afterEach(() => app.apiKeys.close());

  it('is not given to an operator, who could create keys with it', async () => {
    app = await createApp();
    const key = await app.provide(['keys:manage', 'orders:read', 'orders:write']);
    const input = { name: 'of Quinn', scopes: ['orders:read', 'orders:write'] };
    expect((await app.as(quinn, '/keys', input).expect(403)).body.code).toBe('forbidden');
    const refused = await app.as(quinn, `/keys/${key.id}/rotate`).expect(403);
    expect(refused.body).toMatchObject(forbidden);
    expect(refused.text).not.toContain('acme_live_');
    const once = await app.as(quinn, `/keys/${key.id}/rotate`, {}, { 'Idempotency-Key': 'once' }).expect(403);
    expect(once.body).toMatchObject(forbidden);
    const graceful = { gracePeriodSeconds: 60, graceStartsOnFirstUse: true };
    expect((await app.as(quinn, `/keys/${key.id}/rotate`, graceful).expect(403)).body).toMatchObject(
      forbidden,
    );
    await expect(app.apiKeys.keys.as(quinn).rotate({ id: key.id })).rejects.toMatchObject({
      ...{ code: 'ERR_API_KEYS_FORBIDDEN', message: detail },
    });
    // The key works on with the secret that it had, and is not what Quinn may not do: end it.
    await request(app.app).post('/partner/keys').set('X-API-Key', key.key).send(input).expect(201);
    await app.as(quinn, `/keys/${key.id}/revoke`).expect(200);
  });

  it('is given to those who may create and change keys', async () => {
    app = await createApp();
    const key = await app.provide(['keys:manage', 'orders:read']);
    for (const actor of [olga, org, { kind: 'admin', id: 'root' }]) {
      const { body } = await app.as(actor, `/keys/${key.id}/rotate`).expect(200);
      const input = { name: 'new', scopes: ['orders:read'] };
      await request(app.app).post('/partner/keys').set('X-API-Key', body.key).send(input).expect(201);
    }
  });

  it('is that of any key that a scope of a router stands for, whatever the plan includes now', async () => {
    app = await createApp();
    await app.apiKeys.owners.as(theApp).set({ ownerId: 'org:7', plan: 'free' });
    const rows: readonly [readonly string[], number][] = [
      [['keys:manage'], 403],
      [['keys:*'], 403],
      [['*'], 403],
      [['keys:list'], 200],
      [['orders:*'], 200],
      [[], 200],
    ];
    for (const [granted, status] of rows) {
      const { id } = await app.provide(granted);
      expect([granted, (await app.as(quinn, `/keys/${id}/rotate`)).status]).toEqual([granted, status]);
    }
    const foreign = await app.provide(['keys:manage'], 'org:8');
    await app.as(quinn, `/keys/${foreign.id}/rotate`).expect(404);
  });

  it('is that of keys of compatibility routers as well, where these manage keys', async () => {
    app = await createApp();
    const rotate = async (id: string): Promise<number> => (await app.as(quinn, `/keys/${id}/rotate`)).status;
    expect(await rotate(await app.provideDeribit('account:read_write'))).toBe(403);
    expect(await rotate(await app.provideDeribit('account:read trade:read_write'))).toBe(200);
    // By what it amounts to for the router of the app.
    expect(await rotate(await app.provideDeribit('wallet:read_write'))).toBe(403);
    expect(await rotate(await app.provideNebula())).toBe(403);
    await app.apiKeys.close();
    app = await createApp(false);
    expect(await rotate(await app.provideNebula())).toBe(200);
  });
});
