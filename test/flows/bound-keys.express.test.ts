import express from 'express';
import request from 'supertest';
import { nebulaRouter } from '../../lib/dialects/index.js';
import { signRequest } from '../../lib/index.js';
import { actingAs } from '../../lib/testing/index.js';
import { createBoundInstance, kinds, type BoundInstance } from '../harness/bound-app.js';
import { makeEffective } from '../harness/make-effective.js';
import { makeOwnDatabase } from '../harness/own-database.js';
import { theApp } from '../harness/the-app.js';

const refused = 'resource_not_allowed';
const codeOf = (verdict: { allowed: true } | { allowed: false; code: string }): string =>
  verdict.allowed ? 'allowed' : verdict.code;
const open: BoundInstance[] = [];

function start(...[options]: Parameters<typeof createBoundInstance>): BoundInstance {
  const instance = createBoundInstance(options);
  open.push(instance);
  return instance;
}
afterEach(async () => {
  await Promise.all(open.splice(0).map(({ apiKeys }) => apiKeys.close()));
});

describe('a key that is bound to projects', () => {
  it('needs them to be named in keys.verify and keys.verifyRequest', async () => {
    const { apiKeys, key } = start();
    const [bound, unbound] = [await key({ project: ['p1', 'p2'] }), await key(null)];
    const outcomes: readonly [object, string][] = [
      [{}, refused],
      [{ resources: undefined }, refused],
      [{ resources: {} }, refused],
      [{ resources: { region: 'eu' } }, refused],
      [{ resources: { project: '' } }, refused],
      [{ resources: { project: [] } }, refused],
      [{ resources: { project: 1 } }, refused],
      [{ resources: { project: 'p3' } }, refused],
      [{ resources: { project: ['p1', 'p3'] } }, refused],
      [{ resources: { project: 'p1' } }, 'allowed'],
      [{ resources: { project: ['p1', 'p2'], region: 'eu' } }, 'allowed'],
      [{ resources: 'handler' }, 'allowed'],
    ];
    const headers = { 'x-api-key': bound.token };
    for (const [options, outcome] of outcomes) {
      expect([options, codeOf(await apiKeys.keys.verify({ key: bound.token, ...options }))]).toEqual([
        options,
        outcome,
      ]);
      expect([options, codeOf(await apiKeys.keys.verify({ key: unbound.token, ...options }))]).toEqual([
        options,
        'allowed',
      ]);
      expect(codeOf(await apiKeys.keys.verifyRequest({ headers }, options))).toBe(outcome);
    }
    const refusal = await apiKeys.keys.verifyRequest({ headers });
    expect(refusal).toMatchObject({ allowed: false, code: refused, status: 403 });
    const verdict = await apiKeys.keys.verify({ key: bound.token, resources: 'handler' });
    expect(verdict.allowed && verdict.apiKey.only('project')).toEqual(['p1', 'p2']);
    for (const resources of [null, 'p1', ['p1'], { projekt: 'p1' }, 7, Promise.resolve({ project: 'p1' })]) {
      await expect(apiKeys.keys.verify({ key: unbound.token, resources } as never)).rejects.toThrow(
        'keys.verify: resources: ',
      );
      await expect(apiKeys.keys.verifyRequest({ headers }, { resources } as never)).rejects.toThrow(
        'keys.verifyRequest: resources: ',
      );
    }
  });

  it('binds its access tokens, whose scopes say nothing of it', async () => {
    const { apiKeys, key } = start({ tokens: { issuer: 'https://api.acme.example' } });
    const bound = await key({ project: ['p1'] });
    const app = express().use('/oauth', apiKeys.tokenRouter());
    const issued = await request(app)
      .post('/oauth/token')
      .type('form')
      .send({ grant_type: 'client_credentials', client_id: bound.id, client_secret: bound.token })
      .expect(200);
    const { access_token: accessToken, scope } = issued.body as { access_token: string; scope: string };
    expect(scope).toBe('orders:read orders:write');
    const verify = async (resources?: object): Promise<string> =>
      codeOf(
        await apiKeys.keys.verify({ key: accessToken, ...(resources === undefined ? {} : { resources }) }),
      );
    expect([await verify(), await verify({ project: 'p1' }), await verify({ project: 'p2' })]).toEqual([
      refused,
      'allowed',
      refused,
    ]);
    await apiKeys.keys.as(theApp).update({ id: bound.id, resources: { project: ['p2'] } });
    expect([await verify({ project: 'p1' }), await verify({ project: 'p2' })]).toEqual([refused, 'allowed']);
    await apiKeys.keys.as(theApp).update({ id: bound.id, resources: null });
    expect(await verify()).toBe('allowed');
  });

  it('is inactive for a gateway that introspects it, and active for itself', async () => {
    const { apiKeys, key } = start({
      tokens: { issuer: 'https://api.acme.example', introspectionScope: 'users:read' },
    });
    const gateway = await key(null, { scopes: ['users:read'] });
    const [bound, unbound] = [await key({ project: ['p1'] }), await key(null)];
    const app = express().use('/oauth', apiKeys.tokenRouter());
    const isActive = async (token: string, { id, token: secret }: { id: string; token: string }) => {
      const form = { token, client_id: id, client_secret: secret };
      const { body } = await request(app).post('/oauth/introspect').type('form').send(form).expect(200);
      return (body as { active: boolean }).active;
    };
    expect(await isActive(unbound.token, gateway)).toBe(true);
    expect(await isActive(bound.token, gateway)).toBe(false);
    expect(await isActive(bound.token, bound)).toBe(true);
  });

  it('binds the requests that it signs, and a refused one does not use its signature up', async () => {
    const { apiKeys, key } = start({ signatures: {}, clock: { now: () => Date.now() } });
    const bound = await key({ project: ['p1'] }, { signing: 'hmac' });
    let calls = 0;
    const on = (req: express.Request): { project: string } => {
      calls += 1;
      return { project: String(req.params['id']) };
    };
    const app = express();
    app.get(
      '/plain/:id',
      apiKeys.requireApiKey('orders:read', { signed: 'required' }),
      (_req, res) => void res.json({}),
    );
    app.get(
      '/projects/:id',
      apiKeys.requireApiKey('orders:read', { signed: 'required', on }),
      (_req, res) => void res.json({}),
    );
    const send = async (path: string): Promise<number> => {
      const headers = signRequest(
        { method: 'GET', url: `http://127.0.0.1${path}` },
        { keyId: bound.id, secret: bound.token },
      );
      return (await request(app).get(path).set(headers)).status;
    };
    expect([await send('/plain/p1'), await send('/projects/p1'), await send('/projects/p2')]).toEqual([
      403, 200, 403,
    ]);
    expect(calls).toBe(2);
  });

  it('is allowed by a forward auth router that reads the project from the path, and named to the service', async () => {
    const { apiKeys, key } = start();
    const [bound, unbound] = [await key({ project: ['p1', 'a b:%'], region: ['eu'] }), await key(null)];
    const app = express().set('trust proxy', 'loopback');
    const on = (req: express.Request) => ({
      project: /^\/projects\/([^/]+)/.exec(req.path)?.[1],
      region: 'eu',
    });
    app.use('/asks', apiKeys.forwardAuthRouter({ proxy: 'nginx', on }));
    app.use('/filters', apiKeys.forwardAuthRouter({ on: 'handler' }));
    app.use('/plain', apiKeys.forwardAuthRouter());
    const ask = (path: string, token: string, uri = '/') =>
      request(app).get(path).set({ 'X-API-Key': token, 'X-Original-Method': 'GET', 'X-Original-URI': uri });
    await ask('/asks', bound.token, '/projects/p1/orders?x=1').expect(200);
    await ask('/asks', bound.token, '/projects/p2/orders').expect(403);
    await ask('/asks', bound.token, '/other').expect(403);
    await ask('/asks', unbound.token, '/projects/p2').expect(200);
    await ask('/plain', bound.token).expect(403);
    const { headers } = await ask('/filters', bound.token).expect(200);
    expect(headers['x-auth-key-resources']).toBe('project:p1 project:a%20b:%25 region:eu');
    expect((await ask('/filters', unbound.token).expect(200)).headers['x-auth-key-resources']).toBe('-');
    expect(() => apiKeys.forwardAuthRouter({ on })).toThrow('need the proxy that asks');
  });

  it('is judged once by a guard for MCP servers, whose tools may filter', async () => {
    const { apiKeys, key } = start();
    const bound = await key({ project: ['p1'] });
    let calls = 0;
    const on = (req: express.Request): { project: string } => {
      calls += 1;
      return { project: String(req.params['id']) };
    };
    const app = express();
    const answer: express.RequestHandler = (req, res) => {
      const { auth } = req as unknown as { auth: { extra: { apiKey: { only(kind: string): unknown } } } };
      res.json(auth.extra.apiKey.only('project'));
    };
    app.post('/plain', apiKeys.mcpGuard(), answer);
    app.post('/filters', apiKeys.mcpGuard({ on: 'handler', tools: { read: 'orders:read' } }), answer);
    app.post('/:id/mcp', apiKeys.mcpGuard({ on, tools: { read: 'orders:read' } }), answer);
    const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'read', arguments: {} } };
    const send = (path: string) => request(app).post(path).set('X-API-Key', bound.token).send(call);
    await send('/plain').expect(403);
    expect((await send('/filters').expect(200)).body).toEqual(['p1']);
    await send('/p1/mcp').expect(200);
    await send('/p2/mcp').expect(403);
    expect(calls).toBe(2);
  });

  it('is refused by the router of a dialect, which neither shows nor changes what it is bound to', async () => {
    const { apiKeys } = start({ tokens: { issuer: 'https://api.acme.example' } });
    await apiKeys.ready();
    const app = express();
    app.use(
      '/nebula',
      nebulaRouter(apiKeys, { verifyAccessToken: (token) => (token === 'a.b.c' ? 'alice' : null) }),
    );
    app.get(
      '/projects/:id',
      apiKeys.requireApiKey({ any: ['orders:read'] }, { on: (req) => ({ project: req.params['id'] }) }),
      (_req, res) => void res.json({}),
    );
    const as = (credential: string) =>
      request(app).get('/nebula/api-keys').set('Authorization', `Bearer ${credential}`);
    const made = await request(app)
      .post('/nebula/api-keys')
      .set('Authorization', 'Bearer a.b.c')
      .send({ name: 'CI' })
      .expect(200);
    const { key } = (made.body as { data: { key: string } }).data;
    await as(key).expect(200);
    const [{ id } = { id: '' }] = (await apiKeys.keys.as(theApp).list({ ownerId: 'alice' })).items;
    await apiKeys.keys.as(theApp).update({ id, resources: { project: ['p1'] } });
    await as(key).expect(403);
    expect(JSON.stringify((await as('a.b.c').expect(200)).body)).not.toContain('p1');
    expect((await apiKeys.keys.as(theApp).get({ id }))?.resources).toEqual({ project: ['p1'] });
    await request(app).get('/projects/p1').set('X-API-Key', key).expect(200);
    await request(app).get('/projects/p2').set('X-API-Key', key).expect(403);
  });

  it('is made by actingAs', async () => {
    const { apiKeys } = start();
    const app = express();
    app.get(
      '/projects/:id',
      apiKeys.requireApiKey('orders:read', { on: (req) => ({ project: req.params['id'] }) }),
      (_req, res) => void res.json({}),
    );
    const headers = await actingAs(apiKeys, { scopes: ['orders:read'], resources: { project: ['p1'] } });
    await request(app).get('/projects/p1').set(headers).expect(200);
    await request(app).get('/projects/p2').set(headers).expect(403);
  });
});

