import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, get, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import express, { type ErrorRequestHandler, type Express, type Request, type RequestHandler } from 'express';
import request from 'supertest';
import { apiKeyOf, type GuardOptions } from '../../lib/index.js';
import { createKeyFormat } from '../../lib/domain/key-format.js';
import { memoryStore } from '../../lib/testing/index.js';
import { createInstance, type TestInstance } from '../harness/instance.js';
import { theApp } from '../harness/the-app.js';
import { problemTypeOf } from '../harness/problem-type.js';

const keyFormat = createKeyFormat('acme', 'live');
let instance: TestInstance;

beforeAll(async () => {
  instance = createInstance();
  await instance.apiKeys.ready();
});

afterAll(() => instance.apiKeys.close());

/** An app whose handler says who called. */
function guarded(guard: RequestHandler, prepare?: (app: Express) => void): Express {
  const app = express();
  prepare?.(app);
  app.all('/orders', guard, (req: Request, res) => {
    res.json({ caller: req.apiKey ?? null });
  });
  return app;
}

const read = (options?: GuardOptions): RequestHandler =>
  instance.apiKeys.requireApiKey('orders:read', options);

describe('requireApiKey: which requests are authenticated', () => {
  it('accepts a key with the scope, from either header', async () => {
    const { id, token } = await instance.key();
    const app = guarded(read());
    for (const header of [
      { 'X-Api-Key': token },
      { Authorization: `Bearer ${token}` },
      { Authorization: `bearer ${token}` },
    ]) {
      const answer = await request(app).get('/orders').set(header).expect(200);
      expect(answer.body.caller).toEqual({
        id,
        ownerId: 'alice',
        name: 'CI',
        scopes: ['orders:read'],
        metadata: {},
        features: [],
        environment: 'live',
        keyspace: 'default',
        credentialId: expect.stringMatching(/^[0-9A-Za-z]{12}$/) as string,
        expiresAt: null,
        via: 'key',
      });
    }
  });

  it('guards HEAD like GET', async () => {
    const { token } = await instance.key();
    const app = guarded(read());
    await request(app).head('/orders').expect(401);
    await request(app).head('/orders').set('X-Api-Key', token).expect(200);
  });

  it.each(['orders:*', '*'] as const)('accepts a key with %s', async (scope) => {
    const { token } = await instance.key({ scopes: [scope] });
    await request(guarded(read())).get('/orders').set('X-Api-Key', token).expect(200);
  });

  it('hands handlers a frozen identity without a secret', async () => {
    const { token } = await instance.key({ metadata: { plan: { name: 'pro' } } });
    let seen: unknown;
    const app = express();
    app.get('/orders', read(), (req, res) => {
      seen = apiKeyOf(req);
      res.end();
    });
    await request(app).get('/orders').set('X-Api-Key', token).expect(200);
    expect(seen).toMatchObject({ metadata: { plan: { name: 'pro' } } });
    expect(Object.isFrozen(seen)).toBe(true);
    expect(Object.isFrozen((seen as { metadata: { plan: object } }).metadata.plan)).toBe(true);
    expect(JSON.stringify(seen)).not.toContain(token.slice(26, 60));
  });

  it('leaves out what is for shared caches where cacheHeaders is false', async () => {
    const { token } = await instance.key();
    const app = guarded(read({ cacheHeaders: false }));
    const { headers } = await request(app).get('/orders').set('X-Api-Key', token).expect(200);
    expect(headers['cache-control']).toBeUndefined();
    expect(headers['vary']).toBeUndefined();
    const refused = await request(app).get('/orders').expect(401);
    expect(refused.headers['cache-control']).toBe('no-store');
  });

  it('passes an error that it can no longer answer to the app, and ends nothing', async () => {
    const store = memoryStore();
    const away = (): Promise<never> =>
      new Promise((_, reject) => setTimeout(() => reject(new Error('away')), 40));
    const slow = createInstance({ store: { ...store, find: away } });
    await slow.apiKeys.ready();
    const { token } = await slow.key();
    const errors: unknown[] = [];
    const app = express();
    // As a timeout of the app does.
    app.use((_req, res, next) => {
      setTimeout(() => res.status(504).end('too late'), 10);
      next();
    });
    app.get('/orders', slow.apiKeys.requireApiKey('orders:read'));
    const noteError: ErrorRequestHandler = (error, _req, _res, _next) => void errors.push(error);
    app.use(noteError);
    await request(app).get('/orders').set('X-Api-Key', token).expect(504);
    while (errors.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(errors[0]).toMatchObject({ code: 'ERR_HTTP_HEADERS_SENT' });
    await slow.apiKeys.close();
  });

  it('keeps shared caches off and says what answers depend on, unless the handler says otherwise', async () => {
    const { token } = await instance.key();
    const answer = await request(guarded(read())).get('/orders').set('X-Api-Key', token);
    expect(answer.headers['cache-control']).toBe('private');
    expect(answer.headers['vary']).toBe('x-api-key, authorization');

    const app = express();
    app.get('/orders', read(), (_req, res) => {
      res.set('Cache-Control', 'public, max-age=60').vary('Accept').end();
    });
    const own = await request(app).get('/orders').set('X-Api-Key', token);
    const everywhere = guarded(read(), (it) =>
      it.use((_req, res, next) => void (res.set('Cache-Control', 'public, max-age=60'), next())),
    );
    const before = await request(everywhere).get('/orders').set('X-Api-Key', token);
    expect(before.headers['cache-control']).toBe('private');
    expect(own.headers['cache-control']).toBe('public, max-age=60');
    expect(own.headers['vary']).toBe('x-api-key, authorization, Accept');
  });
});

describe('requireApiKey: 401', () => {
  it('asks for a key without calling it an error', async () => {
    const answer = await request(guarded(read())).get('/orders').expect(401);
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="acme"');
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.body).toEqual({
      type: problemTypeOf('missing_credential'),
      title: 'API key required',
      status: 401,
      detail: 'Send an API key as x-api-key: <key> or Authorization: Bearer <key>.',
      code: 'missing_credential',
    });
  });

  it('answers malformed, unknown and wrong keys alike, byte for byte, and foreign ones but for their environment', async () => {
    const { token } = await instance.key();
    const other = await instance.key();
    const foreign = createInstance({ environment: 'test' });
    const { token: foreignToken } = await foreign.key();
    const unknown = createInstance();
    const { token: unknownToken } = await unknown.key();
    const wrong = crossed(token, other.token);
    const app = guarded(read());
    const answers = [];
    for (const credential of ['junk', token.slice(0, -1), `${token}x`, unknownToken, wrong]) {
      const answer = await request(app).get('/orders').set('X-Api-Key', credential).expect(401);
      const { date: _date, ...headers } = answer.headers;
      answers.push({ headers, text: answer.text });
    }
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(answers[0]?.headers['www-authenticate']).toBe('Bearer realm="acme", error="invalid_token"');
    expect(JSON.parse(answers[0]?.text ?? '')).toMatchObject({ code: 'invalid_token' });
    const { body } = await request(app).get('/orders').set('X-Api-Key', foreignToken).expect(401);
    const detail = expect.stringContaining('for the environment test') as string;
    expect(body).toEqual({ ...(JSON.parse(answers[0]?.text ?? '') as object), detail });
    await foreign.apiKeys.close();
    await unknown.apiKeys.close();
  });

  it('tells the state of a key only to who holds its secret', async () => {
    const { id, token } = await instance.key();
    const other = await instance.key();
    await instance.apiKeys.keys.as(theApp).revoke({ id });
    const app = guarded(read());
    const holder = await request(app).get('/orders').set('X-Api-Key', token).expect(401);
    expect(holder.body.code).toBe('key_revoked');
    const guesser = await request(app)
      .get('/orders')
      .set('X-Api-Key', crossed(token, other.token))
      .expect(401);
    expect(guesser.body.code).toBe('invalid_token');
  });

  it('decides the state again in every request', async () => {
    const { id, token } = await instance.key({ expiresAt: new Date(instance.clock.now() + 1_000) });
    const app = guarded(read());
    const code = async (): Promise<string> =>
      (await request(app).get('/orders').set('X-Api-Key', token)).body.code as string;

    expect(await code()).toBeUndefined();
    await instance.apiKeys.keys.as(theApp).update({ id, enabled: false });
    expect(await code()).toBe('key_disabled');
    await instance.apiKeys.keys.as(theApp).update({ id, enabled: true });
    expect(await code()).toBeUndefined();
    instance.clock.advance(999);
    expect(await code()).toBeUndefined();
    instance.clock.advance(1);
    expect(await code()).toBe('key_expired');
    await instance.apiKeys.keys.as(theApp).update({ id, expiresAt: null });
    expect(await code()).toBeUndefined();
    const { key: next } = await instance.apiKeys.keys.as(theApp).rotate({ id });
    expect(await code()).toBe('secret_rotated');
    await request(app).get('/orders').set('X-Api-Key', next).expect(200);
  });

  it('can hide the state even from the holder', async () => {
    const hiding = createInstance({ refusals: { opaque: true } });
    const { id, token } = await hiding.key();
    await hiding.apiKeys.keys.as(theApp).revoke({ id });
    const app = guarded(hiding.apiKeys.requireApiKey('orders:read'));
    const revoked = await request(app).get('/orders').set('X-Api-Key', token).expect(401);
    const junk = await request(app).get('/orders').set('X-Api-Key', 'junk').expect(401);
    expect(revoked.text).toBe(junk.text);
    expect(revoked.headers['www-authenticate']).toBe(junk.headers['www-authenticate']);
    await hiding.apiKeys.close();
  });

  it.each(['/orders?api_key=', '/orders?access_token=', '/orders?x-api-key='])(
    'does not read keys from a URL: %s',
    async (path) => {
      const { token } = await instance.key();
      await request(guarded(read())).get(`${path}${token}`).expect(401);
    },
  );
});

