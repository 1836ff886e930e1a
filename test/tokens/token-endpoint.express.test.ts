import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import express from 'express';
import supertest from 'supertest';
import { createInstance, scopes } from '../harness/instance.js';
import { basic, readParts, startTokenApp, type Answer, type MadeKey, type TokenApp } from './token-app.js';
import { theApp } from '../harness/the-app.js';

const grant = { grant_type: 'client_credentials' };

describe('the token endpoint', () => {
  let app: TokenApp;
  let key: MadeKey;

  beforeAll(async () => {
    app = await startTokenApp();
    key = await app.key();
  });
  afterAll(() => app.close());

  it('R70 gives a token that says what RFC 9068 asks for', async () => {
    const answer = await app.post('/token', grant, basic(key.id, key.secret));
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('pragma')).toBe('no-cache');
    expect(answer.body).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 3600,
      scope: 'orders:read orders:write',
    });
    const { header, claims } = readParts(String(answer.body['access_token']));
    expect(header).toEqual({ alg: 'EdDSA', typ: 'at+jwt', kid: expect.stringMatching(/^[0-9A-Za-z]{16}$/) });
    const now = app.clock.now() / 1000;
    expect(claims).toEqual({
      iss: app.url,
      aud: app.url,
      sub: 'alice',
      client_id: key.id,
      cid: expect.stringMatching(/^[0-9A-Za-z]{12}$/),
      jti: expect.stringMatching(/^[0-9A-Za-z]{22}$/),
      iat: now,
      exp: now + 3600,
      scope: 'orders:read orders:write',
    });
  });

  it('refuses as many header lines as Node.js keeps: the address of a proxy may be among those that it has dropped', async () => {
    const { hostname, port } = new URL(app.url);
    for (const path of ['/oauth/introspect', '/oauth/token', '/api-keys/keys']) {
      const socket = connect(Number(port), hostname);
      socket.write(
        `POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 2\r\n` +
          `${'a:\r\n'.repeat(1000)}\r\n{}`,
      );
      expect([path, (await text(socket)).slice(9, 12)]).toEqual([
        path,
        path.startsWith('/oauth') ? '400' : '431',
      ]);
    }
  });

  it('R70 lets the token in, and says that it was one', async () => {
    const answer = await app.use(await app.token(key));
    expect([answer.status, answer.body['via'], answer.body['id']]).toEqual([200, 'token', key.id]);
    expect(answer.body['expiresAt']).toBe(new Date(app.clock.now() + 3_600_000).toISOString());
  });

  it.each<[string, (key: MadeKey) => [Record<string, string>, Record<string, string>?]]>([
    ['the id and the secret as Basic', (k) => [grant, basic(k.id, k.secret)]],
    ['the id and the whole key as Basic', (k) => [grant, basic(k.id, k.token)]],
    ['the same id in the body', (k) => [{ ...grant, client_id: k.id }, basic(k.id, k.secret)]],
    ['the id and the secret in the body', (k) => [{ ...grant, client_id: k.id, client_secret: k.secret }]],
    ['the whole key in the body', (k) => [{ ...grant, client_secret: k.token }]],
    ['the id and the whole key in the body', (k) => [{ ...grant, client_id: k.id, client_secret: k.token }]],
  ])('R67 takes %s', async (_way, request) => {
    expect((await app.post('/token', ...request(key))).status).toBe(200);
  });

  it.each(['', ';', '; charset=utf-8', '; v="a;b"; Charset="UTF-8"', ' ;; v=1'])(
    'takes a form as application/x-www-form-urlencoded%s',
    async (parameters) => {
      const type = { 'Content-Type': `application/x-www-form-urlencoded${parameters}` };
      const answer = await app.post('/token', grant, { ...basic(key.id, key.secret), ...type });
      expect(answer.status).toBe(200);
    },
  );

  it.each(['', 'Basic', 'basic '])(
    'takes credentials in the form beside Authorization: "%s"',
    async (value) => {
      const form = { ...grant, client_id: key.id, client_secret: key.secret };
      expect((await app.post('/token', form, { Authorization: value })).status).toBe(200);
      const none = await app.post('/token', grant, { Authorization: value });
      expect([none.status, none.body['error']]).toEqual([401, 'invalid_client']);
    },
  );

  it('R68 never gives a refresh token for client_credentials', async () => {
    const { body } = await app.post('/token', { ...grant, scope: 'orders:read' }, basic(key.id, key.secret));
    expect(Object.keys(body).toSorted()).toEqual(['access_token', 'expires_in', 'scope', 'token_type']);
  });

  it('R68 narrows scopes, and lets the token do no more', async () => {
    const token = await app.token(key, { scope: 'orders:read' });
    expect((await app.use(token)).status).toBe(200);
    expect((await app.use(token)).body['scopes']).toEqual(['orders:read']);
    const refused = await app.use(token, '/write');
    expect([refused.status, refused.body['code']]).toEqual([403, 'insufficient_scope']);
  });

  it('R68 gives what the key holds when no scope is asked for', async () => {
    const wildcard = await app.key({ scopes: ['orders:*' as 'orders:read'] });
    const { body } = await app.post('/token', grant, basic(wildcard.id, wildcard.secret));
    expect(body['scope']).toBe('orders:*');
    expect((await app.use(String(body['access_token']), '/write')).status).toBe(200);
    const none = await app.key({ scopes: [] });
    const empty = await app.token(none);
    expect((await app.use(empty)).body['code']).toBe('insufficient_scope');
  });

  it('R70 gives no token that outlives its key', async () => {
    const short = await app.key({ expiresAt: new Date(app.clock.now() + 90_500) });
    const { body } = await app.post('/token', grant, basic(short.id, short.secret));
    expect(body['expires_in']).toBe(90);
  });

  it('R70 gives tokens that live as long as their key says', async () => {
    const quick = await app.key({ tokenLifetimeSeconds: 60 });
    const ask = async (): Promise<unknown> =>
      (await app.post('/token', grant, basic(quick.id, quick.secret))).body['expires_in'];
    expect(await ask()).toBe(60);
    await app.apiKeys.keys.as(theApp).update({ id: quick.id, tokenLifetimeSeconds: 86_400 });
    expect(await ask()).toBe(86_400);
    await app.apiKeys.keys.as(theApp).update({ id: quick.id, tokenLifetimeSeconds: null });
    expect(await ask()).toBe(3600);
    for (const tokenLifetimeSeconds of [59, 86_401, 0, -1, 60.5, NaN, '60' as never]) {
      await expect(
        app.apiKeys.keys.as(theApp).update({ id: quick.id, tokenLifetimeSeconds }),
      ).rejects.toMatchObject({
        problem: 'invalid_request',
      });
    }
  });

  it('R68 gives no token that is too long to be used', async () => {
    const names = Array.from({ length: 98 }, (_, number) => `${'a'.repeat(57)}${number}:read`);
    const more = Object.fromEntries(names.map((name) => [name, 'Read it']));
    const wide = await startTokenApp({ scopes: { ...scopes, ...more } });
    const held = ['orders:read', ...names];
    const { id, secret } = await wide.key({ scopes: held as never });
    const ask = (form: Record<string, string>): Promise<Answer> =>
      wide.post('/token', { ...grant, ...form }, basic(id, secret));
    const all = await ask({});
    expect([all.status, all.body['error']]).toEqual([400, 'invalid_scope']);
    const some = await ask({ scope: held.slice(0, 70).join(' ') });
    expect(some.status).toBe(200);
    expect((await wide.use(String(some.body['access_token']))).status).toBe(200);
    await wide.close();
  });

  it('R70 gives a token to allowed addresses only, and says when it cannot know them', async () => {
    const behind = await startTokenApp({ isBehindProxy: true });
    const near = await behind.key({ ipAllowlist: ['192.0.2.0/24'] });
    const ask = (address: string): Promise<Answer> =>
      behind.post('/token', grant, { ...basic(near.id, near.secret), 'X-Forwarded-For': address });
    expect((await ask('192.0.2.7')).status).toBe(200);
    expect((await ask('198.51.100.7')).status).toBe(401);
    await behind.close();

    const instance = createInstance({ tokens: { issuer: 'https://api.example' } });
    const { token } = await instance.key({ ipAllowlist: ['192.0.2.0/24'] });
    const trusting = express().set('trust proxy', true).use(instance.apiKeys.tokenRouter());
    await supertest(trusting)
      .post('/token')
      .type('form')
      .send({ ...grant, client_secret: token })
      .expect(401);
    expect(instance.log.join()).toContain("while 'trust proxy' trusts everybody");
    await instance.apiKeys.close();
  });

  it('R67 answers 503 before it is ready, and asks to come back', async () => {
    const failing = await startTokenApp();
    await failing.apiKeys.close();
    const answer = await failing.post('/token', grant, basic(key.id, key.secret));
    expect([answer.status, answer.body['error']]).toEqual([503, 'temporarily_unavailable']);
    expect(answer.headers.get('retry-after')).toBe('1');
    await failing.close();
  });
});