describe.each([
  ['SQLite', false],
  ['PostgreSQL', false],
  ['PostgreSQL', true],
] as const)('two processes on %s, with Redis: %s', (kind, hasRedis) => {
  it('act on a binding from the answer of its change on', async () => {
    const database = await makeOwnDatabase(kind);
    const redis = { client: process.env['TEST_REDIS_URL'] ?? '', keyPrefix: `bound-${Math.random()}:` };
    const make = (): BoundInstance =>
      start({
        database: database.url,
        clock: { now: () => Date.now() },
        resources: kinds,
        ...(hasRedis ? { redis } : {}),
      });
    const [one, two] = [make(), make()];
    await one.apiKeys.ready();
    await two.apiKeys.ready();
    const { id, token } = await one.key(null);
    const seen = async (project?: string): Promise<string> => {
      const input = { key: token, ...(project === undefined ? {} : { resources: { project } }) };
      return codeOf(await two.apiKeys.keys.verify(input));
    };
    expect([await seen(), await seen('p1')]).toEqual(['allowed', 'allowed']);
    const named: (Date | null)[] = [];
    for (let round = 0; round < 5; round += 1) {
      const bind = async (resources: { project: readonly string[] } | null): Promise<void> => {
        const { effectiveBy } = await makeEffective(() =>
          one.apiKeys.keys.as(theApp).update({ id, resources }),
        );
        named.push(effectiveBy);
      };
      await bind({ project: ['p1'] });
      expect([await seen(), await seen('p1'), await seen('p2')]).toEqual([refused, 'allowed', refused]);
      await bind({ project: ['p2'] });
      expect([await seen(), await seen('p1'), await seen('p2')]).toEqual([refused, refused, 'allowed']);
      await bind(null);
      expect([await seen(), await seen('p1')]).toEqual(['allowed', 'allowed']);
    }
    // A machine that stands still confirms some of them later, and no more.
    expect(named).toContain(null);
    await Promise.all(open.splice(0).map(({ apiKeys }) => apiKeys.close()));
    await database.remove();
  });
});