describe('requireApiKey: 400, 403, 405, 431', () => {
  it('refuses two credentials, even if they are the same', async () => {
    const { token } = await instance.key();
    const answer = await request(guarded(read()))
      .get('/orders')
      .set('X-Api-Key', token)
      .set('Authorization', `Bearer ${token}`)
      .expect(400);
    expect(answer.body.code).toBe('invalid_request');
    expect(answer.headers['www-authenticate']).toContain('error="invalid_request"');
  });

  it('names the scope that is missing', async () => {
    const { token } = await instance.key();
    const answer = await request(guarded(instance.apiKeys.requireApiKey('orders:write')))
      .post('/orders')
      .set('X-Api-Key', token)
      .expect(403);
    expect(answer.body).toMatchObject({
      code: 'insufficient_scope',
      detail: 'This API key lacks orders:write.',
      requiredScopes: ['orders:write'],
      missingScopes: ['orders:write'],
    });
    expect(answer.headers['www-authenticate']).toBe(
      'Bearer realm="acme", error="insufficient_scope", scope="orders:write"',
    );
  });

  it.each([
    [['orders:read'], 403],
    [['orders:write'], 403],
    [['orders:read', 'orders:write'], 200],
    [['orders:*'], 200],
    [[], 403],
  ] as const)('{ all }: a key with %j gets %d', async (held, status) => {
    const { token } = await instance.key({ scopes: held });
    const app = guarded(instance.apiKeys.requireApiKey({ all: ['orders:read', 'orders:write'] }));
    await request(app).get('/orders').set('X-Api-Key', token).expect(status);
  });

  it.each([
    [['orders:read'], 200],
    [['orders:write'], 200],
    [['users:read'], 403],
    [[], 403],
  ] as const)('{ any }: a key with %j gets %d', async (held, status) => {
    const { token } = await instance.key({ scopes: held });
    const app = guarded(instance.apiKeys.requireApiKey({ any: ['orders:read', 'orders:write'] }));
    await request(app).get('/orders').set('X-Api-Key', token).expect(status);
  });

  it('without an argument allows every valid key and no other', async () => {
    const { id, token } = await instance.key({ scopes: [] });
    const app = guarded(instance.apiKeys.requireApiKey());
    await request(app).get('/orders').set('X-Api-Key', token).expect(200);
    await request(app).get('/orders').expect(401);
    await request(app).get('/orders').set('X-Api-Key', `${token}x`).expect(401);
    await instance.apiKeys.keys.as(theApp).revoke({ id });
    await request(app).get('/orders').set('X-Api-Key', token).expect(401);
  });

  it('anyScope accepts every valid key and no other', async () => {
    const { token } = await instance.key({ scopes: [] });
    const app = guarded(instance.apiKeys.requireApiKey.anyScope());
    await request(app).get('/orders').set('X-Api-Key', token).expect(200);
    await request(app).get('/orders').expect(401);
  });

  it('asks for scopes by method, and refuses methods that are not named', async () => {
    const { token } = await instance.key();
    const app = express();
    app.use(
      '/orders',
      instance.apiKeys.requireApiKey({ GET: 'orders:read', POST: { all: ['orders:read', 'orders:write'] } }),
    );
    app.use('/orders', (_req, res) => void res.end('handled'));
    const as = (method: 'get' | 'head' | 'post' | 'delete' | 'options') =>
      request(app)[method]('/orders/7').set('X-Api-Key', token);

    await as('get').expect(200);
    await as('head').expect(200);
    expect((await as('post').expect(403)).body.missingScopes).toEqual(['orders:write']);
    const refused = await as('delete').expect(405);
    expect(refused.headers['allow']).toBe('GET, POST, HEAD');
    expect(refused.body.code).toBe('method_not_allowed');
    await as('options').expect(405);
  });

  it.each([
    [1_000, undefined],
    [100, 100],
  ])(
    'refuses %d header lines, behind which others may have been dropped (limit %s)',
    async (lines, limit) => {
      const { token } = await instance.key();
      const server = guarded(read()).listen(0);
      if (limit !== undefined) server.maxHeadersCount = limit;
      const { port } = server.address() as AddressInfo;
      const socket = connect(port, '127.0.0.1');
      socket.write(
        `GET /orders HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Api-Key: ${token}\r\n${'a:\r\n'.repeat(lines)}\r\n`,
      );
      const answer = await text(socket);
      server.close();
      expect(answer).toMatch(/^HTTP\/1.1 431 /);
      expect(answer).toContain('"code":"too_many_headers"');
    },
  );
});

