import { generateKeyPairSync, sign } from 'node:crypto';
import type { KeyStore } from '../../lib/store/index.js';
import { memoryStore } from '../../lib/testing/index.js';
import { basic, startTokenApp, type TokenApp } from './token-app.js';
import { theApp } from '../harness/the-app.js';

const grant = { grant_type: 'client_credentials' };
const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const wrong = 'A'.repeat(43);

describe('refused token requests', () => {
  let app: TokenApp;
  let store: KeyStore;

  beforeEach(async () => {
    store = memoryStore();
    app = await startTokenApp({ store, failureBudget: { failures: 3, windowSeconds: 60 } });
  });

  /** What stands in the access log; it is written to the end when the app ends. */
  async function written(): Promise<readonly Readonly<Record<string, unknown>>[]> {
    await app.close();
    const rows = await store.accessLog.list({ limit: 100 });
    return rows.map(({ action, code, keyId, ownerId, route, count }) => ({
      ...{ action, code, keyId, ownerId, route, count },
    }));
  }

  /** In whichever order: they were written in one step. */
  async function expectWritten(expected: readonly object[]): Promise<void> {
    const rows = await written();
    expect(rows).toHaveLength(expected.length);
    expect(rows).toEqual(expect.arrayContaining([...expected]));
  }

  const refused = { action: 'access.refused', keyId: null, ownerId: null, route: '/oauth/token', count: 1 };

  it('R71 are in the access log: who could not be authenticated', async () => {
    const { id, token } = await app.key();
    await app.post('/token', grant, basic(id, wrong));
    await app.post('/introspect', { token }, basic('unknown', wrong));
    await app.post('/revoke', { token }, {});
    await expectWritten([
      { ...refused, code: 'invalid_client', route: '/oauth/introspect' },
      { ...refused, code: 'invalid_client', route: '/oauth/revoke' },
      { ...refused, code: 'invalid_client' },
    ]);
  });

  it('R71 name the key that was proven, and whose it is', async () => {
    const off = await app.key();
    await app.apiKeys.keys.as(theApp).update({ id: off.id, enabled: false });
    const ending = await app.key({ ownerId: 'bob', expiresAt: new Date(app.clock.now() + 500) });
    await app.post('/token', grant, basic(off.id, off.secret));
    await app.post('/token', grant, basic(ending.id, ending.secret));
    await app.post('/token', { ...grant, scope: 'users:read' }, basic(ending.id, ending.secret));
    await expectWritten([
      { ...refused, code: 'invalid_client', keyId: off.id, ownerId: 'alice' },
      { ...refused, code: 'invalid_scope', keyId: ending.id, ownerId: 'bob' },
      { ...refused, code: 'unauthorized_client', keyId: ending.id, ownerId: 'bob' },
    ]);
  });

  it('R71 are called too_many_failures beyond the budget, as at guards', async () => {
    const { id, token } = await app.key();
    for (let tries = 0; tries < 5; tries += 1) await app.post('/token', grant, basic(id, wrong));
    await app.use(`${token.slice(0, -1)}!`);
    await expectWritten([
      { ...refused, code: 'invalid_client', count: 3 },
      { ...refused, code: 'too_many_failures', route: '/orders' },
      { ...refused, code: 'too_many_failures', count: 2 },
    ]);
  });

  it('R71 take nothing from the tokens that a key may have issued', async () => {
    const { id, secret } = await app.key();
    const answers = new Set<string>();
    for (let time = 0; time < 130; time += 1) {
      const form = { ...grant, resource: 'https://unknown.example' };
      const { status, body } = await app.post('/token', form, basic(id, secret));
      answers.add(`${status} ${String(body['error'])}`);
    }
    expect([...answers]).toEqual(['400 invalid_target']);
    expect((await app.post('/token', grant, basic(id, secret))).status).toBe(200);
    await app.close();
  });

  it('R71 are not noted where a request was only written wrongly, or was granted', async () => {
    const { id, secret, token } = await app.key();
    const header = basic(id, secret);
    await app.post('/token', {}, header);
    await app.post('/token', { grant_type: 'password' }, header);
    await app.post('/token', { ...grant, client_secret: token }, header);
    await app.post('/introspect', {}, header);
    expect((await app.post('/token', grant, header)).status).toBe(200);
    await expectWritten([]);
  });

  it('R71 are written without a secret', async () => {
    const { id, token, secret } = await app.key();
    await app.apiKeys.keys.as(theApp).rotate({ id });
    const { privateKey } = generateKeyPairSync('ed25519');
    const input = Buffer.from(
      [{ alg: 'EdDSA' }, { sub: id }]
        .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
        .join('.'),
    );
    const assertion = `${input.toString()}.${sign(null, input, privateKey).toString('base64url')}`;
    await app.post(`/token?client_secret=${token}`, grant, basic(id, secret));
    await app.post('/token', { ...grant, client_secret: token });
    await app.post('/revoke', { client_secret: token, token });
    const shown = { client_assertion: assertion, client_assertion_type: assertionType };
    await app.post('/introspect', { ...shown, token });
    const rows = await written();
    expect(rows).toHaveLength(3);
    const everything = JSON.stringify([await store.accessLog.list({ limit: 100 }), app.log]);
    for (const text of [token, secret, assertion, assertion.slice(-80)])
      expect(everything).not.toContain(text);
  });

  it('R71 a replaced secret is recorded where it is exchanged, and its holder is notified', async () => {
    const { id, secret } = await app.key();
    await app.apiKeys.keys.as(theApp).rotate({ id, gracePeriodSeconds: 3600 });
    const answer = await app.post('/token', grant, basic(id, secret));
    expect([answer.status, answer.headers.get('deprecation')]).toEqual([
      200,
      `@${Math.floor(app.clock.now() / 1000)}`,
    ]);
    expect(answer.headers.get('sunset')).toBe(new Date(app.clock.now() + 3_600_000).toUTCString());
    await expectWritten([
      { ...refused, action: 'access.deprecated_secret', code: null, keyId: id, ownerId: 'alice' },
    ]);
  });
});
