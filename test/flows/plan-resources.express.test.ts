import express from 'express';
import fc from 'fast-check';
import request from 'supertest';
import { nebulaRouter } from '../../lib/dialects/index.js';
import { createApiKeys, signRequest, type ApiKeysOptions } from '../../lib/index.js';
import { memoryStore } from '../../lib/testing/index.js';
import { createBoundApp, createBoundInstance, type BoundInstance, type Kind } from '../harness/bound-app.js';
import { testPepper, type Scope } from '../harness/instance.js';
import { theApp } from '../harness/the-app.js';

const refused = 'resource_not_allowed';
const open: BoundInstance[] = [];
const plans = { all: {}, some: { resources: { project: ['p1', 'p2'] } } } as const;

function start(options: Partial<ApiKeysOptions<Scope, never, Kind>> = {}): BoundInstance {
  const instance = createBoundInstance({
    ...(options.plans === undefined ? { plans, defaultPlan: 'all' } : {}),
    ...options,
  });
  open.push(instance);
  return instance;
}
afterEach(async () => {
  await Promise.all(open.splice(0).map(({ apiKeys }) => apiKeys.close()));
});

const setPlan = ({ apiKeys }: BoundInstance, plan: string | null, overrides: object | null = null) =>
  apiKeys.owners.as(theApp).set({ ownerId: 'alice', plan, overrides });

