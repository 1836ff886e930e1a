import { memoryStore } from '../../lib/testing/index.js';
import { ApiKeysError } from '../../lib/index.js';
import { createInstance } from '../harness/instance.js';
import { theApp } from '../harness/the-app.js';
import { basic, startTokenApp, type MadeKey, type TokenApp } from './token-app.js';

describe('apiKeys.keys.verify with an access token', () => {
  let app: TokenApp;
  let key: MadeKey;
  let token: string;
  let isDown = false;

  beforeEach(async () => {
    isDown = false;
    const inner = memoryStore();
    const failing = <T>(work: () => Promise<T>): Promise<T> =>
      isDown ? Promise.reject(new ApiKeysError('unavailable')) : work();
    app = await startTokenApp({
      store: { ...inner, find: (id, ownerId) => failing(() => inner.find(id, ownerId)) },
      cache: false,
    });
    key = await app.key();
    token = await app.token(key, { scope: 'orders:read' });
  });
  afterEach(() => app.close());

  const verify: TokenApp['apiKeys']['keys']['verify'] = (input) => app.apiKeys.keys.verify(input);
  const keys = () => app.apiKeys.keys.as(theApp);

  it('returns the caller of the token, as a guard does', async () => {
    const verdict = await verify({ key: token, scopes: 'orders:read' });
    expect(verdict).toMatchObject({ allowed: true, apiKey: { id: key.id, ownerId: 'alice', via: 'token' } });
    const { body } = await app.use(token);
    expect(JSON.parse(JSON.stringify(verdict.allowed && verdict.apiKey))).toEqual(body);
  });

  it('allows what both the token and its key hold now', async () => {
    expect(await verify({ key: token, scopes: 'orders:write' })).toMatchObject({
      ...{ allowed: false, code: 'insufficient_scope', missingScopes: ['orders:write'], keyId: key.id },
    });
    const whole = await app.token(key);
    expect(await verify({ key: whole, scopes: 'orders:write' })).toMatchObject({ allowed: true });
    await keys().update({ id: key.id, scopes: ['orders:read'] });
    expect(await verify({ key: whole, scopes: 'orders:write' })).toMatchObject({
      code: 'insufficient_scope',
    });
    expect(await verify({ key: whole, scopes: 'orders:read' })).toMatchObject({
      apiKey: { scopes: ['orders:read'] },
    });
  });

  it('returns invalid_token once the token has expired', async () => {
    app.clock.advance(3_600_000);
    expect(await verify({ key: token })).toMatchObject({ allowed: false, code: 'invalid_token' });
  });

  it('returns invalid_token in the first call after the token was revoked', async () => {
    await verify({ key: token });
    await app.post('/revoke', { token }, basic(key.id, key.secret));
    expect(await verify({ key: token })).toMatchObject({ allowed: false, code: 'invalid_token' });
    expect(await verify({ key: key.token })).toMatchObject({ allowed: true });
  });

  it.each<[string, () => Promise<unknown>, string]>([
    ['revoked', () => keys().revoke({ id: key.id }), 'key_revoked'],
    ['disabled', () => keys().update({ id: key.id, enabled: false }), 'key_disabled'],
    ['rotated without a grace period', () => keys().rotate({ id: key.id }), 'secret_rotated'],
  ])('returns why in the first call after its key was %s', async (_change, change, code) => {
    await verify({ key: token });
    await change();
    expect(await verify({ key: token })).toMatchObject({ allowed: false, code, keyId: key.id });
  });

  it('takes addresses, features, limits and credits of the key into account', async () => {
    const bound = await app.key({ credits: { remaining: 2 } });
    const boundToken = await app.token(bound);
    await keys().update({ id: bound.id, ipAllowlist: ['203.0.113.0/24'] });
    expect(await verify({ key: boundToken })).toMatchObject({ code: 'address_not_allowed' });
    const address = '203.0.113.9';
    expect(await verify({ key: boundToken, address, cost: 2 })).toMatchObject({ allowed: true });
    expect(await verify({ key: boundToken, address })).toMatchObject({ code: 'credits_exhausted' });
  });

  it('refuses tokens of other issuers and tampered ones', async () => {
    const other = await startTokenApp();
    const foreign = await other.token(await other.key());
    await other.close();
    const tampered = token.slice(0, -5) + (token.endsWith('AAAAA') ? 'BBBBB' : 'AAAAA');
    for (const odd of [foreign, tampered, `${token}x`, 'eyJ', 'eyJ.eyJ.x', 'eyJ'.repeat(5_000)]) {
      expect(await verify({ key: odd })).toMatchObject({ allowed: false, code: 'invalid_token' });
    }
  });

  it('throws when the store does not respond, and does not call the token invalid', async () => {
    isDown = true;
    await expect(verify({ key: token })).rejects.toMatchObject({ code: 'ERR_API_KEYS_UNAVAILABLE' });
  });

  it('verifies a token as a key, and so refuses it, without the option tokens', async () => {
    const { apiKeys } = createInstance();
    expect(await apiKeys.keys.verify({ key: token })).toEqual({ allowed: false, code: 'invalid_token' });
    await apiKeys.close();
  });
});
