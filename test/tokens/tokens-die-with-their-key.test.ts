import { memoryStore } from '../../lib/testing/index.js';
import { startTokenApp, type MadeKey, type TokenApp } from './token-app.js';
import { theApp } from '../harness/the-app.js';

describe('a token that was given before', () => {
  let app: TokenApp;
  let key: MadeKey;
  let token: string;

  beforeEach(async () => {
    app = await startTokenApp();
    key = await app.key();
    token = await app.token(key);
    // CacheEntry by the process from now on.
    const { status } = await app.use(token);
    if (status !== 200) throw new Error(`the token was refused with ${status}`);
  });
  afterEach(() => app.close());

  const code = async (path?: string): Promise<unknown> => {
    const { status, body } = await app.use(token, path);
    return status === 200 ? 'allowed' : body['code'];
  };

  it('R70 is refused once its key was revoked', async () => {
    await app.apiKeys.keys.as(theApp).revoke({ id: key.id });
    expect(await code()).toBe('key_revoked');
  });

  it('R70 is refused while its key is disabled', async () => {
    await app.apiKeys.keys.as(theApp).update({ id: key.id, enabled: false });
    expect(await code()).toBe('key_disabled');
    await app.apiKeys.keys.as(theApp).update({ id: key.id, enabled: true });
    expect(await code()).toBe('allowed');
  });

  it('R70 is refused once its key was rotated', async () => {
    const rotated = await app.apiKeys.keys.as(theApp).rotate({ id: key.id });
    expect(await code()).toBe('secret_rotated');
    const fresh = await app.token({ ...key, secret: rotated.key.slice(-49, -6) });
    expect((await app.use(fresh)).status).toBe(200);
  });

  it('R70 lives on for the grace period of its secret, and ends with it', async () => {
    await app.apiKeys.keys.as(theApp).rotate({ id: key.id, gracePeriodSeconds: 60 });
    expect(await code()).toBe('allowed');
    app.clock.advance(59_999);
    expect(await code()).toBe('allowed');
    app.clock.advance(1);
    expect(await code()).toBe('secret_rotated');
  });

  it('R70 loses the scopes that its key loses, and gets none that its key is given', async () => {
    const narrow = await app.token(key, { scope: 'orders:read' });
    await app.apiKeys.keys.as(theApp).update({ id: key.id, scopes: ['orders:read', 'users:read'] });
    expect(await code()).toBe('allowed');
    expect(await code('/write')).toBe('insufficient_scope');
    await app.apiKeys.keys.as(theApp).update({ id: key.id, scopes: ['orders:read', 'orders:write'] });
    expect((await app.use(narrow, '/write')).status).toBe(403);
    expect(await code('/write')).toBe('allowed');
  });

  it('R70 is bound to the addresses of its key', async () => {
    await app.apiKeys.keys.as(theApp).update({ id: key.id, ipAllowlist: ['192.0.2.1'] });
    expect(await code()).toBe('address_not_allowed');
    await app.apiKeys.keys.as(theApp).update({ id: key.id, ipAllowlist: ['127.0.0.0/8'] });
    expect(await code()).toBe('allowed');
  });

  it('R70 ends with its key when that is given an earlier end', async () => {
    await app.apiKeys.keys.as(theApp).update({ id: key.id, expiresAt: new Date(app.clock.now() + 5_000) });
    expect(await code()).toBe('allowed');
    app.clock.advance(5_000);
    expect(await code()).toBe('key_expired');
  });

  it('R70 ends at its own end', async () => {
    app.clock.advance(3_599_999);
    expect(await code()).toBe('allowed');
    app.clock.advance(1);
    const { status, body } = await app.use(token);
    expect([status, body['code'], body['detail']]).toEqual([
      401,
      'invalid_token',
      'The access token has expired. Request another one.',
    ]);
  });

  it('R70 is not touched by a new name', async () => {
    await app.apiKeys.keys.as(theApp).update({ id: key.id, name: 'Renamed', metadata: { team: 'shop' } });
    expect(await code()).toBe('allowed');
    expect((await app.use(token)).body['name']).toBe('Renamed');
  });

  it('R70 can show its key, and cannot end or manage it', async () => {
    const headers = { Authorization: `Bearer ${token}` };
    expect((await fetch(`${app.url}/api-keys/self`, { headers })).status).toBe(200);
    const revoke = await fetch(`${app.url}/api-keys/self/revoke`, { method: 'POST', headers });
    expect(revoke.status).toBe(403);
    expect(await code()).toBe('allowed');
  });

  it('R70 is accepted again and again without another read of the store', async () => {
    const inner = memoryStore();
    const reads: string[] = [];
    const counting = await startTokenApp({
      store: {
        ...inner,
        find: (...args) => (reads.push('key'), inner.find(...args)),
        tokens: { ...inner.tokens, isRevoked: (id) => (reads.push('token'), inner.tokens.isRevoked(id)) },
      },
    });
    const held = await counting.token(await counting.key());
    expect((await counting.use(held)).status).toBe(200);
    reads.length = 0;
    for (let count = 0; count < 20; count += 1) expect((await counting.use(held)).status).toBe(200);
    expect(reads).toEqual([]);
    await counting.close();
  });
});
