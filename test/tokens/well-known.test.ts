import type { ApiKeysOptions } from '../../lib/index.js';
import { createInstance } from '../harness/instance.js';
import { startTokenApp, type TokenApp } from './token-app.js';

describe('the well-known documents', () => {
  let app: TokenApp;

  beforeAll(async () => {
    app = await startTokenApp();
  });
  afterAll(() => app.close());

  const get = async (name: string, init?: RequestInit): Promise<Response> =>
    fetch(`${app.url}/.well-known/${name}`, init);

  it('R67 say where the endpoints are and what they take', async () => {
    const answer = await get('oauth-authorization-server');
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'public, max-age=300']);
    const methods = ['client_secret_basic', 'client_secret_post', 'private_key_jwt'];
    expect(await answer.json()).toMatchObject({
      issuer: app.url,
      token_endpoint: `${app.url}/oauth/token`,
      introspection_endpoint: `${app.url}/oauth/introspect`,
      revocation_endpoint: `${app.url}/oauth/revoke`,
      jwks_uri: `${app.url}/.well-known/jwks.json`,
      grant_types_supported: ['client_credentials'],
      token_endpoint_auth_methods_supported: methods,
      scopes_supported: ['orders:read', 'orders:write', 'users:read'],
    });
  });

  it('R70 publish public keys, and nothing that is secret', async () => {
    const answer = await get('jwks.json');
    const { keys } = (await answer.json()) as { keys: Record<string, unknown>[] };
    expect(keys).toEqual([
      {
        ...{ kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', use: 'sig' },
        kid: expect.stringMatching(/^[0-9A-Za-z]{16}$/),
        x: expect.stringMatching(/^[\w-]{43}$/),
      },
    ]);
  });

  it('R67 are found where clients of OpenID Connect look', async () => {
    const plain = (await (await get('oauth-authorization-server')).json()) as object;
    const answer = await get('openid-configuration');
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'public, max-age=300']);
    expect(await answer.json()).toEqual({
      ...plain,
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: [],
    });
  });

  it('R67 name an authorization endpoint, which clients require, and which grants nothing', async () => {
    const { authorization_endpoint: url, response_types_supported: types } = (await (
      await get('oauth-authorization-server')
    ).json()) as Record<string, unknown>;
    expect([url, types]).toEqual([`${app.url}/oauth/authorize`, []]);
    const answer = await fetch(`${String(url)}?response_type=code&redirect_uri=https://other.example`, {
      redirect: 'manual',
    });
    expect([answer.status, await answer.json()]).toEqual([
      400,
      {
        error: 'unsupported_response_type',
        error_description: expect.stringContaining('client_credentials'),
      },
    ]);
  });

  it('R67 have the further members that the app gives, and none of ours is replaced', async () => {
    const metadata = {
      service_documentation: 'https://acme.example/docs',
      'op_policy_uri#de': 'https://acme.example/de',
    };
    const app2 = await startTokenApp({ tokens: { issuer: 'https://api.example', metadata } });
    for (const name of ['oauth-authorization-server', 'openid-configuration']) {
      const answer = await fetch(`${app2.url}/.well-known/${name}`);
      expect(await answer.json()).toMatchObject({ ...metadata, issuer: 'https://api.example' });
    }
    await app2.close();
  });

  it.each<[object, RegExp]>([
    [{ issuer: 'https://other.example' }, /tokens\.metadata\.issuer: is set by this package/],
    [{ 'token_endpoint#de': 'https://other.example' }, /is set by this package/],
    [{ subject_types_supported: ['pairwise'] }, /is set by this package/],
    [{ jwks_uri: 'https://other.example' }, /is set by this package/],
    [{ op_policy_uri: '/policy' }, /tokens\.metadata\.op_policy_uri: takes an absolute URL/],
    [{ registration_endpoint: 'javascript:alert(1)' }, /takes an absolute URL/],
    [{ ui_locales_supported: 'de' }, /takes a list of strings/],
    [{ Name: 1 }, /lower-case words/],
    [{ acme: () => 1 }, /a value that JSON can carry/],
    [{ acme: NaN }, /a value that JSON can carry/],
    [{ acme: 'x'.repeat(20_000) }, /at most 16384 characters/],
    [[], /takes an object of metadata members/],
  ])('R67 refuse %j as further members', (metadata, message) => {
    const tokens = { issuer: 'https://api.example', metadata } as ApiKeysOptions['tokens'];
    expect(() => createInstance({ tokens })).toThrow(message);
  });

  it('R67 are read with GET only, and others go on to the app', async () => {
    for (const name of ['jwks.json', 'oauth-authorization-server', 'openid-configuration']) {
      const answer = await get(name, { method: 'POST' });
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    }
    expect((await get('security.txt')).status).toBe(404);
  });

  it('R67 of an issuer with a path have the path behind their name', async () => {
    const below = await startTokenApp({ tokens: { issuer: 'https://api.example/orders', endpoints: '' } });
    const answer = await fetch(`${below.url}/.well-known/oauth-authorization-server/orders`);
    expect(await answer.json()).toMatchObject({
      token_endpoint: 'https://api.example/orders/token',
      jwks_uri: 'https://api.example/.well-known/jwks.json',
    });
    for (const name of ['openid-configuration/orders', 'openid-configuration']) {
      const found = await fetch(`${below.url}/.well-known/${name}`);
      expect(await found.json()).toMatchObject({ issuer: 'https://api.example/orders' });
    }
    expect((await fetch(`${below.url}/.well-known/jwks.json`)).status).toBe(200);
    expect((await fetch(`${below.url}/.well-known/oauth-authorization-server`)).status).toBe(404);
    await below.close();
  });
});
