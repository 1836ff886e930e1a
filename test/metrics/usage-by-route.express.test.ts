import { once } from 'node:events';
import { get as openRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { Router, type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import request from 'supertest';
import { memoryStore } from '../../lib/testing/index.js';
import { createInstance, type TestInstance } from '../harness/instance.js';
import { theApp } from '../harness/the-app.js';

const hourMs = 60 * 60 * 1_000;
const dayMs = 24 * hourMs;
const end: RequestHandler = (_req, res) => void res.json({});

let store: ReturnType<typeof memoryStore>;
let instance: TestInstance;
const others: TestInstance[] = [];
beforeEach(() => {
  store = memoryStore();
  instance = createCounting();
  // A day that begins at the time that is looked at is no part of it.
  instance.clock.advance(hourMs);
});
afterEach(() => Promise.all([instance, ...others.splice(0)].map(({ apiKeys }) => apiKeys.close())));

function createCounting(options: Parameters<typeof createInstance>[0] = {}): TestInstance {
  return createInstance({ metrics: { usageByRoute: true }, store, ...options });
}

function createApp(mount: (app: Express) => void): Express {
  const app = express();
  app.set('env', 'test');
  mount(app);
  return app;
}

const send = (app: Express, path: string, key: string): request.Test =>
  request(app).get(path).set('X-API-Key', key);

/** What was counted of a key, from another process: counts are written when the one that made them is closed. */
async function listCounted(id: string, counting: TestInstance = instance): Promise<readonly string[]> {
  await counting.apiKeys.close();
  return listStored(id);
}

async function listStored(id: string): Promise<readonly string[]> {
  const reading = createInstance({ store, clock: instance.clock });
  others.push(reading);
  const { routes = [] } = await reading.apiKeys.keys.as(theApp).usage({ id, byRoute: true });
  return routes.map(
    ({ route, counts }) =>
      `${route} ${Object.entries(counts)
        .map(([status, count]) => `${status} ${count}`)
        .join(', ')}`,
  );
}

describe('usage by route', () => {
  it('is not stored of the request that erases the owner of its key', async () => {
    const { requireApiKey, owners } = instance.apiKeys;
    const app = createApp((it) => {
      it.get('/orders', requireApiKey('orders:read'), end);
      it.delete('/account', requireApiKey('orders:read'), async (req, res) => {
        await owners.as(theApp).erase({ ownerId: req.apiKey?.ownerId ?? '' });
        res.json({});
      });
    });
    const { id, token } = await instance.key({ ownerId: 'alice' });
    const other = await instance.key({ ownerId: 'bob' });
    for (const each of [token, other.token]) expect((await send(app, '/orders', each)).status).toBe(200);
    expect((await request(app).delete('/account').set('X-API-Key', token)).status).toBe(200);
    expect(await listCounted(id)).toEqual([]);
    expect(await listStored(other.id)).toEqual(['/orders 2xx 1']);
  });

  it('is not stored of a request whose owner is erased while its credits are paid', async () => {
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    let [noteAllPaid, payments] = [(): void => undefined, 0];
    const allPaid = new Promise<void>((resolve) => (noteAllPaid = resolve));
    const spend: typeof store.credits.spend = async (...payment) => {
      const result = await store.credits.spend(...payment);
      payments += 1;
      if (payments === 2) noteAllPaid();
      await released;
      return result;
    };
    const slow = createCounting({
      store: { ...store, credits: { ...store.credits, spend } },
      clock: instance.clock,
    });
    others.push(slow);
    const app = createApp((it) => it.get('/orders', slow.apiKeys.requireApiKey('orders:read'), end));
    const credits = { remaining: 10 };
    const [alices, bobs] = [await slow.key({ credits }), await slow.key({ ownerId: 'bob', credits })];
    const answers = [alices, bobs].map(async ({ token }) => (await send(app, '/orders', token)).status);
    await allPaid;
    await slow.apiKeys.owners.as(theApp).erase({ ownerId: 'alice' });
    release();
    expect(await Promise.all(answers)).toEqual([200, 200]);
    expect(await listCounted(alices.id, slow)).toEqual([]);
    expect(await listStored(bobs.id)).toEqual(['/orders 2xx 1']);
  });

  it('has the declared route and the class of status of each answered request of a key', async () => {
    const { requireApiKey } = instance.apiKeys;
    const fail: RequestHandler = () => {
      throw new Error('the app fails');
    };
    const app = createApp((it) => {
      it.get('/orders/:id', requireApiKey('orders:read'), (req, res) => {
        if (req.params['id'] === 'missing') return void res.status(404).json({});
        if (req.params['id'] === 'moved') return res.redirect('/orders/1');
        if (req.params['id'] === 'unchanged') return void res.status(304).end();
        res.json({});
      });
      it.get('/failing', requireApiKey('orders:read'), fail);
      it.get('/users', requireApiKey('users:read'), end);
      it.get('/odd', requireApiKey('orders:read'), (_req, res) => void res.status(799).end());
    });
    const { id, token } = await instance.key();
    const { id: unused } = await instance.key();
    for (const path of ['1', '2', '3?secret=x', 'missing', 'moved', 'unchanged'])
      await send(app, `/orders/${path}`, token);
    await request(app).head('/orders/7').set('X-API-Key', token);
    expect((await send(app, '/failing', token)).status).toBe(500);
    expect((await send(app, '/users', token)).status).toBe(403);
    await send(app, '/odd', token);
    expect(await listCounted(id)).toEqual([
      '/orders/:id 2xx 4, 3xx 2, 4xx 1',
      '/failing 5xx 1',
      '/odd 5xx 1',
      '/users 4xx 1',
    ]);
    expect(await listStored(unused)).toEqual([]);
  });

  it('is of keys whose secret was valid alone, and counts a request once', async () => {
    const { requireApiKey, keys } = instance.apiKeys;
    const app = createApp((it) => {
      it.use(requireApiKey.anyScope({ allowPreflight: true }));
      it.get('/orders', requireApiKey('orders:read'), end);
      it.post('/orders', requireApiKey('orders:write'), end);
      it.options('/orders', end);
    });
    const { id, token } = await instance.key();
    const revoked = await instance.key();
    await send(app, '/orders', revoked.token);
    await keys.as(theApp).revoke({ id: revoked.id });
    expect((await send(app, '/orders', revoked.token)).status).toBe(401);
    expect((await send(app, '/orders', token)).status).toBe(200);
    expect((await request(app).post('/orders').set('X-API-Key', token)).status).toBe(403);
    expect((await request(app).options('/orders').set('X-API-Key', token)).status).toBe(200);
    const preflight = { Origin: 'https://app.example', 'Access-Control-Request-Method': 'GET' };
    expect((await request(app).options('/orders').set(preflight)).status).toBe(200);
    const wrong = `${token.slice(0, -1)}${token.endsWith('0') ? '1' : '0'}`;
    for (const key of ['junk', wrong, wrong.toLowerCase()]) await send(app, '/orders', key);
    await request(app).get('/orders');
    expect((await keys.verifyRequest({ headers: { 'x-api-key': token } }, {})).allowed).toBe(true);
    expect(await listCounted(id)).toEqual(['/orders 2xx 2, 4xx 1']);
    // In front of every route, a refusal has none.
    expect(await listStored(revoked.id)).toEqual(['/* 4xx 1', '/orders 2xx 1']);
  });

  it('names routes of routers by the path that they are mounted at, without what callers put into it', async () => {
    const { requireApiKey } = instance.apiKeys;
    const guard = requireApiKey('orders:read');
    const routes = Router().get('/orders/:id', end);
    const app = createApp((it) => {
      it.use('/v1', guard, routes);
      it.use('/tenants/:tenant', guard, routes);
      it.use('/within', Router().get('/orders/:id', guard, end).get('/', guard, end));
      it.use('/files', guard, end);
      it.get(['/several', '/ways'], guard, end);
      it.get(/^\/matched/, guard, end);
    });
    const { id, token } = await instance.key();
    for (const path of [
      ...['/v1/orders/1', '/tenants/Secret-17/orders/1', '/tenants/other/orders/2'],
      ...['/within/orders/1', '/within', '/files/a/b', '/files', '/several', '/ways', '/matched/by/words'],
    ])
      expect([path, (await send(app, path, token)).status]).toEqual([path, 200]);
    for (const path of ['/v1/nothing', '/tenants/x/nothing'])
      expect((await send(app, path, token)).status).toBe(404);
    expect([...(await listCounted(id))].sort()).toEqual([
      '/* 2xx 1',
      '/files 2xx 1',
      '/files/* 2xx 1',
      '/several 2xx 1',
      '/tenants/:value/* 4xx 1',
      '/tenants/:value/orders/:id 2xx 2',
      '/v1/* 4xx 1',
      '/v1/orders/:id 2xx 1',
      '/ways 2xx 1',
      '/within 2xx 1',
      '/within/orders/:id 2xx 1',
    ]);
  });

  it('has the route of a request that failed behind a guard in front of its router', async () => {
    const { requireApiKey } = instance.apiKeys;
    const fail: RequestHandler = () => {
      throw new Error('the app fails');
    };
    const showError: ErrorRequestHandler = (_error, _req, res, _next) => void res.status(503).end();
    const app = createApp((it) => {
      it.use(requireApiKey('orders:read'));
      it.use('/v1', Router().get('/orders/:id', fail));
      it.use('/users', Router().get('/:id', fail).get('/', fail));
      it.get('/orders/:id', end);
      it.use(showError);
    });
    const { id, token } = await instance.key();
    for (const path of ['/v1/orders/1', '/users/1', '/users'])
      expect((await send(app, path, token)).status).toBe(503);
    expect((await send(app, '/orders/1', token)).status).toBe(200);
    expect([...(await listCounted(id))].sort()).toEqual(['/* 5xx 3', '/orders/:id 2xx 1']);
  });

  it('counts a caller that was gone before the end of the answer as aborted', async () => {
    const { requireApiKey } = instance.apiKeys;
    const closed: Promise<unknown>[] = [];
    const app = createApp((it) => {
      it.get('/stream', requireApiKey('orders:read'), (_req, res) => {
        closed.push(once(res, 'close'));
        res.write('begun');
      });
    });
    const server = app.listen(0);
    await once(server, 'listening');
    try {
      const { id, token } = await instance.key();
      const { port } = server.address() as AddressInfo;
      const sent = openRequest({ port, path: '/stream', headers: { 'x-api-key': token } });
      sent.on('error', () => undefined);
      await once(sent, 'response');
      sent.destroy();
      await Promise.all(closed);
      expect(await listCounted(id)).toEqual(['/stream aborted 1']);
    } finally {
      server.close();
    }
  });

  it('stays bounded, whatever a caller with a key sends', async () => {
    const { requireApiKey } = instance.apiKeys;
    const guard = requireApiKey('orders:read');
    const app = createApp((it) => {
      it.use('/t/:tenant', Router().use(guard).get('/orders', end));
      it.use('/open', guard, end);
      it.use(guard, end);
    });
    const { id, token } = await instance.key();
    const server = app.listen(0);
    await once(server, 'listening');
    try {
      const { port } = server.address() as AddressInfo;
      const letters = (index: number): string =>
        [...index.toString(26)].map((digit) => String.fromCharCode(97 + parseInt(digit, 26))).join('');
      const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'SEARCH'];
      for (let index = 0; index < 400; index += 1) {
        const word = letters(index);
        const method = methods[index % methods.length] ?? 'GET';
        const paths = [
          `/t/${word}/orders`,
          `/t/${word}/${word}`,
          `/open/${word}`,
          `/${word}/${word}?${word}`,
        ];
        await Promise.all(
          paths.map(async (path) => {
            const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
              method,
              headers: { 'x-api-key': token },
            });
            await answer.arrayBuffer();
          }),
        );
      }
      const stored = await listCounted(id);
      expect(stored.length).toBe(101);
      expect(stored.filter((line) => line.startsWith('other '))).toEqual([
        expect.stringMatching(/^other 2xx /),
      ]);
      const counted = stored.map((line) =>
        [...line.matchAll(/\dxx (\d+)/g)].map(([, count]) => Number(count)),
      );
      expect(counted.flat().reduce((sum, count) => sum + count, 0)).toBe(1_600);
    } finally {
      server.close();
    }
  });

  it('is returned over HTTP, with byRoute, and by day', async () => {
    const { requireApiKey } = instance.apiKeys;
    const { id, token } = await instance.key();
    const app = createApp((it) => {
      it.get('/orders', requireApiKey('orders:read'), end);
    });
    await send(app, '/orders', token);
    instance.clock.advance(dayMs);
    for (let count = 0; count < 2; count += 1) expect((await send(app, '/orders', token)).status).toBe(200);
    await instance.apiKeys.close();

    const reading = createInstance({ store, clock: instance.clock });
    others.push(reading);
    await reading.apiKeys.ready();
    const admin = createApp((it) => {
      it.use(
        '/api-keys',
        reading.apiKeys.adminRouter({
          authorize: (req) => ({ kind: 'owner', ownerId: String(req.headers['x-owner']) }),
        }),
      );
    });
    const read = async (query: string, owner = 'alice'): Promise<request.Response> =>
      request(admin).get(`/api-keys/keys/${id}/usage${query}`).set('X-Owner', owner);
    expect((await read('?byRoute=true')).body).toMatchObject({
      routes: [{ route: '/orders', counts: { '2xx': 3 } }],
    });
    expect((await read('?byRoute=true&from=2026-06-02T00:30:00Z')).body).toMatchObject({
      routes: [{ route: '/orders', counts: { '2xx': 2 } }],
    });
    expect((await read('?byRoute=true&to=2026-06-02T00:00:00Z')).body).toMatchObject({
      routes: [{ route: '/orders', counts: { '2xx': 1 } }],
    });
    for (const query of ['', '?byRoute=false']) expect((await read(query)).body).not.toHaveProperty('routes');
    expect((await read('?byRoute=yes')).status).toBe(400);
    expect((await read('?byRoute=true', 'bob')).status).toBe(404);
  });

  it('is erased with its owner, also what is not written yet', async () => {
    const { requireApiKey, owners } = instance.apiKeys;
    const { id, token } = await instance.key();
    const bobs = await instance.key({ ownerId: 'bob' });
    const app = createApp((it) => {
      it.get('/orders', requireApiKey('orders:read'), end);
    });
    const earlier = createCounting({ clock: instance.clock });
    const earlierApp = createApp((it) => {
      it.get('/earlier', earlier.apiKeys.requireApiKey('orders:read'), end);
    });
    await earlier.apiKeys.ready();
    await send(earlierApp, '/earlier', token);
    await earlier.apiKeys.close();
    expect(await listStored(id)).toEqual(['/earlier 2xx 1']);

    await send(app, '/orders', token);
    await send(app, '/orders', bobs.token);
    await owners.as(theApp).erase({ ownerId: 'alice' });
    expect(await listCounted(id)).toEqual([]);
    expect(await listStored(bobs.id)).toEqual(['/orders 2xx 1']);
  });

  it('is not counted without the option: no answer is watched', async () => {
    const plain = createInstance({ store });
    others.push(plain);
    const { id, token } = await plain.key();
    const listeners: number[] = [];
    const watch: RequestHandler = (_req, res, next) => {
      const before = res.listenerCount('finish') + res.listenerCount('close');
      plain.apiKeys.requireApiKey('orders:read')(_req, res, (error) => {
        listeners.push(res.listenerCount('finish') + res.listenerCount('close') - before);
        next(error);
      });
    };
    const app = createApp((it) => it.get('/orders', watch, end));
    await send(app, '/orders', token);
    await send(app, '/orders', token);
    expect(listeners).toEqual([0, 0]);
    const usage = await plain.apiKeys.keys.as(theApp).usage({ id, byRoute: true });
    expect(usage.routes).toEqual([]);
    expect(await plain.apiKeys.keys.as(theApp).usage({ id })).not.toHaveProperty('routes');
  });
});
