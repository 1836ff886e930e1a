import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import express from 'express';
import request from 'supertest';
import { serveApp } from './serve-app.js';
import { createYativoApp, type YativoApp } from './yativo-app.js';
import { theApp } from '../harness/the-app.js';

const badPair = {
  success: false,
  status: 'error',
  error: 'Invalid, expired, or revoked API key',
  message: 'Invalid, expired, or revoked API key',
};

describe("Yativo's tokens", () => {
  let yativo: YativoApp;

  beforeEach(async () => {
    yativo = createYativoApp();
    await yativo.instance.apiKeys.ready();
  });
  afterEach(() => yativo.instance.apiKeys.close());

  const limited = (credential: string): request.Test =>
    request(yativo.app).get('/limited').set('Authorization', `Bearer ${credential}`);

  it('YA11 YA16 exchanges a pair for a token that carries the scopes of the key', async () => {
    const pair = await yativo.make({ permissions: ['read', 'transactions'] });
    const answer = await yativo.exchange(pair);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      status: 'success',
      success: true,
      access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      token_type: 'Bearer',
      expires_in: 3600,
      expires_at: '2026-06-01T01:00:00.000Z',
      scopes: ['read', 'transactions'],
      refresh_recommendation: { refresh_before_seconds: 300, auto_refresh_enabled: true },
    });
    expect(answer.headers['cache-control']).toBe('no-store');
    const held = await yativo.orders(answer.body.access_token);
    expect(held.body).toMatchObject({ ownerId: 'alice', via: 'token', keyspace: 'yativo' });
  });

  it('YA11 gives tokens on every path that was documented', async () => {
    const { api_key, api_secret } = await yativo.make();
    const paths = [
      '/auth/token',
      '/api/auth/token',
      '/api/v1/auth/token',
      '/v1/auth/token',
      '/api/apikey/token',
    ];
    for (const path of paths) {
      const answer = await request(yativo.app).post(`/yativo${path}`).send({ api_key, api_secret });
      expect([path, answer.status]).toEqual([path, 200]);
    }
  });

  it('YA8 lets a token live an hour, or for as long as was set', async () => {
    const token = await yativo.tokenOf(await yativo.make());
    yativo.instance.clock.advance(3_599_000);
    expect((await yativo.orders(token)).status).toBe(200);
    yativo.instance.clock.advance(1000);
    expect((await yativo.orders(token)).status).toBe(401);

    const short = createYativoApp({ tokenLifetimeMinutes: 5 });
    await short.instance.apiKeys.ready();
    const pair = await short.make({ expires_at: '2026-06-01T00:02:00Z' });
    const answer = await short.exchange(pair);
    expect(answer.body).toMatchObject({
      expires_in: 120,
      refresh_recommendation: { refresh_before_seconds: 60 },
    });
    const made = await short.ask('get', `/apikey/${pair.key_id}`);
    expect(made.body.data.token_expiry_minutes).toBe(5);
    await short.instance.apiKeys.close();
  });

  it('YA15 says the observed sentence for every pair that is not good', async () => {
    const pair = await yativo.make();
    const native = await yativo.instance.key();
    const other = await yativo.make();
    const [revoked, disabled] = [await yativo.make(), await yativo.make()];
    await yativo.ask('delete', `/apikey/${revoked.key_id}`).expect(200);
    await request(yativo.app)
      .patch(`/keys/keys/${disabled.key_id.slice(4)}`)
      .send({ enabled: false })
      .expect(200);
    const wrong = [
      { ...pair, api_secret: other.api_secret },
      { ...pair, api_secret: '' },
      { ...pair, api_key: '' },
      { ...pair, api_key: pair.key_id },
      { ...pair, api_key: `${pair.api_key.slice(0, -1)}_` },
      { ...pair, api_secret: `${other.api_key}:${other.api_secret}` },
      { api_key: native.id, api_secret: native.token },
      revoked,
      disabled,
    ];
    for (const each of wrong) {
      const answer = await yativo.exchange(each);
      expect([answer.status, answer.body]).toEqual([401, badPair]);
      expect(answer.headers['www-authenticate']).toMatch(/^Bearer /);
    }
    const empty = await request(yativo.app).post('/yativo/auth/token');
    expect([empty.status, empty.body.error, Object.keys(empty.body.details)]).toEqual([
      400,
      'validation_error',
      ['api_key', 'api_secret'],
    ]);
    const text = JSON.stringify(yativo.instance.log);
    for (const secret of [pair.api_secret, other.api_secret]) expect(text).not.toContain(secret);
  });

  it('YA9 takes api_key for no proof, and the pair in headers only where that is switched on', async () => {
    const list = '/yativo/api/api-keys';
    const withHeaders = createYativoApp({ acceptKeyHeaders: true });
    await withHeaders.instance.apiKeys.ready();
    for (const [app, statusOfPair] of [
      [yativo, 401],
      [withHeaders, 200],
    ] as const) {
      const { api_key, api_secret } = await app.make({ permissions: [] });
      const ask = (headers: Record<string, string>): request.Test => request(app.app).get(list).set(headers);
      expect((await ask({ 'X-API-Key': api_key })).status).toBe(401);
      expect((await ask({ Authorization: `Bearer ${api_key}` })).status).toBe(401);
      expect((await ask({ 'X-API-Secret': api_secret })).status).toBe(401);
      const pair = { 'X-API-Key': api_key, 'X-API-Secret': api_secret };
      expect((await ask(pair)).status).toBe(statusOfPair);
      expect((await ask({ ...pair, 'X-API-Secret': `${api_secret.slice(1)}0` })).status).toBe(401);
      const both = await ask({ ...pair, Authorization: 'Bearer session-alice' });
      expect(both.status).toBe(statusOfPair === 200 ? 400 : 200);
    }
    await withHeaders.instance.apiKeys.close();
  });

  it('lets a token manage keys at or below its own', async () => {
    const token = await yativo.tokenOf(await yativo.make({ permissions: ['transactions:read'] }));
    const create = (permissions?: readonly string[]): request.Test =>
      request(yativo.app)
        .post('/yativo/api/v1/apikey/generate')
        .set('Authorization', `Bearer ${token}`)
        .send({ name: 'Below', permissions });
    expect((await create(['transactions:read'])).body.data.permissions).toEqual(['transactions:read']);
    const above = await create(['accounts:read']);
    expect([above.status, above.body]).toEqual([
      403,
      expect.objectContaining({
        error: 'forbidden',
        message: "API key does not have the 'accounts:read' permission",
      }),
    ]);
    expect((await create()).status).toBe(403);
  });

  it('YA8 enforces the limits of a key on routes of the app, with tokens too, and says when to come back', async () => {
    const small = createYativoApp({ rateLimits: { minute: 2 } });
    await small.instance.apiKeys.ready();
    const pair = await small.make();
    const ask = (credential: string): request.Test =>
      request(small.app).get('/limited').set('Authorization', `Bearer ${credential}`);
    const shown = await small.ask('get', `/apikey/${pair.key_id}`);
    expect(shown.body.data.rate_limit).toEqual({
      requests_per_minute: 2,
      requests_per_hour: 3000,
      requests_per_day: 50_000,
    });
    const token = await small.tokenOf(pair);
    expect((await ask(token)).status).toBe(200);
    expect((await ask(`${pair.api_key}:${pair.api_secret}`)).status).toBe(200);
    for (const credential of [token, `${pair.api_key}:${pair.api_secret}`]) {
      const refused = await ask(credential);
      expect(refused.status).toBe(429);
      expect(refused.headers['retry-after']).toBe('60');
      expect(refused.body).toEqual({
        success: false,
        status: 'error',
        error: 'rate_limit_exceeded',
        message: expect.stringMatching(/minute/),
        retry_after: 60,
      });
    }
    const managed = await request(small.app).get('/yativo/apikey').set('Authorization', `Bearer ${token}`);
    expect([managed.status, managed.body.retry_after]).toEqual([429, 60]);
    expect((await small.tokenOf(pair)).split('.')).toHaveLength(3);
    await small.instance.apiKeys.close();
  });

  it('counts wrong pairs against the budget of their network, and lets right ones through', async () => {
    const budgeted = createYativoApp({}, { failureBudget: { failures: 2, windowSeconds: 60 } });
    await budgeted.instance.apiKeys.ready();
    const pair = await budgeted.make();
    const other = await budgeted.make();
    const guess = { ...pair, api_secret: other.api_secret };
    const statuses = [];
    for (let tries = 0; tries < 3; tries += 1) statuses.push((await budgeted.exchange(guess)).status);
    expect(statuses).toEqual([401, 401, 429]);
    const refused = await budgeted.exchange(guess);
    expect(refused.body).toMatchObject({ error: 'rate_limit_exceeded', retry_after: expect.any(Number) });
    expect(refused.headers['retry-after']).toBe(String(refused.body.retry_after));
    expect((await budgeted.exchange(pair)).status).toBe(200);
    await budgeted.instance.apiKeys.close();
  });

  it('shows its keys to admins, who can end them, and lets other keyspaces be', async () => {
    const pair = await yativo.make();
    const native = await yativo.instance.key();
    const token = await yativo.tokenOf(pair);
    const list = await request(yativo.app).get('/keys/keys?keyspace=yativo');
    expect(list.body.items).toHaveLength(1);
    expect(list.body.items[0]).toMatchObject({ ownerId: 'alice', hint: `yativo_…${pair.api_key.slice(-4)}` });
    expect((await limited(token)).status).toBe(200);
    await request(yativo.app)
      .post(`/keys/keys/${pair.key_id.slice(4)}/revoke`)
      .send({})
      .expect(200);
    const refused = await limited(token);
    expect([refused.status, refused.body.error, refused.body.success]).toEqual([401, 'unauthorized', false]);
    expect((await request(yativo.app).get('/orders').set('X-API-Key', native.token)).status).toBe(200);
    expect((await yativo.ask('get', '/apikey')).body.data.keys).toHaveLength(1);
  });

  it('tells operators why it is not known from where a pair is exchanged', async () => {
    const pair = await yativo.make();
    const id = pair.key_id.slice('key_'.length);
    await request(yativo.app)
      .patch(`/keys/keys/${id}`)
      .send({ ipAllowlist: ['192.0.2.0/24'] })
      .expect(200);
    yativo.app.set('trust proxy', true);
    expect((await yativo.exchange(pair)).status).toBe(401);
    expect(yativo.instance.log.join()).toContain("while 'trust proxy' trusts everybody");
  });

  it('refuses a token whose key was revoked since it was accepted as one that came a moment later', async () => {
    const ended: string[] = [];
    const racing = createYativoApp({
      verifySecondFactor: async (_owner, code) => {
        if (code === 'last') await racing.instance.apiKeys.keys.as(theApp).revoke({ id: ended[0] ?? '' });
        return true;
      },
    });
    await racing.instance.apiKeys.ready();
    const made = await racing
      .ask('post', '/apikey/generate')
      .set('X-2FA-Token', 'first')
      .send({ name: 'CI' });
    const pair = made.body.data as { key_id: string; api_key: string; api_secret: string };
    ended.push(pair.key_id.slice('key_'.length));
    const token = await racing.tokenOf(pair);
    const answer = await request(racing.app)
      .post(`/yativo/apikey/${pair.key_id}/rotate`)
      .set('Authorization', `Bearer ${token}`)
      .set('X-2FA-Token', 'last');
    expect([answer.status, answer.body.error]).toEqual([401, 'unauthorized']);
    await racing.instance.apiKeys.close();
  });

  it('judges a slow request by what is right when all of it is there', async () => {
    const pair = await yativo.make();
    const token = await yativo.tokenOf(pair);
    const app = express();
    const begun = once(app, 'begun');
    app.use((_req, _res, next) => {
      app.emit('begun');
      next();
    }, yativo.app);
    await serveApp(app, async (url) => {
      const slow = httpRequest(`${url}/yativo/apikey/${pair.key_id}/rotate`, {
        method: 'POST',
        headers: {
          Authorization: `Bearer ${token}`,
          'Content-Type': 'application/json',
          'Content-Length': 2,
        },
      });
      slow.write('{');
      await begun;
      await yativo.ask('post', `/apikey/${pair.key_id}/rotate`).expect(200);
      slow.end('}');
      const [answer] = (await once(slow, 'response')) as [IncomingMessage];
      expect(answer.resume().statusCode).toBe(401);
    });
  });
});