describe('requireApiKey: the grammar of Authorization', () => {
  it('reads a key behind several blanks, and beside a scheme without one', async () => {
    const { token } = await instance.key();
    const app = guarded(read());
    await request(app).get('/orders').set('Authorization', `Bearer  ${token}`).expect(200);
    await request(app).get('/orders').set({ Authorization: 'Bearer', 'X-Api-Key': token }).expect(200);
  });
});

describe('requireApiKey: a string that cannot be a key', () => {
  /** The codes and details of `invalid_token` for some strings, in the two headers. */
  const answersTo = async (app: Express, values: readonly string[]): Promise<readonly string[]> => {
    const details: string[] = [];
    for (const value of values) {
      const { body } = await request(app).get('/orders').set('Authorization', `Bearer ${value}`).expect(401);
      const inHeader = await request(app).get('/orders').set('X-Api-Key', value).expect(401);
      expect(inHeader.body).toEqual(body);
      expect(body.code).toBe('invalid_token');
      details.push(body.detail as string);
    }
    return details;
  };

  const mistakesIn = (token: string): readonly string[] => [
    `"${token}"`,
    `Bearer ${token}`,
    'undefined',
    '$KEY',
    'acme_live_...abcd',
  ];

  it.each([undefined, { opaque: true }])(
    'is answered with the mistake in it, whether the key in it exists or not (refusals %j)',
    async (refusals) => {
      const fresh = createInstance({ refusals, environments: ['live', 'test'], environment: 'live' });
      try {
        const app = guarded(fresh.apiKeys.requireApiKey('orders:read'));
        const existing = await fresh.key();
        const revoked = await fresh.key();
        await fresh.apiKeys.keys.as(theApp).revoke({ id: revoked.id });
        const absent = keyFormat.compose('0'.repeat(16), '0'.repeat(43));
        const details = await answersTo(app, mistakesIn(existing.token));
        expect(await answersTo(app, mistakesIn(revoked.token))).toEqual(details);
        expect(await answersTo(app, mistakesIn(absent))).toEqual(details);
        const [unknown, nonsense] = await answersTo(app, [absent, 'nonsense']);
        expect(unknown).toBe(nonsense);
        expect(new Set([...details, unknown]).size).toBe(6);
        expect(details.join()).not.toMatch(/abcd|KEY\b/);
      } finally {
        await fresh.apiKeys.close();
      }
    },
  );

  it('says which environment a key is for, without looking for it', async () => {
    const stores = { environments: ['live', 'test'], environment: 'live' };
    const fresh = createInstance(stores);
    try {
      const made = await fresh.key({ environment: 'test' });
      const absent = createKeyFormat('acme', 'test').compose('0'.repeat(16), '0'.repeat(43));
      const app = guarded(fresh.apiKeys.requireApiKey('orders:read'));
      const details = await answersTo(app, [made.token, absent]);
      expect(new Set(details).size).toBe(1);
      expect(details[0]).toContain('for the environment test');
    } finally {
      await fresh.apiKeys.close();
    }
  });

  it('is a missing key when it is empty, and the answer says that a header is there', async () => {
    const app = guarded(read());
    for (const [name, value] of [
      ['Authorization', 'Bearer'],
      ['X-Api-Key', ''],
    ] as const) {
      const { body } = await request(app).get('/orders').set(name, value).expect(401);
      expect(body.code).toBe('missing_credential');
      expect(body.detail).toMatch(/^A header for API keys was sent without one/);
    }
    const { body } = await request(app).get('/orders').expect(401);
    expect(body.detail).toMatch(/^Send an API key as /);
  });

  it('is explained to an onRefusal function and to the error handling of the app', async () => {
    const details: unknown[] = [];
    const own = guarded(
      instance.apiKeys.requireApiKey('orders:read', {
        onRefusal: (refusal, _req, res) => {
          details.push(refusal.detail);
          res.status(refusal.status).end();
        },
      }),
    );
    await request(own).get('/orders').set('X-Api-Key', 'undefined').expect(401);
    expect(details).toEqual([expect.stringContaining('missing value')]);
  });
});

