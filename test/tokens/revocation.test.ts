import { ApiKeysError } from '../../lib/index.js';
import type { KeyStore } from '../../lib/store/index.js';
import { memoryStore } from '../../lib/testing/index.js';
import { basic, startTokenApp, type MadeKey, type TokenApp } from './token-app.js';
import { theApp } from '../harness/the-app.js';
import { misspell } from '../harness/misspell.js';

describe('revocation and introspection', () => {
  let app: TokenApp;
  let store: KeyStore;
  let key: MadeKey;
  let token: string;
  let isDown = false;

  const failing = <T>(work: () => Promise<T>): Promise<T> =>
    isDown ? Promise.reject(new ApiKeysError('unavailable')) : work();

  beforeEach(async () => {
    isDown = false;
    const inner = memoryStore();
    store = {
      ...inner,
      transact: (work) => failing(() => inner.transact(work)),
      tokens: { ...inner.tokens, isRevoked: (id) => failing(() => inner.tokens.isRevoked(id)) },
    };
    app = await startTokenApp({ store });
    key = await app.key();
    token = await app.token(key);
  });
  afterEach(() => app.close());

  const revoke = (shown: string, as: MadeKey = key) =>
    app.post('/revoke', { token: shown }, basic(as.id, as.secret));
  const introspect = (shown: string, as: MadeKey = key) =>
    app.post('/introspect', { token: shown }, basic(as.id, as.secret));

  it('R70 a token that is revoked is refused in the next request, also where it was cached', async () => {
    expect((await app.use(token)).status).toBe(200);
    const another = await app.token(key);
    const answer = await revoke(token);
    expect([answer.status, answer.body]).toEqual([200, {}]);
    const refused = await app.use(token);
    expect([refused.status, refused.body['code']]).toEqual([401, 'invalid_token']);
    expect(refused.body['detail']).toBe('The access token was revoked.');
    expect((await app.use(another)).status).toBe(200);
  });

  it('R70 a token for a resource that only another process knows is revoked all the same', async () => {
    const resource = 'https://api.example/mcp';
    const issuer = 'https://api.example';
    const options = { store, tokens: { issuer } };
    const [knows, other] = [await startTokenApp(options), await startTokenApp(options)];
    knows.apiKeys.mcpGuard({ resource });
    const { id, secret } = await knows.key();
    const form = { grant_type: 'client_credentials', resource };
    const issued = await knows.post('/token', form, basic(id, secret));
    const audienced = String(issued.body['access_token']);
    expect(issued.status).toBe(200);
    expect((await other.post('/revoke', { token: audienced }, basic(id, secret))).status).toBe(200);
    const events = await store.listEvents({ limit: 10, action: 'token.revoked' });
    expect(events.map(({ keyId }) => keyId)).toEqual([id]);
    await Promise.all([knows.close(), other.close()]);
  });

  it.each([
    ['audience', { issuer: 'https://api.example' }],
    ['issuer', { issuer: 'https://other.example', audience: 'https://api.example' }],
  ])('R70 a token of a process with another %s is revoked all the same', async (_what, tokens) => {
    const own = { issuer: 'https://api.example', audience: 'https://orders.example' };
    const accepts = await startTokenApp({ store, tokens: own });
    const other = await startTokenApp({ store, tokens });
    const made = await accepts.key();
    const shown = await accepts.token(made);
    expect((await accepts.use(shown)).status).toBe(200);
    const answer = await other.post('/revoke', { token: shown }, basic(made.id, made.secret));
    expect(answer.status).toBe(200);
    expect((await accepts.use(shown)).status).toBe(401);
    await Promise.all([accepts.close(), other.close()]);
  });

  it('R70 taking it back again succeeds, and is one entry of the audit trail', async () => {
    await revoke(token);
    expect((await revoke(token)).status).toBe(200);
    const events = await store.listEvents({ limit: 10, action: 'token.revoked' });
    expect(events.map(({ keyId, actor, keyVersion }) => ({ keyId, actor, keyVersion }))).toEqual([
      { keyId: key.id, actor: { kind: 'key', id: key.id }, keyVersion: 1 },
    ]);
    expect((await app.apiKeys.audit.as(theApp).verify()).valid).toBe(true);
  });

  it('R70 answers 200 for what is no token, has expired, or is of another key, and changes nothing', async () => {
    const other = await app.key({ ownerId: 'bob' });
    const sibling = await app.key();
    for (const as of [other, sibling]) expect((await revoke(token, as)).status).toBe(200);
    expect((await app.use(token)).status).toBe(200);
    for (const odd of ['x', 'a.b.c', key.token, `${token}x`, 'eyJ'.repeat(2000)]) {
      const answer = await revoke(odd);
      expect([answer.status, answer.body]).toEqual([200, {}]);
    }
    // And an hour more, for clocks that are behind.
    app.clock.advance(7_200_000);
    expect((await revoke(token)).status).toBe(200);
    expect(await store.listEvents({ limit: 10, action: 'token.revoked' })).toEqual([]);
  });

  it('R70 answers 503 when the store does not answer, and the token is not said to be gone', async () => {
    isDown = true;
    const answer = await revoke(token);
    expect([answer.status, answer.body['error'], answer.headers.get('retry-after')]).toEqual([
      503,
      'temporarily_unavailable',
      '1',
    ]);
    expect((await introspect(token)).status).toBe(503);
    isDown = false;
    expect((await revoke(token)).status).toBe(200);
    expect((await app.use(token)).status).toBe(401);
  });

  it('R70 a token that this process has not seen is not accepted while the process cannot find out whether it was revoked', async () => {
    isDown = true;
    expect((await app.use(token)).status).toBe(503);
  });

  it('R70 says what a token is worth to the key that it was given to', async () => {
    const answer = await introspect(token);
    const now = app.clock.now() / 1000;
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(answer.body).toEqual({
      active: true,
      token_type: 'Bearer',
      jti: expect.any(String),
      scope: 'orders:read orders:write',
      client_id: key.id,
      sub: 'alice',
      iss: app.url,
      aud: app.url,
      iat: now,
      exp: now + 3600,
    });
    await app.apiKeys.keys.as(theApp).update({ id: key.id, scopes: ['orders:read'] });
    expect((await introspect(token)).body['scope']).toBe('orders:read');
  });

  it('R70 says of no token that it lives longer than its key', async () => {
    await app.apiKeys.keys.as(theApp).update({ id: key.id, expiresAt: new Date(app.clock.now() + 600_000) });
    expect((await introspect(token)).body['exp']).toBe(app.clock.now() / 1000 + 600);
  });

  it('R70 says nothing but inactive of tokens of others, and of what is none', async () => {
    const other = await app.key({ ownerId: 'bob' });
    const sibling = await app.key();
    const answers = [
      await introspect(token, other),
      await introspect(token, sibling),
      await introspect('x'),
      await introspect(other.token),
      await introspect(sibling.token),
      await introspect(misspell(key.token)),
      await introspect(`${token}x`),
      await introspect('a.b.c.d.e'),
    ];
    for (const { status, body } of answers) expect([status, body]).toEqual([200, { active: false }]);
  });

  it('R70 reports inactive for a token that expired, was revoked, or whose key was', async () => {
    const second = await app.token(key);
    await revoke(token);
    expect((await introspect(token)).body).toEqual({ active: false });
    expect((await introspect(second)).body['active']).toBe(true);
    app.clock.advance(3_600_000);
    expect((await introspect(second)).body).toEqual({ active: false });
  });

  it('R70 reports nothing to a client that does not authenticate', async () => {
    for (const path of ['/introspect', '/revoke']) {
      const answer = await app.post(path, { token });
      expect([answer.status, answer.body['error']]).toEqual([401, 'invalid_client']);
      expect(answer.headers.get('www-authenticate')).toBe('Basic realm="acme"');
      const wrong = await app.post(path, { token }, basic(key.id, 'A'.repeat(43)));
      expect(wrong.status).toBe(401);
    }
    expect((await app.use(token)).status).toBe(200);
  });

  it('R70 asks for the token', async () => {
    for (const path of ['/introspect', '/revoke']) {
      for (const form of [{}, { token: '' }]) {
        const answer = await app.post(path, form, basic(key.id, key.secret));
        expect([answer.status, answer.body['error']]).toEqual([400, 'invalid_request']);
      }
    }
  });
});
