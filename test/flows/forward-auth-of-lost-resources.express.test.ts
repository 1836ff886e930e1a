import express from 'express';
import request from 'supertest';
import { createApiKeys, type Actor } from '../../lib/index.js';
import { fixedClock, memoryStore } from '../../lib/testing/index.js';
import { testPepper } from '../harness/instance.js';
import { theApp } from '../harness/the-app.js';

type Kind = 'model' | 'project';

const plans = {
  pro: {},
  free: { resources: { model: ['small'] } },
  own: { resources: { project: [] } },
} as const;
const store = () => memoryStore();

function start(at = store(), setPlans: object = plans) {
  const apiKeys = createApiKeys<string, never, Kind>({
    ...{ prefix: 'acme', pepper: testPepper, bcryptCost: 8, store: at },
    clock: fixedClock(Date.UTC(2026, 5, 1)),
    logger: { warn: () => undefined, error: () => undefined },
    scopes: { 'orders:read': 'Read orders', 'keys:manage': 'Manage keys' },
    resources: { model: 'A model', project: 'A project' },
    ...{ plans: setPlans as typeof plans, defaultPlan: 'pro' },
  });
  const app = express().set('trust proxy', 'loopback');
  const on = (req: express.Request) => ({ model: req.path.slice(1), project: 'p1' });
  app.use('/auth', apiKeys.forwardAuthRouter({ on: 'handler' }));
  app.use('/asks', apiKeys.forwardAuthRouter({ proxy: 'nginx', on }));
  app.use(
    '/api-keys',
    apiKeys.adminRouter({
      managementScope: 'keys:manage',
      async authorize(req): Promise<Actor | null> {
        const actor = req.get('X-Actor');
        if (actor !== undefined) return JSON.parse(actor) as Actor;
        const key = req.get('X-API-Key') ?? '';
        const verdict = await apiKeys.keys.verify({ key, resources: 'handler' });
        return verdict.allowed ? { kind: 'key', apiKey: verdict.apiKey } : null;
      },
    }),
  );
  const manage = (method: 'post' | 'put' | 'patch', path: string, actor: object, body: object) =>
    request(app)[method](`/api-keys${path}`).set('X-Actor', JSON.stringify(actor)).send(body);
  return {
    apiKeys,
    app,
    manage,
    /** What the service behind the proxy is sent about a key, or how it is refused. */
    async forward(key: string): Promise<unknown> {
      const { status, headers, body } = await request(app).get('/auth').set('X-API-Key', key);
      return status === 200
        ? headers['x-auth-key-resources']
        : { status, ...pickRefusal(body), headers: namesIn(headers) };
    },
  };
}

const pickRefusal = ({ code, detail }: { code: string; detail: string }) => ({ code, detail });
const namesIn = (headers: object): readonly string[] =>
  Object.keys(headers).filter((name) => name.startsWith('x-auth-key-'));
const lost = (bounds: string) => ({
  ...{ status: 403, code: 'resource_not_allowed', headers: [] },
  detail: `The API key is not bound to other resources, but ${bounds} does not include what this request is about.`,
});
const byPlan = lost('the plan of its owner');
const byParent = lost('its parent or the plan of its owner');

const alice = { kind: 'owner', ownerId: 'alice' } as const;
const root = { kind: 'admin', id: 'root' } as const;
const input = { name: 'CI', scopes: ['orders:read'] };

describe('forward auth of a key of which nothing is left of a kind', () => {
  const open: ReturnType<typeof start>[] = [];
  const begin = async (...given: Parameters<typeof start>): Promise<ReturnType<typeof start>> => {
    const started = start(...given);
    open.push(started);
    await started.apiKeys.ready();
    return started;
  };
  afterEach(async () => {
    await Promise.all(open.splice(0).map(({ apiKeys }) => apiKeys.close()));
  });

  it('is refused after a demotion that leaves none of the ids that it is bound to', async () => {
    const { app, manage, forward } = await begin();
    const { body } = await manage('post', '/keys', alice, {
      ...input,
      resources: { model: ['large'] },
    }).expect(201);
    expect(await forward(body.key)).toBe('model:large');
    await manage('put', '/owners/alice', root, { plan: 'free' }).expect(200);
    expect(await forward(body.key)).toEqual(byPlan);
    // As where the app names what requests are about.
    const asked = { 'X-API-Key': body.key, 'X-Original-Method': 'GET', 'X-Original-URI': '/small' };
    await request(app).get('/asks').set(asked).expect(403);
    // The key itself can still be looked at by who holds it.
    const { body: self } = await request(app).get('/api-keys/self').set('X-API-Key', body.key).expect(200);
    expect(self.resources).toEqual({ model: [] });
    await manage('put', '/owners/alice', root, { plan: 'pro' }).expect(200);
    expect(await forward(body.key)).toBe('model:large');
  });

  it('is refused where its owner reaches none of a kind, whatever it is bound to besides', async () => {
    const { manage, forward } = await begin();
    const unbound = (await manage('post', '/keys', alice, input).expect(201)).body.key;
    const bound = (
      await manage('post', '/keys', alice, { ...input, resources: { project: ['p1'] } }).expect(201)
    ).body.key;
    expect([await forward(unbound), await forward(bound)]).toEqual(['-', 'project:p1']);
    await manage('put', '/owners/alice', root, { overrides: { resources: { model: [] } } }).expect(200);
    expect([await forward(unbound), await forward(bound)]).toEqual([byPlan, byPlan]);
    await manage('put', '/owners/alice', root, { plan: 'own', overrides: null }).expect(200);
    expect([await forward(unbound), await forward(bound)]).toEqual([byPlan, byPlan]);
    await manage('put', '/owners/alice', root, { plan: 'free', overrides: null }).expect(200);
    expect([await forward(unbound), await forward(bound)]).toEqual(['model:small', 'model:small project:p1']);
  });

  it('is refused below a parent with which it has no id in common', async () => {
    const { app, manage, forward } = await begin();
    const top = await manage('post', '/keys', root, {
      ...{ name: 'top', ownerId: 'alice', scopes: ['keys:manage', 'orders:read'] },
      resources: { project: ['p1', 'p2'] },
    }).expect(201);
    const child = await request(app)
      .post('/api-keys/keys')
      .set('X-API-Key', top.body.key)
      .send({ ...input, resources: { project: ['p1'] } })
      .expect(201);
    expect(await forward(child.body.key)).toBe('project:p1');
    await manage('patch', `/keys/${top.body.id}`, root, { resources: { project: ['p2'] } }).expect(200);
    expect([await forward(top.body.key), await forward(child.body.key)]).toEqual(['project:p2', byParent]);
  });

  it('is refused under a plan that the code no longer has', async () => {
    const at = store();
    const before = await begin(at);
    const { body } = await before.manage('post', '/keys', alice, input).expect(201);
    await before.apiKeys.owners.as(theApp).set({ ownerId: 'alice', plan: 'free' });
    await before.apiKeys.close();
    const after = await begin(at, { pro: {} });
    expect(await after.forward(body.key)).toEqual(byPlan);
  });
});