describe('the resources of a plan', () => {
  it('bound every key of the owner, from the answer on, and guards that do not look at them refuse', async () => {
    const instance = start();
    const [unbound, bound] = [await instance.key(null), await instance.key({ project: ['p2', 'p3'] })];
    const elsewhere = await instance.key({ region: ['eu'] });
    const asks = createBoundApp(instance, (req) => ({ project: req.params['projectId'], region: 'eu' }));
    const filters = createBoundApp(instance, 'handler', '/');
    const plain = createBoundApp(instance, undefined, '/');
    const get = async (app: express.Express, path: string, { token }: { token: string }) => {
      const { status, body } = await request(app).get(path).set('X-API-Key', token);
      return status === 200 ? body : `${status} ${body.code}`;
    };
    expect(await get(plain, '/', unbound)).toEqual({ project: 'all', region: 'all' });
    await setPlan(instance, 'some');

    const outcomes: unknown[] = [];
    for (const project of ['p1', 'p2', 'p3', 'p%31', 'constructor', '__proto__']) {
      const at = `/projects/${project}`;
      const answers = [await get(asks, at, unbound), await get(asks, at, bound)];
      outcomes.push([project, ...answers.map((each) => (typeof each === 'string' ? each : each.project))]);
    }
    const none = `403 ${refused}`;
    expect(outcomes).toEqual([
      ['p1', ['p1', 'p2'], none],
      ['p2', ['p1', 'p2'], ['p2']],
      ['p3', none, none],
      ['p%31', ['p1', 'p2'], none],
      ['constructor', none, none],
      ['__proto__', none, none],
    ]);
    expect(await get(plain, '/', unbound)).toBe(none);
    expect(await get(filters, '/', unbound)).toEqual({ project: ['p1', 'p2'], region: 'all' });
    expect(await get(filters, '/', bound)).toEqual({ project: ['p2'], region: 'all' });
    expect(await get(filters, '/', elsewhere)).toEqual({ project: ['p1', 'p2'], region: ['eu'] });
    const { body } = await request(plain).get('/').set('X-API-Key', unbound.token).expect(403);
    expect(body.detail).toContain('the plan of its owner does not include');
    const own = await request(asks).get('/projects/p9').set('X-API-Key', bound.token).expect(403);
    expect(own.body.detail).not.toContain('plan');

    // Kind by kind: an override replaces what the plan says of that kind, and leaves the others.
    await setPlan(instance, 'some', { resources: { region: [] } });
    expect(await get(filters, '/', unbound)).toEqual({ project: ['p1', 'p2'], region: [] });
    expect(await get(asks, '/projects/p1', unbound)).toBe(none);
    await setPlan(instance, 'some', { resources: { project: null } });
    expect(await get(filters, '/', unbound)).toEqual({ project: 'all', region: 'all' });
    await setPlan(instance, null);
    expect(await get(plain, '/', unbound)).toEqual({ project: 'all', region: 'all' });
    expect(await get(filters, '/', bound)).toEqual({ project: ['p2', 'p3'], region: 'all' });
  });

  it('leave of any key exactly what both are bound to', async () => {
    const instance = start();
    const ids = fc.option(fc.uniqueArray(fc.constantFrom('p1', 'p2', 'p3'), { maxLength: 3 }), { nil: null });
    const bindings = fc.record({ project: ids, region: ids });
    const kinds = ['project', 'region'] as const;
    let number = 0;
    await fc.assert(
      fc.asyncProperty(bindings, bindings, async (ofKey, ofPlan) => {
        const ownerId = `owner-${(number += 1)}`;
        // A key cannot be bound to no resource of a kind.
        const bound = kinds.filter((kind) => (ofKey[kind] ?? []).length > 0);
        const resources =
          bound.length === 0 ? null : Object.fromEntries(bound.map((kind) => [kind, ofKey[kind] ?? []]));
        const { token } = await instance.key(resources, { ownerId });
        await instance.apiKeys.owners.as(theApp).set({ ownerId, overrides: { resources: ofPlan } });
        const verdict = await instance.apiKeys.keys.verify({ key: token, resources: 'handler' });
        if (!verdict.allowed) throw new Error(verdict.code);
        for (const kind of kinds) {
          const [own, planned] = [bound.includes(kind) ? ofKey[kind] : null, ofPlan[kind]];
          const expected =
            own === null ? (planned ?? 'all') : own?.filter((id) => planned?.includes(id) ?? true);
          expect(verdict.apiKey.only(kind)).toEqual(expected);
          for (const id of ['p1', 'p2', 'p3']) {
            const other = kind === 'project' ? 'region' : 'project';
            const named = verdict.apiKey.only(other);
            if (named.length === 0) continue;
            const asked = { [kind]: id, [other]: named === 'all' ? 'p1' : named };
            const answer = await instance.apiKeys.keys.verify({ key: token, resources: asked });
            expect([asked, answer.allowed]).toEqual([
              asked,
              expected === 'all' || (expected as readonly string[] | undefined)?.includes(id),
            ]);
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it('bound access tokens, signatures, forward auth and what introspection and /self show', async () => {
    const instance = start({
      tokens: { issuer: 'https://api.acme.example', introspectionScope: 'users:read' },
      signatures: {},
      clock: { now: () => Date.now() },
    });
    const { apiKeys } = instance;
    const [key, signer] = [await instance.key(null), await instance.key(null, { signing: 'hmac' })];
    const gateway = await instance.key(null, { ownerId: 'gateway', scopes: ['users:read'] });
    const on = (req: express.Request) => ({ project: req.params['id'] });
    const app = express();
    app.use('/oauth', apiKeys.tokenRouter());
    app.use('/auth', apiKeys.forwardAuthRouter({ on: 'handler' }));
    app.use(
      '/api-keys',
      apiKeys.adminRouter({
        async authorize(req) {
          const asked = { key: req.get('X-API-Key') ?? '', resources: 'handler' } as const;
          const verdict = await apiKeys.keys.verify(asked);
          return verdict.allowed ? { kind: 'key', apiKey: verdict.apiKey } : null;
        },
      }),
    );
    app.get('/plain/:id', apiKeys.requireApiKey('orders:read', { signed: 'accepted' }), (_req, res) => {
      res.json({});
    });
    app.get(
      '/projects/:id',
      apiKeys.requireApiKey('orders:read', { signed: 'accepted', on }),
      (_req, res) => void res.json({}),
    );
    const { body: issued } = await request(app)
      .post('/oauth/token')
      .type('form')
      .send({ grant_type: 'client_credentials', client_id: key.id, client_secret: key.token })
      .expect(200);
    const sign = (path: string) =>
      signRequest(
        { method: 'GET', url: `http://127.0.0.1${path}` },
        { keyId: signer.id, secret: signer.token },
      );
    const paths = ['/plain/p1', '/projects/p1', '/projects/p3'];
    const statuses = async (headers: (path: string) => Record<string, string>): Promise<number[]> => {
      const found: number[] = [];
      for (const path of paths) found.push((await request(app).get(path).set(headers(path))).status);
      return found;
    };
    const isActive = async () => {
      const form = { token: key.token, client_id: gateway.id, client_secret: gateway.token };
      return (await request(app).post('/oauth/introspect').type('form').send(form).expect(200)).body.active;
    };
    const look = async () => ({
      token: await statuses(() => ({ authorization: `Bearer ${issued.access_token}` })),
      signature: await statuses((path) => ({ ...sign(path) })),
      forwarded: (await request(app).get('/auth').set('X-API-Key', key.token)).headers[
        'x-auth-key-resources'
      ],
      isActive: await isActive(),
      self: (await request(app).get('/api-keys/self').set('X-API-Key', key.token).expect(200)).body.resources,
    });
    const all = [200, 200, 200];
    expect(await look()).toEqual({
      ...{ token: all, signature: all, forwarded: '-', isActive: true, self: null },
    });
    await setPlan(instance, 'some');
    expect(await look()).toEqual({
      token: [403, 200, 403],
      signature: [403, 200, 403],
      forwarded: 'project:p1 project:p2',
      isActive: false,
      self: { project: ['p1', 'p2'] },
    });
  });

  it('bound the keys of a compatibility router', async () => {
    const instance = start({ tokens: { issuer: 'https://api.acme.example' } });
    const { apiKeys } = instance;
    await apiKeys.ready();
    const app = express();
    app.use(
      '/nebula',
      nebulaRouter(apiKeys, { verifyAccessToken: (token) => (token === 'a.b.c' ? 'alice' : null) }),
    );
    const on = (req: express.Request) => ({ project: req.params['id'] });
    app.get('/projects/:id', apiKeys.requireApiKey('orders:read', { on }), (_req, res) => void res.json({}));
    const { body } = await request(app)
      .post('/nebula/api-keys')
      .set('Authorization', 'Bearer a.b.c')
      .send({ name: 'CI' })
      .expect(200);
    const use = async (id: string) =>
      (await request(app).get(`/projects/${id}`).set('Authorization', `Bearer ${body.data.key}`)).status;
    expect([await use('p1'), await use('p3')]).toEqual([200, 200]);
    await setPlan(instance, 'some');
    expect([await use('p1'), await use('p3')]).toEqual([200, 403]);
  });

  it('are none for a plan that the code no longer has', async () => {
    const store = memoryStore();
    const before = start({ store });
    const { token } = await before.key(null);
    await setPlan(before, 'some', { resources: { project: null } });
    await before.apiKeys.close();
    const after = start({ store, plans: { all: {} }, defaultPlan: 'all' });
    const verdict = await after.apiKeys.keys.verify({ key: token, resources: 'handler' });
    expect(verdict.allowed && [verdict.apiKey.only('project'), verdict.apiKey.only('region')]).toEqual([
      [],
      [],
    ]);
    expect(await after.apiKeys.keys.verify({ key: token })).toMatchObject({ code: refused });
  });

  it('bound what owners give, where they name resources; what a key has already stays', async () => {
    const instance = start();
    const asOwner = instance.apiKeys.keys.as({ kind: 'owner', ownerId: 'alice' });
    const input = { name: 'CI', scopes: ['orders:read'] } as const;
    const early = await asOwner.create({ ...input, resources: { project: ['p2', 'p3'] } });
    await setPlan(instance, 'some');
    const forbidden = { code: 'ERR_API_KEYS_FORBIDDEN', message: expect.stringContaining('project:p9') };
    await expect(asOwner.create({ ...input, resources: { project: ['p1', 'p9'] } })).rejects.toMatchObject(
      forbidden,
    );
    expect(
      (await asOwner.create({ ...input, resources: { project: ['p1'], region: ['x'] } })).resources,
    ).toEqual({
      ...{ project: ['p1'], region: ['x'] },
    });
    // Not bound means what the owner reaches, now and later.
    expect((await asOwner.create(input)).resources).toBe(null);
    const change = { id: early.id, resources: { project: ['p1', 'p3'] } };
    expect((await asOwner.update(change)).resources).toEqual({ project: ['p1', 'p3'] });
    await expect(asOwner.update({ id: early.id, resources: { project: ['p9'] } })).rejects.toMatchObject(
      forbidden,
    );
    expect((await instance.key({ project: ['p9'] })).id).toEqual(expect.any(String));
  });

  it('are read strictly, in the options and in PUT /owners/:ownerId', async () => {
    const ids = (count: number) => Array.from({ length: count }, (_, index) => `p${index}`);
    const rows: readonly [unknown, string | null][] = [
      [{ project: ids(100) }, null],
      [{ project: ['x'.repeat(64)], region: [] }, null],
      [{ project: null }, null],
      [{}, null],
      [{ project: ids(101) }, 'resources.project must be a list of up to 100 ids'],
      [{ project: ['x'.repeat(65)] }, 'resources.project entry 1 '],
      [{ project: ['p1', ''] }, 'resources.project entry 2 '],
      [{ project: ['p1', 'p1'] }, 'resources.project must not name an id twice'],
      [{ project: 'p1' }, 'resources.project must be a list'],
      [{ project: [1] }, 'resources.project entry 1 '],
      [{ projekt: ['p1'] }, 'resources must not name "projekt"; did you mean \'project\'?'],
      [{ constructor: ['p1'] }, 'resources must not name "constructor"; known are project, region'],
      [['p1'], 'resources must be an object'],
      ['p1', 'resources must be an object'],
      [null, 'resources must be an object'],
    ];
    const { apiKeys } = start();
    await apiKeys.ready();
    const app = express().use(
      '/api-keys',
      apiKeys.adminRouter({ authorize: () => ({ kind: 'admin', id: 'root' }) }),
    );
    for (const [resources, message] of rows) {
      const mount = () =>
        createApiKeys({
          ...{
            prefix: 'acme',
            scopes: { 'orders:read': 'Read orders' },
            pepper: testPepper,
            store: memoryStore(),
          },
          resources: { project: 'A project', region: 'A region' },
          ...{ plans: { free: { resources: resources as never } }, defaultPlan: 'free' },
        });
      const answer = await request(app)
        .put('/api-keys/owners/bob')
        .set('Sec-Fetch-Site', 'same-origin')
        .send({ overrides: { resources } });
      if (message === null) {
        expect(mount).not.toThrow();
        expect([resources, answer.status]).toEqual([resources, 200]);
        continue;
      }
      expect(mount).toThrow(`plans.free: ${message}`);
      expect([answer.status, answer.body.errors]).toEqual([
        400,
        // Bodies have no longer lists anywhere.
        message.includes('up to 100') && answer.body.errors[0].field === 'body'
          ? [{ field: 'body', message: 'must not contain lists of more than 100 elements' }]
          : [{ field: 'overrides', message: expect.stringContaining(message) }],
      ]);
    }
  });
});