describe('requireApiKey: addresses', () => {
  const answerTo = async (
    prepare: (app: Express) => void,
    headers: Record<string, string>,
    ipAllowlist: readonly string[] = ['203.0.113.0/24'],
  ) => {
    const { token } = await instance.key({ ipAllowlist });
    return request(guarded(read(), prepare)).get('/orders').set('X-Api-Key', token).set(headers);
  };

  it('ignores forwarded addresses unless the app trusts its proxy', async () => {
    const answer = await answerTo(() => undefined, { 'X-Forwarded-For': '203.0.113.9' });
    expect(answer.status).toBe(403);
    expect(answer.body.code).toBe('address_not_allowed');
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="acme"');
  });

  it('accepts the peer itself when it is on the list', async () => {
    const answer = await answerTo(() => undefined, {}, ['127.0.0.0/8', '::1']);
    expect(answer.status).toBe(200);
  });

  it.each([
    ['203.0.113.9', 200],
    ['198.51.100.1, 203.0.113.9', 200],
    ['203.0.113.9, 198.51.100.1', 403],
    ['::ffff:203.0.113.9', 200],
    ['203.0.113.9:443', 200],
    ['198.51.100.1:443', 403],
    ['198.51.100.1:443, 203.0.113.9:443', 200],
    ['203.0.113.9:443, 198.51.100.1:443', 403],
    ['[::ffff:203.0.113.9]', 200],
    ['[::ffff:203.0.113.9]:443', 200],
    ['[203.0.113.9]', 403],
    ['[203.0.113.9', 403],
    ['203.0.113.9:', 403],
    ['203.0.113.9:123456', 403],
    ['unknown', 403],
    ['203.0.113.9,', 403],
    ['', 403],
  ])('behind one proxy, believes its entry: %s gets %d', async (forwarded, status) => {
    const answer = await answerTo((app) => app.set('trust proxy', 1), { 'X-Forwarded-For': forwarded });
    expect(answer.status).toBe(status);
  });

  it('refuses when a trusted proxy forwards no address', async () => {
    const answer = await answerTo((app) => app.set('trust proxy', 1), {}, ['127.0.0.0/8', '::1']);
    expect(answer.status).toBe(403);
  });

  it('finds the caller behind proxies that write ports, and never takes a proxy for the caller', async () => {
    const trusting = (app: Express) => app.set('trust proxy', ['127.0.0.0/8', '10.0.0.0/8']);
    const through = async (forwarded: string, ipAllowlist: string) =>
      (await answerTo(trusting, { 'X-Forwarded-For': forwarded }, [ipAllowlist])).status;
    expect(await through('203.0.113.9:1, 10.0.0.1:2', '203.0.113.0/24')).toBe(200);
    expect(await through('203.0.113.9, 10.0.0.1:2, 10.0.0.2', '203.0.113.0/24')).toBe(200);
    expect(await through('203.0.113.9:1, 198.51.100.1:3, 10.0.0.1:2', '203.0.113.0/24')).toBe(403);
    // The address of a proxy is that of everybody behind it.
    expect(await through('198.51.100.1, 10.0.0.1:2', '10.0.0.0/8')).toBe(403);
  });

  it('reads X-Forwarded-For on a Unix socket, where only the proxy knows the address', async () => {
    const { token } = await instance.key({ ipAllowlist: ['203.0.113.0/24'] });
    const app = guarded(read(), (each) => each.set('trust proxy', 1));
    const folder = await mkdtemp(join(tmpdir(), 'socket-'));
    const socketPath = join(folder, 'app.sock');
    const server = createServer(app).listen(socketPath);
    try {
      await once(server, 'listening');
      const statusFor = async (headers: Record<string, string>): Promise<number | undefined> => {
        const sent = get({ socketPath, path: '/orders', headers: { 'X-Api-Key': token, ...headers } });
        const [answer] = (await once(sent, 'response')) as [IncomingMessage];
        answer.resume();
        return answer.statusCode;
      };
      expect(await statusFor({ 'X-Forwarded-For': '203.0.113.9' })).toBe(200);
      expect(await statusFor({ 'X-Forwarded-For': '198.51.100.1' })).toBe(403);
      expect(await statusFor({})).toBe(403);
      expect(await statusFor({ 'X-Forwarded-For': 'unknown' })).toBe(403);
      for (const trust of [false, 'loopback']) {
        app.set('trust proxy', trust);
        expect(await statusFor({ 'X-Forwarded-For': '203.0.113.9' })).toBe(403);
      }
    } finally {
      server.closeAllConnections();
      server.close();
      await rm(folder, { recursive: true });
    }
  });

  it("warns once of X-Forwarded-For without 'trust proxy', with a code and a link", async () => {
    const fresh = createInstance();
    try {
      const { token } = await fresh.key({ ipAllowlist: ['203.0.113.0/24'] });
      const app = guarded(fresh.apiKeys.requireApiKey('orders:read'));
      for (let round = 0; round < 2; round += 1) {
        await request(app)
          .get('/orders')
          .set({ 'X-Api-Key': token, 'X-Forwarded-For': '203.0.113.9' })
          .expect(403);
      }
      const lines = fresh.log.filter((line) => line.includes('UNEXPECTED_X_FORWARDED_FOR'));
      expect(lines).toHaveLength(1);
      expect(lines[0]).toContain('docs/production/behind-a-proxy.md#trust-proxy');
    } finally {
      await fresh.apiKeys.close();
    }
  });

  it.each([
    [1, {}, 'the trusted proxy sent no X-Forwarded-For'],
    [1, { 'X-Forwarded-For': 'unknown' }, 'X-Forwarded-For has something else'],
    [false, {}, null],
  ])("says once why an address is unknown ('trust proxy' %j, %j)", async (trust, headers, reason) => {
    const fresh = createInstance();
    try {
      const { token } = await fresh.key({ ipAllowlist: ['203.0.113.0/24'] });
      const app = guarded(fresh.apiKeys.requireApiKey('orders:read'), (each) =>
        each.set('trust proxy', trust),
      );
      for (let round = 0; round < 2; round += 1) {
        await request(app)
          .get('/orders')
          .set({ 'X-Api-Key': token, ...headers })
          .expect(403);
      }
      const lines = fresh.log.filter((line) => line.includes('ADDRESS_UNKNOWN'));
      expect(lines).toHaveLength(reason === null ? 0 : 1);
      if (reason !== null) expect(lines[0]).toContain(reason);
    } finally {
      await fresh.apiKeys.close();
    }
  });

  it("refuses while 'trust proxy' is true, and warns once", async () => {
    const before = instance.log.length;
    for (let round = 0; round < 2; round += 1) {
      const answer = await answerTo((app) => app.set('trust proxy', true), {
        'X-Forwarded-For': '203.0.113.9',
      });
      expect(answer.status).toBe(403);
    }
    expect(instance.log.slice(before).filter((line) => line.includes('trust proxy'))).toHaveLength(1);
  });

  it.each<[string, unknown]>([
    ['a function that trusts everybody', () => true],
    ['an async function, whose promise is trust to Express', async () => false],
    [
      'a function that trusts everybody behind the first proxy',
      (_: string, hop: number) => hop > 0 || _ !== '',
    ],
    ['an endless number of hops', Infinity],
    ['more hops than there are proxies', 1_000],
    ['both halves of IPv4', ['0.0.0.0/1', '128.0.0.0/1']],
    ['one half of IPv4', 'loopback, 0.0.0.0/1'],
    ['a quarter of IPv4 that has no reserved addresses', 'loopback, 64.0.0.0/2'],
    ['all of IPv6 that is in use', 'loopback, 2000::/3'],
    ['what is assigned of IPv6', ['loopback', '2400::/6', '2800::/5', '2003::/16']],
    ['the IPv6 networks of three registries', ['loopback', '2600::/12', '2a00::/12', '2400::/12']],
    ['the IPv6 network of one registry', 'loopback, 2a00::/12'],
    ['the whole of IPv4, written in IPv6', 'loopback, ::ffff:0:0/96'],
  ])("P11: no caller chooses an address by 'trust proxy' set to %s", async (_, setting) => {
    for (const forwarded of ['203.0.113.9', '203.0.113.9, 192.0.2.7', '203.0.113.9, 1.1.1.1, 9.9.9.9']) {
      const answer = await answerTo((app) => app.set('trust proxy', setting), {
        'X-Forwarded-For': forwarded,
      });
      expect(answer.status).toBe(403);
    }
  });

  it.each<[string, unknown]>([
    ['three hops', 3],
    ['ten hops', 10],
    ['the named ranges', 'loopback, linklocal, uniquelocal'],
    ['a network of a cloud', ['127.0.0.1', '::1', '13.32.0.0/12', '2600:9000::/28']],
    [
      'networks of several clouds',
      'loopback, 2606:4700::/32, 2a06:98c0::/29, 2600:1f00::/24, 2603:1000::/24',
    ],
    [
      'a function that counts hops or knows its proxies',
      (address: string, hop: number) => hop < 1 || address === '10.0.0.1',
    ],
  ])("P11: 'trust proxy' set to %s is believed", async (_, setting) => {
    const answer = await answerTo((app) => app.set('trust proxy', setting), {
      'X-Forwarded-For': '203.0.113.9',
    });
    expect(answer.status).toBe(200);
  });

  it("refuses keys with a list, and no others, while a 'trust proxy' function throws", async () => {
    const prepare = (app: Express): void =>
      void app.set('trust proxy', () => {
        throw new Error('odd');
      });
    expect((await answerTo(prepare, {}, ['127.0.0.0/8'])).status).toBe(500);
    const { token } = await instance.key();
    await request(guarded(read(), prepare)).get('/orders').set('X-Api-Key', token).expect(200);
  });

  it('asks keys without a list for no address', async () => {
    const { token } = await instance.key();
    const app = guarded(read(), (it) => it.set('trust proxy', true));
    await request(app).get('/orders').set('X-Api-Key', token).expect(200);
  });
});

