import { once } from 'node:events';
import { get as openRequest, type ClientRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import request from 'supertest';
import { apiKeyOf, InvalidOptionError } from 'express-api-keys';
import { memoryStore } from '../../lib/testing/index.js';
import { createInstance, scopes, testPepper, type TestInstance } from '../harness/instance.js';
import { theApp } from '../harness/the-app.js';

declare const EXPRESS_MAJOR: string;

const day = 24 * 60 * 60 * 1000;
const observe = { mode: 'observe' } as const;

/** Answers with the id of the authenticated key. */
const showKey: RequestHandler = (req, res) => {
  const { apiKey } = req as { readonly apiKey?: { readonly id: string } };
  res.json({ apiKey: apiKey?.id ?? null, hasKey: 'apiKey' in req });
};
const showError: ErrorRequestHandler = (error: Error, _req, res, _next) => {
  res.status(500).json({ error: error.message });
};

/** What was observed, a line for each kind of request. */
async function listObserved({ apiKeys }: TestInstance): Promise<readonly string[]> {
  const { items, complete } = await apiKeys.audit.as(theApp).listObserved();
  expect(complete).toBe(true);
  return items
    .map(({ method, route, code, keyId, ownerId, count }) =>
      [method, route, code, keyId ?? '-', ownerId ?? '-', count].join(' '),
    )
    .sort();
}

/** The same, once there are so many kinds: the route of a request is known when its response has ended. */
async function listObservedRoutes(instance: TestInstance, kinds: number): Promise<readonly string[]> {
  for (;;) {
    const observed = await listObserved(instance);
    if (observed.length >= kinds) return observed;
    await wait(5);
  }
}

function createApp(mount: (app: Express) => void): Express {
  const app = express();
  app.set('env', 'test');
  mount(app);
  app.use(showError);
  return app;
}

describe('a guard in observe mode', () => {
  let instance: TestInstance;
  let requireApiKey: TestInstance['apiKeys']['requireApiKey'];
  beforeEach(() => {
    instance = createInstance();
    ({ requireApiKey } = instance.apiKeys);
  });
  afterEach(() => instance.apiKeys.close());

  it('lets through what it would refuse, without the key, and counts it by key, route and reason', async () => {
    const { id, token } = await instance.key();
    const revoked = await instance.key({ ownerId: 'bob' });
    await instance.apiKeys.keys.as(theApp).revoke({ id: revoked.id });
    const app = createApp((it) => it.post('/orders/:id', requireApiKey('orders:write', observe), showKey));
    const send = (headers: Record<string, string>): request.Test =>
      request(app).post('/orders/secret-17').set(headers);

    for (const headers of [
      {},
      { 'X-API-Key': `${token.slice(0, -1)}!` },
      { 'X-API-Key': token },
      { 'X-API-Key': token },
      { 'X-API-Key': revoked.token },
      { 'X-API-Key': token, Authorization: `Bearer ${token}` },
    ]) {
      const answer = await send(headers as Record<string, string>);
      expect([answer.status, answer.body]).toEqual([200, { apiKey: null, hasKey: false }]);
      expect(Object.keys(answer.headers)).not.toEqual(
        expect.arrayContaining([expect.stringMatching(/^(www-authenticate|ratelimit.*|retry-after)$/)]),
      );
    }
    expect(await listObserved(instance)).toEqual([
      `POST /orders/:id insufficient_scope ${id} alice 2`,
      'POST /orders/:id invalid_request - - 1',
      'POST /orders/:id invalid_token - - 1',
      `POST /orders/:id key_revoked ${revoked.id} bob 1`,
      'POST /orders/:id missing_credential - - 1',
    ]);
    const { items } = await instance.apiKeys.audit.as(theApp).listAccess();
    expect(items).toEqual([]);
  });

  it('allows as always: the key, its use, its headers, and nothing is counted', async () => {
    const { id, token } = await instance.key({
      rateLimits: [{ name: 'burst', limit: 5, windowSeconds: 60 }],
    });
    const app = createApp((it) => it.get('/orders', requireApiKey('orders:read', observe), showKey));
    const answer = await request(app).get('/orders').set('X-API-Key', token).expect(200);
    expect(answer.body).toEqual({ apiKey: id, hasKey: true });
    expect(answer.headers['ratelimit']).toContain('r=4');
    expect(answer.headers['cache-control']).toBe('private');
    expect(await listObserved(instance)).toEqual([]);
  });

  it('takes from limits and credits as always, and answers no 429', async () => {
    const { id, token } = await instance.key({
      rateLimits: [{ name: 'burst', limit: 2, windowSeconds: 60 }],
      credits: { remaining: 3 },
    });
    const app = createApp((it) => it.get('/orders', requireApiKey('orders:read', observe), showKey));
    const seen: unknown[] = [];
    for (let sent = 0; sent < 4; sent += 1) {
      const answer = await request(app).get('/orders').set('X-API-Key', token).expect(200);
      seen.push([(answer.body as { apiKey: unknown }).apiKey, 'ratelimit' in answer.headers]);
    }
    expect(seen).toEqual([
      [id, true],
      [id, true],
      [null, false],
      [null, false],
    ]);
    expect(await listObserved(instance)).toEqual([`GET /orders rate_limited ${id} alice 2`]);
    expect((await instance.apiKeys.keys.as(theApp).get({ id }))?.credits?.remaining).toBe(1);
  });

  it('names the route of the handler behind a guard that is mounted for a path', async () => {
    const router = express.Router();
    router.get('/orders/:id', showKey);
    router.get('/:anything', (_req, _res, next) => next());
    const app = createApp((it) => it.use('/v1', requireApiKey.anyScope(observe), router));
    await request(app).get('/v1/orders/secret-17').expect(200);
    await request(app).get('/v1/unknown-secret-18').expect(404);
    expect(await listObservedRoutes(instance, 2)).toEqual([
      'GET /v1/* missing_credential - - 1',
      'GET /v1/orders/:id missing_credential - - 1',
    ]);
  });

  it('counts a request once, for the first guard that would have ended it', async () => {
    const app = createApp((it) => {
      it.use(requireApiKey.anyScope(observe));
      it.get('/orders', requireApiKey('orders:read', observe), showKey);
    });
    await request(app).get('/orders').expect(200);
    expect(await listObservedRoutes(instance, 1)).toEqual(['GET /orders missing_credential - - 1']);
    expect(await listObserved(instance)).toEqual(['GET /orders missing_credential - - 1']);
  });

  it('leaves the key that a guard before it has authenticated', async () => {
    const { id, token } = await instance.key();
    const app = createApp((it) => {
      it.use(requireApiKey());
      it.get('/orders', requireApiKey('orders:write', observe), showKey);
    });
    const answer = await request(app).get('/orders').set('X-API-Key', token).expect(200);
    expect(answer.body).toEqual({ apiKey: id, hasKey: true });
    await request(app).get('/orders').expect(401);
  });

  it('leaves requests without a key to the fallback, whose errors and routes are its own', async () => {
    const app = createApp((it) => {
      const guard = requireApiKey('orders:read', {
        ...observe,
        fallback: (req, res, next) => {
          if (req.query['as'] === 'error') return next(new Error('no session'));
          if (req.query['as'] === 'throw') throw new Error('thrown');
          if (req.query['as'] === 'reject') return Promise.reject(new Error('rejected')) as unknown as void;
          if (req.query['as'] === 'route') return next('route');
          if (req.query['as'] === 'answer') return void res.status(403).json({ error: 'own' });
          return next();
        },
      });
      it.get('/orders', guard, showKey);
      it.get('/orders', (_req, res) => void res.send('next route'));
    });
    const get = (as: string): request.Test => request(app).get(`/orders?as=${as}`);
    await get('').expect(200);
    await get('error').expect(500, { error: 'no session' });
    await get('throw').expect(500, { error: 'thrown' });
    await get('reject').expect(500, { error: 'rejected' });
    await get('answer').expect(403, { error: 'own' });
    await get('route').expect(200, 'next route');
    expect(await listObserved(instance)).toEqual([]);
    await request(app)
      .get('/orders')
      .set('X-API-Key', `acme_live_${'x'.repeat(65)}`)
      .expect(200);
    expect((await listObserved(instance)).length).toBe(1);
  });

  it('passes what the handlers behind it throw to the error handling of the app, once', async () => {
    const { token } = await instance.key();
    const app = createApp((it) => {
      it.get('/throws', requireApiKey('orders:read', observe), () => {
        throw new Error('of the handler');
      });
    });
    for (const key of [token, 'wrong']) {
      await request(app).get('/throws').set('X-API-Key', key).expect(500, { error: 'of the handler' });
    }
    expect(await listObserved(instance)).toEqual(['GET /throws invalid_token - - 1']);
  });

  it('does not hide a key that other code may still read', async () => {
    const hiding = createInstance({ hideCredentials: true });
    const { token } = await hiding.key();
    const app = createApp((it) => {
      it.get(
        '/orders',
        hiding.apiKeys.requireApiKey('orders:read', observe),
        (req, res) => void res.json({ key: req.headers['x-api-key'] }),
      );
    });
    await request(app).get('/orders').set('X-API-Key', token).expect(200, { key: token });
    await hiding.apiKeys.close();
  });

  it('counts as a decision for failClosed', async () => {
    const app = createApp((it) => {
      it.use(instance.apiKeys.failClosed());
      it.get('/orders', requireApiKey('orders:read', observe), showKey);
    });
    await request(app).get('/orders').expect(200);
  });
});

describe('a decision that fails in observe mode', () => {
  it('passes the request without a key, is counted, and is logged', async () => {
    const store = memoryStore();
    const instance = createInstance({ store: { ...store, find: () => Promise.reject(new Error('broken')) } });
    const app = createApp((it) => {
      it.get('/orders', instance.apiKeys.requireApiKey('orders:read', observe), showKey);
      it.get(
        '/broken/:id',
        instance.apiKeys.requireApiKey('orders:read', {
          ...observe,
          credentialFrom: ['x-broken'],
        }),
        showKey,
      );
    });
    const { token } = await instance.key();
    const answer = await request(app).get('/orders').set('X-API-Key', token).expect(200);
    expect(answer.body).toEqual({ apiKey: null, hasKey: false });
    expect((await listObserved(instance)).join()).toMatch(
      /^GET \/orders (internal_error|unavailable) - - 1$/,
    );
    expect(instance.log.join('\n')).toMatch(
      /a guard in observe mode (failed|lets requests through undecided)/,
    );
    expect(instance.log.join('\n')).not.toContain('answers 503');
    await instance.apiKeys.close();
  });

  it('passes requests before the instance is ready, where an enforcing guard answers 503', async () => {
    const instance = createInstance();
    const app = createApp((it) => {
      it.get('/observed', instance.apiKeys.requireApiKey('orders:read', observe), showKey);
      it.get('/enforced', instance.apiKeys.requireApiKey('orders:read'), showKey);
    });
    await instance.apiKeys.close();
    const token = `acme_live_${'0'.repeat(65)}`;
    await request(app).get('/enforced').set('X-API-Key', token).expect(503);
    await request(app).get('/observed').set('X-API-Key', token).expect(200);
  });
});

describe('a request that is changed behind a guard in observe mode', () => {
  it.each(['', '/', '//', '?a'])('is counted when its URL was rewritten to %j', async (rewritten) => {
    const instance = createInstance();
    const app = createApp((it) => {
      it.use(instance.apiKeys.requireApiKey('orders:read', observe), (req, res) => {
        req.url = rewritten;
        res.json({ passed: true });
      });
    });
    await request(app).get('/api').expect(200, { passed: true });
    expect(await listObservedRoutes(instance, 1)).toEqual(['GET /* missing_credential - - 1']);
    await instance.apiKeys.close();
  });

  it('is counted when middleware has taken away what tells its route', async () => {
    const instance = createInstance();
    const app = createApp((it) => {
      it.use('/api', instance.apiKeys.requireApiKey('orders:read', observe), (req, res) => {
        for (const name of ['baseUrl', 'url', 'params', 'route']) Object.assign(req, { [name]: null });
        Object.defineProperty(req, 'path', {
          get: () => {
            throw new TypeError('no path');
          },
        });
        res.json({ passed: true });
      });
    });
    await request(app).get('/api').expect(200, { passed: true });
    expect(await listObservedRoutes(instance, 1)).toEqual(['GET /api missing_credential - - 1']);
    await instance.apiKeys.close();
  });

  it('names no word of a path without a route: callers do not choose the rows of the report', async () => {
    const instance = createInstance();
    const app = createApp((it) => {
      it.use(instance.apiKeys.requireApiKey('orders:read', observe));
      it.get('/orders', showKey);
    });
    for (const word of ['one', 'two', 'three']) await request(app).get(`/${word}`).expect(404);
    await request(app).get('/orders').expect(200);
    expect(await listObservedRoutes(instance, 2)).toEqual([
      'GET /* missing_credential - - 3',
      'GET /orders missing_credential - - 1',
    ]);
    await instance.apiKeys.close();
  });
});

describe('a word of the path that callers choose', () => {
  let instance: TestInstance;
  let guard: RequestHandler;
  beforeEach(() => {
    instance = createInstance();
    guard = instance.apiKeys.requireApiKey('orders:read', observe);
  });
  afterEach(() => instance.apiKeys.close());

  const orders = express.Router().get('/orders', showKey);
  const wildcard = EXPRESS_MAJOR === '4' ? '/t/*' : '/t/*tenant';

  const mountedKinds = ['/t/:value/*', '/t/:value/orders'];
  it.each<readonly [string, readonly string[], (app: Express) => void]>([
    ['of the guard', mountedKinds, (it) => it.use('/t/:tenant', guard, orders)],
    ['of the guard, as a wildcard', ['/t/:value/:value'], (it) => it.use(wildcard, guard)],
    [
      'of a guard in front',
      mountedKinds,
      (it) => it.use('/t/:tenant', guard, express.Router().use(guard, orders)),
    ],
    [
      'of a guard in front of routers',
      mountedKinds,
      (it) => it.use('/t/:tenant', guard, express.Router().use(orders)),
    ],
  ])('is not in the report as the parameter of a mount path %s', async (_name, kinds, mount) => {
    const app = createApp(mount);
    for (const word of ['roses', 'tulips']) {
      await request(app).get(`/t/${word}/orders`);
      await request(app).get(`/t/${word}/unknown`).expect(404);
    }
    const routes = kinds.map((route) => `GET ${route} missing_credential - - ${4 / kinds.length}`);
    expect(await listObservedRoutes(instance, routes.length)).toEqual(routes);
  });

  it('is neither in the report nor in the logs as a method', async () => {
    const store = memoryStore();
    const [logging, reading] = [createInstance({ store }), createInstance({ store })];
    const { apiKeys, log } = logging;
    const app = createApp((it) => {
      // As over HTTP/2, where every token is a method.
      it.use((req, _res, next) => {
        req.method = String(req.headers['x-method']);
        next();
      });
      it.use('/enforced', apiKeys.requireApiKey('orders:read'));
      it.use('/orders', apiKeys.requireApiKey('orders:read', observe), showKey);
      it.use('/open', apiKeys.failClosed({ answer: 'forbidden' }), showKey);
    });
    for (const method of ['ROSES', 'tulips', 'constructor', 'PATCH']) {
      await request(app).get('/orders').set('X-Method', method).expect(200);
      await request(app).get('/enforced').set('X-Method', method).expect(401);
      await request(app).get('/open').set('X-Method', method).expect(403);
    }
    expect(await listObservedRoutes(logging, 2)).toEqual([
      'OTHER /orders missing_credential - - 3',
      'PATCH /orders missing_credential - - 1',
    ]);
    await apiKeys.close();
    const { items } = await reading.apiKeys.audit.as(theApp).listAccess();
    expect(items.map(({ method }) => method).sort()).toEqual(['OTHER', 'PATCH']);
    expect(log.map((line) => / about (\S+) /.exec(line)?.[1])).toEqual(['OTHER', 'PATCH']);
    await reading.apiKeys.close();
  });

  it('is one of 100 in the report where nothing tells that it fills a parameter', async () => {
    const app = createApp((it) => it.use('/t/:tenant', express.Router().use(guard, orders)));
    await request(app).get('/t/rose/orders').expect(200);
    const letters = [...'abcdefghijk'];
    for (const word of letters.flatMap((one) => letters.map((two) => one + two))) {
      await request(app).get(`/t/${word}/orders`).expect(200);
    }
    await request(app).get('/t/rose/orders').expect(200);
    const observed = await listObservedRoutes(instance, 101);
    expect(observed.length).toBe(101);
    expect(observed).toContain('GET /t/rose/orders missing_credential - - 2');
    expect(observed).toContain('GET /t/:value/orders missing_credential - - 22');
  });

  it('is not in the report where a route has a regular expression, and is where the app has written it', async () => {
    const app = createApp((it) => {
      it.get(['/orders', '/invoices/:id', '/'], guard, showKey);
      it.get(/^\/[a-z]+$/, guard, showKey);
    });
    for (const path of ['/orders', '/invoices/secret', '/', '/roses', '/tulips']) {
      await request(app).get(path).expect(200);
    }
    expect(await listObserved(instance)).toEqual([
      'GET / missing_credential - - 1',
      'GET /* missing_credential - - 2',
      'GET /invoices/* missing_credential - - 1',
      'GET /orders missing_credential - - 1',
    ]);
  });
});

describe('a request that stays open behind a guard that is mounted', () => {
  const events = express.Router().get('/orders', (_req, res) => void res.write('event: hello\n\n'));

  /** Opens a stream of events, and returns its request. */
  async function openStream(app: Express, headers: Record<string, string> = {}): Promise<ClientRequest> {
    const server = app.listen(0);
    const sent = openRequest({
      port: (server.address() as AddressInfo).port,
      path: '/events/orders',
      headers,
    });
    sent.on('close', () => server.close());
    await once(sent, 'response');
    return sent;
  }

  it('is in the report while it is open, with the time of its decision', async () => {
    const instance = createInstance();
    const guard = instance.apiKeys.requireApiKey('orders:read', observe);
    const sent = await openStream(createApp((it) => it.use('/events', guard, events)));
    const at = instance.clock.now();
    instance.clock.advance(day);
    expect(await listObservedRoutes(instance, 1)).toEqual(['GET /events/orders missing_credential - - 1']);
    const closed = once(sent, 'close');
    sent.on('error', () => undefined).destroy();
    await closed;
    const { items } = await instance.apiKeys.audit.as(theApp).listObserved();
    expect(items).toMatchObject([{ count: 1, firstAt: new Date(at), lastAt: new Date(at) }]);
    await instance.apiKeys.close();
  });

  it('is written when the instance is closed', async () => {
    const store = memoryStore();
    const [closing, other] = [createInstance({ store }), createInstance({ store })];
    await closing.apiKeys.ready();
    const guard = closing.apiKeys.requireApiKey('orders:read', observe);
    const sent = await openStream(createApp((it) => it.use('/events', guard, events)));
    await closing.apiKeys.close();
    expect(await listObserved(other)).toEqual(['GET /events/orders missing_credential - - 1']);
    sent.on('error', () => undefined).destroy();
    await other.apiKeys.close();
  });

  it('is not written after its owner was erased, or the report cleared', async () => {
    const instance = createInstance();
    const { audit, owners, requireApiKey } = instance.apiKeys;
    const { token } = await instance.key();
    const app = createApp((it) => it.use('/events', requireApiKey('orders:write', observe), events));
    const ofOwner = await openStream(app, { 'X-API-Key': token });
    await owners.as(theApp).erase({ ownerId: 'alice' });
    ofOwner.on('error', () => undefined).destroy();
    const ofNobody = await openStream(app);
    await audit.as(theApp).clearObserved();
    ofNobody.on('error', () => undefined).destroy();
    const last = await openStream(app);
    last.on('error', () => undefined).destroy();
    expect(await listObservedRoutes(instance, 1)).toEqual(['GET /events/orders missing_credential - - 1']);
    await instance.apiKeys.close();
  });

  it('is counted when its client hangs up while it is decided', async () => {
    const store = memoryStore();
    const maker = createInstance({ store });
    const { id, token } = await maker.key();
    let decide = (): void => undefined;
    const isDecidable = new Promise<void>((resolve) => (decide = resolve));
    const find: typeof store.find = async (...keys) => {
      await isDecidable;
      return store.find(...keys);
    };
    const instance = createInstance({ store: { ...store, find } });
    await instance.apiKeys.ready();
    const guard = instance.apiKeys.requireApiKey('orders:write', observe);
    const app = createApp((it) => {
      it.use((_req, res, next) => {
        res.once('close', decide);
        next();
        sent.destroy();
      });
      it.use('/events', guard, events);
    });
    const server = app.listen(0);
    const sent = openRequest({
      ...{ port: (server.address() as AddressInfo).port, path: '/events/orders' },
      headers: { 'X-API-Key': token },
    });
    sent.on('error', () => undefined);
    expect(await listObservedRoutes(instance, 1)).toEqual([`GET /events/* insufficient_scope ${id} alice 1`]);
    server.close();
    for (const { apiKeys } of [maker, instance]) await apiKeys.close();
  });
});

describe('a body that is too large for a signature in observe mode', () => {
  const size = 3_000_000;
  const signature = `id=abcdefghijklmnop,ts=${Date.now()},sig=${'a'.repeat(64)},nonce=abcdefghijklmnop`;

  it.each([
    ['in chunks', true],
    ['with its length', false],
  ] as const)('reaches the handler whole, sent %s', async (_name, isChunked) => {
    const instance = createInstance({ signatures: {}, clock: { now: () => Date.now() } });
    await instance.apiKeys.ready();
    const { requireApiKey } = instance.apiKeys;
    const app = createApp((it) => {
      it.use(requireApiKey.anyScope({ mode: 'observe', signed: 'accepted' }));
      it.post('/orders', express.raw({ limit: '50mb', type: () => true }), (req, res) => {
        const body = req.body as Buffer;
        res.json({ length: body.length, isIntact: body.equals(Buffer.alloc(size, 'x')) });
      });
    });
    const server = app.listen(0);
    const url = `http://127.0.0.1:${(server.address() as { port: number }).port}/orders`;
    // Twice, for the connection must be usable afterwards.
    for (let sent = 0; sent < 2; sent += 1) {
      const whole = Buffer.alloc(size, 'x');
      const body = isChunked ? new Blob([whole]).stream() : whole;
      const headers = { Authorization: `hmac-sha256 ${signature}` };
      const answer = await fetch(url, { method: 'POST', headers, body, duplex: 'half' } as RequestInit);
      expect([answer.status, await answer.json()]).toEqual([200, { length: size, isIntact: true }]);
    }
    expect(await listObserved(instance)).toEqual([
      expect.stringMatching(/^POST \S+ payload_too_large - - 2$/),
    ]);
    server.close();
    await instance.apiKeys.close();
  });
});

describe('enforceFrom', () => {
  it('turns a guard into one that refuses, requests without a key among them', async () => {
    const instance = createInstance();
    const enforceFrom = new Date(instance.clock.now() + day);
    const app = createApp((it) => {
      const guard = instance.apiKeys.requireApiKey('orders:read', { ...observe, enforceFrom });
      it.get('/orders', guard, showKey);
    });
    enforceFrom.setTime(instance.clock.now() + 9 * day);
    await request(app).get('/orders').expect(200);
    expect(instance.apiKeys.routes(app).observed.length).toBe(1);
    instance.clock.advance(day - 1);
    await request(app).get('/orders').expect(200);
    instance.clock.advance(1);
    const answer = await request(app).get('/orders').expect(401);
    expect(answer.headers['www-authenticate']).toContain('Bearer');
    expect(instance.apiKeys.routes(app).observed).toEqual([]);
    expect(await listObserved(instance)).toEqual(['GET /orders missing_credential - - 2']);
    await instance.apiKeys.close();
  });
});

describe('enforcePercent', () => {
  it('enforces for a share of keys, always the same ones, and more of them with a greater share', async () => {
    const instance = createInstance();
    const made = [];
    for (let index = 0; index < 40; index += 1) made.push(await instance.key());
    const shares = [0, 20, 50, 90, 100];
    const app = createApp((it) => {
      for (const enforcePercent of shares) {
        const guard = instance.apiKeys.requireApiKey('orders:write', { ...observe, enforcePercent });
        it.get(`/share-${enforcePercent}`, guard, showKey);
      }
    });
    const refused = new Map<number, readonly string[]>();
    for (const share of shares) {
      const ids: string[] = [];
      for (const { id, token } of made) {
        const { status } = await request(app).get(`/share-${share}`).set('X-API-Key', token);
        if (status === 403) ids.push(id);
        else expect(status).toBe(200);
      }
      refused.set(share, ids);
    }
    expect(refused.get(0)).toEqual([]);
    expect(refused.get(100)?.length).toBe(40);
    for (const [index, share] of shares.entries()) {
      if (index === 0) continue;
      expect(refused.get(share)).toEqual(
        expect.arrayContaining([...(refused.get(shares[index - 1]!) ?? [])]),
      );
    }
    // 40 draws: the bounds hold but for one run in a billion.
    expect(refused.get(50)!.length).toBeGreaterThan(1);
    expect(refused.get(50)!.length).toBeLessThan(39);
    await instance.apiKeys.close();
  });

  it('tells requests without a key apart by their network', async () => {
    const instance = createInstance();
    const app = createApp((it) => {
      it.set('trust proxy', 1);
      const guard = instance.apiKeys.requireApiKey('orders:read', { ...observe, enforcePercent: 50 });
      it.get('/orders', guard, showKey);
    });
    const statusOf = async (address: string): Promise<number> =>
      (await request(app).get('/orders').set('X-Forwarded-For', address)).status;
    const first: number[] = [];
    const again: number[] = [];
    for (let host = 1; host <= 40; host += 1) {
      first.push(await statusOf(`2001:db8:0:${host}::1`));
      again.push(await statusOf(`2001:db8:0:${host}::2`));
    }
    expect(again).toEqual(first);
    expect(new Set(first)).toEqual(new Set([200, 401]));
    await instance.apiKeys.close();
  });
});

describe('the option guards of createApiKeys', () => {
  it('is the default of every guard of requireApiKey, and of no other', async () => {
    const instance = createInstance({ guards: observe });
    const { apiKeys } = instance;
    const app = createApp((it) => {
      it.get('/observed', apiKeys.requireApiKey('orders:read'), showKey);
      it.get('/any', apiKeys.requireApiKey(), showKey);
      it.get('/enforced', apiKeys.requireApiKey('orders:read', { mode: 'enforce' }), showKey);
      it.use('/auth', apiKeys.forwardAuthRouter());
      it.use('/mcp', apiKeys.mcpGuard(), showKey);
      it.use('/api-keys', apiKeys.adminRouter({ authorize: () => null }));
    });
    await apiKeys.ready();
    await request(app).get('/observed').expect(200);
    await request(app).get('/any').expect(200);
    await request(app).get('/enforced').expect(401);
    await request(app).get('/auth').expect(401);
    await request(app).post('/mcp').expect(401);
    await request(app).get('/api-keys/self').expect(401);
    const verdict = await apiKeys.keys.verifyRequest({ headers: {} });
    expect(verdict.allowed).toBe(false);
    await apiKeys.close();
  });

  it('gives guards its time and its share, which each may replace', async () => {
    const enforceFrom = new Date(Date.UTC(2026, 5, 1) - 1);
    const instance = createInstance({ guards: { mode: 'observe', enforceFrom } });
    const { apiKeys, clock } = instance;
    const app = createApp((it) => {
      it.get('/enforced', apiKeys.requireApiKey('orders:read'), showKey);
      it.get('/too', apiKeys.requireApiKey('orders:read', observe), showKey);
      const later = { enforceFrom: new Date(clock.now() + day) };
      it.get('/observed', apiKeys.requireApiKey('orders:read', later), showKey);
    });
    await request(app).get('/enforced').expect(401);
    await request(app).get('/too').expect(401);
    await request(app).get('/observed').expect(200);
    await apiKeys.close();
  });
});

describe('at mount', () => {
  const instance = createInstance();
  const { requireApiKey } = instance.apiKeys;
  afterAll(() => instance.apiKeys.close());

  it.each<readonly [string, object, RegExp]>([
    ['an unknown mode', { mode: 'watch' }, /requireApiKey\.mode: takes 'enforce' or 'observe'/],
    ['a share below 0', { ...observe, enforcePercent: -1 }, /enforcePercent: takes a number from 0 to 100/],
    ['a share above 100', { ...observe, enforcePercent: 100.5 }, /a number from 0 to 100/],
    ['a share that is no number', { ...observe, enforcePercent: NaN }, /a number from 0 to 100/],
    ['an invalid date', { ...observe, enforceFrom: new Date('soon') }, /enforceFrom: takes a valid Date/],
    ['a date as text', { ...observe, enforceFrom: '2027-01-01' }, /takes a valid Date/],
    ['a date of a guard that enforces', { enforceFrom: new Date(0) }, /enforceFrom needs mode: 'observe'/],
    ['a share of one', { mode: 'enforce', enforcePercent: 5 }, /enforcePercent needs mode: 'observe'/],
  ])('%s is refused, of a guard and of the instance', (_name, options, message) => {
    expect(() => requireApiKey('orders:read', options as object)).toThrow(InvalidOptionError);
    expect(() => requireApiKey('orders:read', options as object)).toThrow(message);
    expect(() => requireApiKey.anyScope(options as object)).toThrow(message);
    expect(() => createInstance({ guards: options as object })).toThrow(InvalidOptionError);
  });

  it('is refused where it makes no sense', () => {
    expect(() => instance.apiKeys.mcpGuard(observe as object)).toThrow(/mcpGuard: unknown option "mode"/);
    expect(() => instance.apiKeys.forwardAuthRouter(observe as object)).toThrow(/unknown option "mode"/);
    const signing = createInstance({ signatures: {} });
    const signed = { ...observe, enforcePercent: 5, signed: 'accepted' } as const;
    expect(() => signing.apiKeys.requireApiKey('orders:read', signed)).toThrow(/cannot be used with signed/);
  });

  it('has the guard itself where everything is enforced', () => {
    const past = { ...observe, enforceFrom: new Date(instance.clock.now()) };
    const all = { ...observe, enforcePercent: 100 };
    for (const options of [undefined, { mode: 'enforce' } as const, past, all]) {
      expect(requireApiKey('orders:read', options).name).toBe('apiKeyGuard');
    }
    expect(requireApiKey('orders:read', observe).name).toBe('observingGuard');
  });
});

describe('in production', () => {
  const before = process.env['NODE_ENV'];
  afterEach(() => {
    process.env['NODE_ENV'] = before;
  });

  it('one line is logged for each guard, or for the instance, that does not enforce', () => {
    process.env['NODE_ENV'] = 'production';
    const guarded = createInstance();
    const enforceFrom = new Date(Date.UTC(2027, 0, 31));
    guarded.apiKeys.requireApiKey('orders:read', { ...observe, enforceFrom });
    guarded.apiKeys.requireApiKey.anyScope({ ...observe, enforcePercent: 5 });
    guarded.apiKeys.requireApiKey('orders:read');
    expect(guarded.log.map((line) => line.replace(' undefined', ''))).toEqual([
      "api-keys: not enforced, because mode is 'observe': the guard for orders:read, until 2027-01-31T00:00:00.000Z",
      "api-keys: not enforced, because mode is 'observe': the guard for any key, except for 5 % of keys",
    ]);
    const observed = createInstance({ guards: observe });
    observed.apiKeys.requireApiKey('orders:read');
    expect(observed.log.length).toBe(1);
  });
});

describe('the list of routes', () => {
  it('says which guards only observe, and does not count them unless told to', async () => {
    const { apiKeys } = createInstance();
    const app = createApp((it) => {
      it.get('/observed', apiKeys.requireApiKey('orders:read', observe), showKey);
      it.get('/both', apiKeys.requireApiKey('orders:write', observe), apiKeys.requireApiKey(), showKey);
      it.get('/guarded', apiKeys.requireApiKey('users:read'), showKey);
    });
    const report = apiKeys.routes(app);
    expect(report.routes.map(({ path, state }) => `${path} ${state}`)).toEqual([
      '/observed observed',
      '/both guarded',
      '/guarded guarded',
    ]);
    expect(report.observed.map(({ path }) => path)).toEqual(['/observed']);
    expect(report.unguarded).toEqual([]);
    expect(String(report)).toContain('requireApiKey: orders:read, not enforced');
    expect(() => apiKeys.assertAllRoutesGuarded(app)).toThrow(
      /let every request through:\n {2}GET,HEAD \/observed \(requireApiKey: orders:read, not enforced\)/,
    );
    expect(() => apiKeys.assertAllRoutesGuarded(app, { allowObserved: true })).not.toThrow();
    const document = { openapi: '3.1.0', paths: { '/observed': { get: {} }, '/guarded': { get: {} } } };
    const { paths } = report.secureDocument(document);
    expect(paths['/observed'].get).toEqual({});
    expect(paths['/guarded'].get).toHaveProperty('security');
    await apiKeys.close();
  });
});

describe('what was observed', () => {
  it('is shown to admins and to the app itself alone, and can be cleared', async () => {
    const instance = createInstance();
    const { apiKeys } = instance;
    const app = createApp((it) => {
      it.get('/orders', apiKeys.requireApiKey('orders:read', observe), showKey);
      it.use(
        '/api-keys',
        apiKeys.adminRouter({
          authorize: (req) =>
            req.headers['x-as'] === 'admin'
              ? { kind: 'admin', id: 'olga' }
              : { kind: 'owner', ownerId: 'alice' },
        }),
      );
    });
    await apiKeys.ready();
    await request(app).get('/orders').expect(200);
    const path = '/api-keys/audit/observed';
    await request(app).get(path).expect(403);
    const at = new Date(instance.clock.now()).toISOString();
    const item = { method: 'GET', route: '/orders', code: 'missing_credential', keyId: null, ownerId: null };
    await request(app)
      .get(path)
      .set('X-As', 'admin')
      .expect(200, { items: [{ ...item, count: 1, firstAt: at, lastAt: at }], complete: true });
    await request(app).get(`${path}?code=key_revoked`).set('X-As', 'admin').expect(200, {
      items: [],
      complete: true,
    });
    const audit = apiKeys.audit.as({ kind: 'admin', id: 'olga' });
    expect((await audit.listObserved({ from: new Date(instance.clock.now() + 1) })).items).toEqual([]);
    const owner = apiKeys.audit.as({ kind: 'owner', ownerId: 'alice' });
    await expect(owner.listObserved()).rejects.toMatchObject({ code: 'ERR_API_KEYS_FORBIDDEN' });
    await expect(owner.clearObserved()).rejects.toMatchObject({ code: 'ERR_API_KEYS_FORBIDDEN' });
    await audit.clearObserved();
    expect((await audit.listObserved()).items).toEqual([]);
    await apiKeys.close();
  });

  it('adds up over processes, and is erased with the owner', async () => {
    const store = memoryStore();
    const instances = [createInstance({ store }), createInstance({ store })];
    const { id, token } = await instances[0]!.key();
    for (const { apiKeys } of instances) {
      await apiKeys.ready();
      const app = createApp((it) => {
        it.get('/orders', apiKeys.requireApiKey('orders:write', observe), showKey);
      });
      await request(app).get('/orders').set('X-API-Key', token).expect(200);
      await request(app).get('/orders').expect(200);
    }
    await listObserved(instances[1]!);
    expect(await listObserved(instances[0]!)).toEqual([
      `GET /orders insufficient_scope ${id} alice 2`,
      'GET /orders missing_credential - - 2',
    ]);
    const { removed } = await instances[0]!.apiKeys.owners.as(theApp).erase({ ownerId: 'alice' });
    expect(removed.observations).toBe(1);
    expect(await listObserved(instances[0]!)).toEqual(['GET /orders missing_credential - - 2']);
    for (const { apiKeys } of instances) await apiKeys.close();
  });

  it('says that a handler that needs the key fails without one', async () => {
    const { apiKeys } = createInstance({ scopes, pepper: testPepper });
    const app = createApp((it) => {
      it.get(
        '/orders',
        apiKeys.requireApiKey('orders:read', observe),
        (req, res) => void res.json({ id: apiKeyOf(req).id }),
      );
    });
    const answer = await request(app).get('/orders').expect(500);
    expect((answer.body as { error: string }).error).toContain('no API key authenticated this request');
    await apiKeys.close();
  });
});
