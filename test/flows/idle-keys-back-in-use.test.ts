import express from 'express';
import request from 'supertest';
import { createApiKeys, type Actor } from '../../lib/index.js';
import { createTestParts } from '../harness/instance.js';
import { theApp } from '../harness/the-app.js';

const dayMs = 24 * 60 * 60 * 1000;
const scopes = {
  'orders:read': 'Read orders',
  'orders:write': 'Place orders',
  'keys:manage': 'Manage keys',
} as const;
const org = { kind: 'owner', ownerId: 'org:7' } as const;

function start() {
  const { clock, defaults } = createTestParts({});
  const apiKeys = createApiKeys({ ...defaults, scopes, policy: { maxIdleDays: 30 } });
  const app = express()
    .use(
      '/api-keys',
      apiKeys.adminRouter({ authorize: (req) => JSON.parse(String(req.get('X-Actor'))) as Actor }),
    )
    .use(
      '/partner',
      apiKeys.requireApiKey('keys:manage'),
      apiKeys.adminRouter({
        managementScope: 'keys:manage',
        authorize: (req) => ({ kind: 'key', apiKey: apiKeys.apiKeyOf(req) }),
      }),
    );
  app.get('/orders', apiKeys.requireApiKey('orders:read'), (_req, res) => void res.json({}));
  const as =
    (actor: object) =>
    (path: string, body: object, method: 'patch' | 'post' = 'patch') =>
      request(app)[method](`/api-keys/keys/${path}`).set('X-Actor', JSON.stringify(actor)).send(body);
  return {
    ...{ apiKeys, clock, as },
    by:
      (key: string) =>
      (path: string, body: object, method: 'patch' | 'post' = 'patch') =>
        request(app)[method](`/partner/keys${path}`).set('X-API-Key', key).send(body),
    create: (granted: readonly (keyof typeof scopes)[]) =>
      apiKeys.keys.as(theApp).create({ ownerId: 'org:7', name: 'K', scopes: granted }),
    async use(key: string): Promise<unknown> {
      const { status, body } = await request(app).get('/orders').set('X-API-Key', key);
      return status === 200 ? 200 : (body as { reason?: string; code: string }).reason;
    },
  };
}

let flow: ReturnType<typeof start>;
beforeEach(async () => {
  flow = start();
  await flow.apiKeys.ready();
});
afterEach(() => flow.apiKeys.close());

describe('an idle key', () => {
  it('works again, with the keys below it, once somebody who may change it disables and enables it', async () => {
    const { as, by, clock, create, use } = flow;
    const parent = await create(['orders:read', 'keys:manage']);
    const { body: child } = await by(parent.key)(
      '',
      { name: 'child', scopes: ['orders:read'] },
      'post',
    ).expect(201);
    const managing = await create(['orders:read', 'keys:manage']);
    const enablers = {
      'an owner': as(org),
      'a manager within its grants': as({
        ...org,
        role: 'manager',
        grants: { scopes: ['orders:*', 'keys:manage'] },
      }),
      'an admin': as({ kind: 'admin', id: 'root' }),
      'a key that manages keys': (path: string, body: object) => by(managing.key)(`/${path}`, body),
    };
    for (const [name, change] of Object.entries(enablers)) {
      clock.advance(31 * dayMs);
      expect([name, await use(parent.key), await use(child.key)]).toEqual([name, 'idle', 'idle']);
      // The managing key has to be in use itself.
      await as(org)(managing.id, { enabled: false }).expect(200);
      await as(org)(managing.id, { enabled: true }).expect(200);
      await as(org)(child.id, { enabled: false }).expect(200);
      await as(org)(child.id, { enabled: true }).expect(200);
      expect(await use(child.key)).toBe('idle');
      await change(parent.id, { enabled: true }).expect(200);
      expect([name, await use(parent.key)]).toEqual([name, 'idle']);
      await change(parent.id, { enabled: false }).expect(200);
      await change(parent.id, { enabled: true }).expect(200);
      expect([name, await use(parent.key), await use(child.key)]).toEqual([name, 200, 200]);
    }
    clock.advance(31 * dayMs);
    await as(org)(child.id, { enabled: false }).expect(200);
    await as(org)(child.id, { enabled: true }).expect(200);
    const { body: rotated } = await as(org)(`${parent.id}/rotate`, {}, 'post').expect(200);
    expect([await use(parent.key), await use(rotated.key), await use(child.key)]).toEqual([
      undefined,
      200,
      200,
    ]);
  });

  it('stays idle for those who may not give what it can do', async () => {
    const { as, by, clock, create, use } = flow;
    const key = await create(['orders:read', 'orders:write']);
    clock.advance(31 * dayMs);
    const narrow = await create(['orders:read', 'keys:manage']);
    const others = [
      as({ ...org, role: 'viewer' }),
      as({ ...org, role: 'operator' }),
      as({ ...org, grants: { scopes: ['orders:read'] } }),
      as({ kind: 'owner', ownerId: 'org:8' }),
      (path: string, body: object) => by(narrow.key)(`/${path}`, body),
    ];
    for (const change of others) {
      await change(key.id, { enabled: false });
      await change(key.id, { enabled: true });
      expect(await use(key.key)).not.toBe(200);
    }
  });
});