describe('requireApiKey: fitting in', () => {
  it('fallback takes what carries no key of ours, and nothing else', async () => {
    const { id, token } = await instance.key();
    const app = guarded(read({ fallback: (_req, res) => void res.status(299).end('session') }));
    await request(app).get('/orders').expect(299);
    await request(app).get('/orders').set('Authorization', 'Bearer eyJhbGciOiJIUzI1NiJ9.e30.x').expect(299);
    await request(app).get('/orders').set('X-Api-Key', token).expect(200);
    await request(app).get('/orders').set('X-Api-Key', `${token}x`).expect(401);
    await instance.apiKeys.keys.as(theApp).revoke({ id });
    await request(app).get('/orders').set('X-Api-Key', token).expect(401);
  });

  it('takes what only has a then for the promise of a fallback', async () => {
    // Such an object starts its work when its then is called, as those of query builders do.
    const lazy = request(express().use((_req, res) => void res.end())).get('/');
    expect(lazy).not.toBeInstanceOf(Promise);
    const answering = ((_req, res) => (res.status(299).end('session'), lazy)) as RequestHandler;
    await request(guarded(read({ fallback: answering })))
      .get('/orders')
      .expect(299);
  });

  it('a fallback that rejects goes to the error handling of the app, and kills nobody', async () => {
    const app = guarded(
      read({ fallback: (() => Promise.reject(new Error('session store down'))) as RequestHandler }),
    );
    app.use(((error, _req, res, _next) => {
      res.status(502).end(String(error.message));
    }) as express.ErrorRequestHandler);
    const answer = await request(app).get('/orders').expect(502);
    expect(answer.text).toBe('session store down');
    expect(answer.headers['vary']).toBe('x-api-key, authorization');
  });

  it("onRefusal 'next' passes an error with all that an answer needs", async () => {
    const app = guarded(read({ onRefusal: 'next' }));
    let seen: unknown;
    app.use(((error, _req, res, _next) => {
      seen = error;
      res.status(error.status).set(error.headers).json({ own: error.problem });
    }) as express.ErrorRequestHandler);
    const answer = await request(app).get('/orders').expect(401);
    expect(answer.body).toEqual({ own: 'missing_credential' });
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="acme"');
    expect(seen).toMatchObject({
      code: 'ERR_API_KEYS_MISSING_CREDENTIAL',
      status: 401,
      statusCode: 401,
      expose: true,
    });
  });

  it("Express' own error handling answers a passed refusal with its status", async () => {
    const app = guarded(read({ onRefusal: 'next' }));
    app.set('env', 'test');
    const answer = await request(app).get('/orders').expect(401);
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="acme"');
  });

  it('onRefusal as a function answers itself', async () => {
    const app = guarded(
      read({
        onRefusal: (refusal, _req, res) => {
          res
            .status(refusal.status)
            .set(refusal.headers)
            .json({ code: refusal.code, detail: refusal.detail });
        },
      }),
    );
    const answer = await request(app).get('/orders').expect(401);
    expect(answer.body).toEqual({
      code: 'missing_credential',
      detail: 'Send an API key as x-api-key: <key> or Authorization: Bearer <key>.',
    });
  });

  it('an onRefusal that throws or rejects lets no request through', async () => {
    for (const onRefusal of [
      () => {
        throw new Error('mine');
      },
      () => Promise.reject(new Error('mine')),
    ]) {
      const app = guarded(read({ onRefusal }));
      app.use(((_error, _req, res, _next) => void res.status(500).end()) as express.ErrorRequestHandler);
      await request(app).get('/orders').expect(500);
    }
  });

  it('lets preflights pass only where that was asked for', async () => {
    const preflight = (guard: RequestHandler) =>
      request(guarded(guard))
        .options('/orders')
        .set('Origin', 'https://app.example')
        .set('Access-Control-Request-Method', 'GET');
    await preflight(read()).expect(401);
    await preflight(read({ allowPreflight: true })).expect(200);
    await request(guarded(read({ allowPreflight: true })))
      .options('/orders')
      .expect(401);
  });

  it('reads one header only where that was asked for', async () => {
    const { token } = await instance.key();
    const app = guarded(read({ credentialFrom: ['x-acme-key'] }));
    await request(app)
      .get('/orders')
      .set('X-Acme-Key', token)
      .set('Authorization', 'Bearer session')
      .expect(200);
    const answer = await request(app).get('/orders').set('X-Api-Key', token).expect(401);
    expect(answer.headers['www-authenticate']).toBe('ApiKey realm="acme", header="x-acme-key"');
    expect(answer.headers['vary']).toBe('x-acme-key');
  });

  it('can take the key out of the request', async () => {
    const hiding = createInstance({ hideCredentials: true });
    const { token } = await hiding.key();
    const app = express();
    app.get('/orders', hiding.apiKeys.requireApiKey('orders:read'), (req, res) => {
      res.json([req.headers, req.rawHeaders, req.headersDistinct]);
    });
    const answer = await request(app)
      .get('/orders')
      .set('X-Api-Key', token)
      .set('X-Other', 'kept')
      .expect(200);
    expect(answer.text).not.toContain(token);
    expect(answer.text).toContain('kept');
    await hiding.apiKeys.close();
  });

  it('takes a key that an earlier guard has hidden and another one for two', async () => {
    const hiding = createInstance({ hideCredentials: true });
    const [one, other] = [await hiding.key(), await hiding.key()];
    const app = express();
    app.use(hiding.apiKeys.requireApiKey.anyScope({ credentialFrom: ['x-api-key'] }));
    app.get('/orders', hiding.apiKeys.requireApiKey('orders:read'), (_req, res) => void res.end());
    const send = () => request(app).get('/orders').set('X-Api-Key', one.token);
    await send().expect(200);
    await send().set('Authorization', `Bearer ${other.token}`).expect(400);
    await hiding.apiKeys.close();
  });

  it('hides a key from the app, but not from the next guard, and hides nothing else', async () => {
    const hiding = createInstance({ hideCredentials: true });
    const { token } = await hiding.key();
    const app = express();
    app.use(hiding.apiKeys.requireApiKey.anyScope());
    app.get('/orders', hiding.apiKeys.requireApiKey('orders:read'), (req, res) => {
      res.json({ headers: req.headers, caller: apiKeyOf(req).ownerId });
    });
    const answer = await request(app)
      .get('/orders')
      .set('X-Api-Key', token)
      .set('Authorization', 'Basic YTpi')
      .expect(200);
    expect(answer.body.caller).toBe('alice');
    expect(answer.body.headers.authorization).toBe('Basic YTpi');
    expect(answer.text).not.toContain(token);
    await hiding.apiKeys.close();
  });

  it('says once that it cannot start, with the reason, and passes Retry-After on', async () => {
    const broken = createInstance({ database: 'file:/etc/passwd/x/keys.sqlite' });
    const app = guarded(broken.apiKeys.requireApiKey('orders:read', { onRefusal: 'next' }));
    app.use(((error, _req, res, _next) => {
      res.status(error.status).set(error.headers).end();
    }) as express.ErrorRequestHandler);
    for (let round = 0; round < 3; round += 1) {
      const answer = await request(app).get('/orders').set('X-Api-Key', 'acme_live_x').expect(503);
      expect(answer.headers['retry-after']).toBe('1');
    }
    expect(broken.log.filter((line) => line.includes('not ready'))).toHaveLength(1);
    await expect(broken.apiKeys.ready()).rejects.toThrow(/cannot be opened \(/);
    await broken.apiKeys.close();
  });

  it('answers 503 with Retry-After before it is ready, and starts by itself', async () => {
    const late = createInstance();
    const app = guarded(late.apiKeys.requireApiKey('orders:read'));
    const answer = await request(app).get('/orders').set('X-Api-Key', 'acme_live_x').expect(503);
    expect(answer.headers['retry-after']).toBe('1');
    expect(answer.body.code).toBe('unavailable');
    await late.apiKeys.ready();
    await request(app).get('/orders').set('X-Api-Key', 'acme_live_x').expect(401);
    await late.apiKeys.close();
    await request(app).get('/orders').set('X-Api-Key', 'acme_live_x').expect(503);
  });

  it('apiKeyOf throws where no guard let the request in', async () => {
    const app = express();
    app.get('/open', (req, res) => {
      expect(() => apiKeyOf(req)).toThrow(/requireApiKey/);
      res.end();
    });
    await request(app).get('/open').expect(200);
  });
});

describe('requireApiKey: bad configurations throw at mount', () => {
  const guard = (...args: unknown[]): unknown =>
    (instance.apiKeys.requireApiKey as unknown as (...input: unknown[]) => unknown)(...args);

  it.each<[string, unknown[]]>([
    ['undefined', [undefined]],
    ['undefined and options', [undefined, {}]],
    ['null', [null]],
    ['an empty text', ['']],
    ['an unknown scope', ['orders:delete']],
    ['a misspelt scope', ['orders:raed']],
    ['a wildcard', ['orders:*']],
    ['everything', ['*']],
    ['a list', [['orders:read']]],
    ['an empty object', [{}]],
    ['an empty all', [{ all: [] }]],
    ['all and any', [{ all: ['orders:read'], any: ['orders:read'] }]],
    ['a text in all', [{ all: 'orders:read' }]],
    ['an unknown scope in any', [{ any: ['orders:read', 'orders:delete'] }]],
    ['a scope twice', [{ all: ['orders:read', 'orders:read'] }]],
    ['a second scope', ['orders:read', 'orders:write']],
    ['a third argument', ['orders:read', {}, {}]],
    ['a method in small letters', [{ get: 'orders:read' }]],
    ['an unknown method', [{ GTE: 'orders:read' }]],
    ['a method without a scope', [{ GET: undefined }]],
    ['an unknown option', ['orders:read', { onRefused: 'next' }]],
    ['a misspelt option', ['orders:read', { fallbck: () => undefined }]],
    ['the old name of fallback', ['orders:read', { otherwise: () => undefined }]],
    ['an unknown onRefusal', ['orders:read', { onRefusal: 'ignore' }]],
    ['a fallback that is no function', ['orders:read', { fallback: true }]],
    ['an allowPreflight that is no boolean', ['orders:read', { allowPreflight: 'yes' }]],
    ['a null for options', ['orders:read', null]],
    ['a list of nothing', [{ all: Array(1) }]],
    ['keys from the URL', ['orders:read', { credentialFrom: ['query'] }]],
  ])('%s', (_what, args) => {
    expect(() => guard(...args)).toThrow(expect.objectContaining({ code: 'ERR_API_KEYS_INVALID_OPTION' }));
  });

  it('says what was meant', () => {
    expect(() => guard('orders:raed')).toThrow("did you mean 'orders:read'?");
    expect(() => guard('orders:read', { fallbck: () => undefined })).toThrow("did you mean 'fallback'?");
    expect(() => guard('orders:read', { otherwise: () => undefined })).toThrow('otherwise is now fallback');
  });

  it('anyScope takes no scope', () => {
    const anyScope = instance.apiKeys.requireApiKey.anyScope as (...input: unknown[]) => unknown;
    expect(() => anyScope('orders:read')).toThrow(/^requireApiKey: takes an object with /);
    expect(() => anyScope({}, {})).toThrow(/too many arguments/);
  });
});

/** The id of one key with the secret of another, well formed: what a guesser would send. */
function crossed(token: string, other: string): string {
  const { compose } = keyFormat;
  const at = 'acme_live_'.length;
  return compose(token.slice(at, at + 16), other.slice(at + 16, at + 59));
}
