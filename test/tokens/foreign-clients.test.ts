import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { KeyStore } from '../../lib/store/index.js';
import { memoryStore } from '../../lib/testing/index.js';
import { addPublicKey } from './public-key-of.js';
import { runClient } from './run-client.js';
import { startTokenApp, type MadeKey, type TokenApp } from './token-app.js';

jest.setTimeout(90_000);

const ed25519 = generateKeyPairSync('ed25519').privateKey;
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;

describe('clients that others have written', () => {
  let app: TokenApp;
  let store: KeyStore;
  let key: MadeKey;

  beforeAll(async () => {
    store = memoryStore();
    app = await startTokenApp({ store, usesRealTime: true });
    key = await app.key();
  });
  afterAll(() => app.close());

  const ways: [string, string, KeyObject | null, string][] = [
    ['client_secret_basic', 'client_secret_basic', null, ''],
    ['client_secret_post', 'client_secret_post', null, ''],
    ['private_key_jwt with Ed25519', 'private_key_jwt', ed25519, 'Ed25519'],
    ['private_key_jwt with RSA', 'private_key_jwt', rsa, 'PS256'],
  ];

  it.each(ways)('R67 oauth4webapi goes all the way with %s', async (_way, method, privateKey, algorithm) => {
    const own = await app.key();
    if (privateKey !== null) await addPublicKey(store, own.id, privateKey);
    const pem = privateKey?.export({ type: 'pkcs8', format: 'pem' });
    const config = { issuer: app.url, id: own.id, secret: own.secret, method, pem, algorithm };
    expect(await runClient('oauth4webapi.mjs', config)).toEqual({
      type: 'bearer',
      scope: 'orders:read',
      expiresIn: 3600,
      claims: expect.objectContaining({ iss: app.url, aud: app.url, client_id: own.id, sub: 'alice' }),
      used: 200,
      before: expect.objectContaining({ active: true, client_id: own.id, scope: 'orders:read' }),
      after: { active: false },
      refusedScope: 'invalid_scope',
      gone: 401,
    });
  });

  it('R67 oauth4webapi sends a whole key as the secret, underscores encoded', async () => {
    const config = { issuer: app.url, id: key.id, secret: key.token, method: 'client_secret_basic' };
    expect(await runClient('oauth4webapi.mjs', config)).toMatchObject({ used: 200, gone: 401 });
  });

  it('R70 jose checks tokens with the published keys, and refuses others', async () => {
    const token = await app.token(key);
    const forged = `${token.slice(0, token.lastIndexOf('.'))}.${Buffer.alloc(64, 7).toString('base64url')}`;
    expect(await runClient('jose.mjs', { issuer: app.url, token, forged })).toEqual({
      payload: expect.objectContaining({ client_id: key.id, scope: 'orders:read orders:write' }),
      alg: 'EdDSA',
      typ: 'at+jwt',
      refused: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
    });
  });

  it.each([
    ['a secret', null],
    ['private_key_jwt', ed25519],
  ])(
    'R67 openid-client finds everything by itself and goes all the way with %s',
    async (_way, privateKey) => {
      const own = await app.key();
      if (privateKey !== null) await addPublicKey(store, own.id, privateKey);
      const pem = privateKey?.export({ type: 'pkcs8', format: 'pem' });
      const config = { issuer: app.url, id: own.id, secret: own.token, pem };
      expect(await runClient('openid-client.mjs', config)).toEqual({
        scope: 'orders:read',
        usedBefore: 200,
        before: expect.objectContaining({ active: true, client_id: own.id, aud: app.url }),
        ofKey: expect.objectContaining({ active: true, client_id: own.id, sub: 'alice', aud: app.url }),
        after: { active: false },
        usedAfter: 401,
      });
    },
  );

  it.each(['header', 'body'])(
    'R67 simple-oauth2 gets a token with its credentials in the %s',
    async (where) => {
      const config = { issuer: app.url, id: key.id, secret: key.secret, authorizationMethod: where };
      expect(await runClient('simple-oauth2.mjs', config)).toEqual({
        scope: 'orders:read orders:write',
        before: 200,
        expired: false,
        wrong: 401,
      });
    },
  );
});
