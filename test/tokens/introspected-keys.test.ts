import { theApp } from '../harness/the-app.js';
import { createInstance } from '../harness/instance.js';
import { basic, startTokenApp, type Answer, type MadeKey, type TokenApp } from './token-app.js';
import { misspell } from '../harness/misspell.js';

describe('introspection of API keys', () => {
  let app: TokenApp;
  let gateway: MadeKey;
  let key: MadeKey;

  beforeAll(async () => {
    app = await startTokenApp({ introspectionScope: 'users:read' });
    gateway = await app.key({ ownerId: 'gateway', scopes: ['users:read'] });
  });
  beforeEach(async () => {
    key = await app.key({ ownerId: 'bob', scopes: ['orders:*'] });
  });
  afterAll(() => app.close());

  const introspect = (
    token: string,
    as: MadeKey = gateway,
    form: Record<string, string> = {},
  ): Promise<Answer> => app.post('/introspect', { token, ...form }, basic(as.id, as.secret));

  async function expectInactive(answer: Promise<Answer>): Promise<void> {
    const { status, body } = await answer;
    expect([status, body]).toEqual([200, { active: false }]);
  }

  it('a gateway with the introspection scope learns what a key is worth', async () => {
    expect((await introspect(key.token)).body).toEqual({
      active: true,
      scope: 'orders:*',
      client_id: key.id,
      sub: 'bob',
      iss: app.url,
      aud: app.url,
    });
  });

  it('the answer has the end of the key', async () => {
    const expiresAt = new Date(app.clock.now() + 60_000);
    await app.apiKeys.keys.as(theApp).update({ id: key.id, expiresAt });
    expect((await introspect(key.token)).body['exp']).toBe(expiresAt.getTime() / 1000);
    app.clock.advance(60_000);
    await expectInactive(introspect(key.token));
  });

  it('a gateway introspects access tokens of others, and no refresh tokens', async () => {
    const token = await app.token(key);
    expect((await introspect(token)).body).toMatchObject({ active: true, client_id: key.id, aud: app.url });
    await app.post('/revoke', { token }, basic(key.id, key.secret));
    await expectInactive(introspect(token));
  });

  it('a revoked, disabled, unknown or misspelt key is inactive', async () => {
    await expectInactive(introspect(misspell(key.token)));
    await app.apiKeys.keys.as(theApp).update({ id: key.id, enabled: false });
    await expectInactive(introspect(key.token));
    await app.apiKeys.keys.as(theApp).update({ id: key.id, enabled: true });
    expect((await introspect(key.token)).body['active']).toBe(true);
    await app.apiKeys.keys.as(theApp).revoke({ id: key.id });
    await expectInactive(introspect(key.token));
  });

  it('a key without the scope introspects itself alone', async () => {
    expect((await introspect(key.token, key)).body).toMatchObject({ active: true, client_id: key.id });
    await expectInactive(introspect(gateway.token, key));
    await expectInactive(introspect(await app.token(gateway), key));
  });

  it('where no scope is named, no key introspects others', async () => {
    const plain = await startTokenApp();
    const one = await plain.key({ scopes: ['*'] });
    const other = await plain.key();
    const as = basic(one.id, one.secret);
    const { body } = await plain.post('/introspect', { token: other.token }, as);
    expect(body).toEqual({ active: false });
    await plain.close();
  });

  it('a key for certain addresses, and its tokens, are active for callers from there', async () => {
    await app.apiKeys.keys.as(theApp).update({ id: key.id, ipAllowlist: ['203.0.113.0/24'] });
    expect((await introspect(key.token, gateway, { client_ip: '203.0.113.9' })).body['active']).toBe(true);
    await expectInactive(introspect(key.token));
    await expectInactive(introspect(key.token, gateway, { client_ip: '198.51.100.1' }));
    const answer = await introspect(key.token, gateway, { client_ip: 'here' });
    expect([answer.status, answer.body['error']]).toEqual([400, 'invalid_request']);
  });

  it('introspection takes nothing from the limits of a key', async () => {
    const rateLimits = [{ name: 'minute', limit: 1, windowSeconds: 60 }];
    await app.apiKeys.keys.as(theApp).update({ id: key.id, rateLimits });
    for (let count = 0; count < 3; count += 1) {
      expect((await introspect(key.token)).body['active']).toBe(true);
    }
    expect([(await app.use(key.token)).status, (await app.use(key.token)).status]).toEqual([200, 429]);
  });

  it('the scope must be a declared one', () => {
    const tokens = { issuer: 'https://api.example', introspectionScope: 'users:raed' };
    expect(() => createInstance({ tokens })).toThrow(
      /tokens\.introspectionScope: takes one of the declared.*users:read/,
    );
  });
});
