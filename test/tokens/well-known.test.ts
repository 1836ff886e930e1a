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

  it('R67 are read with GET only, and others go on to the app', async () => {
    for (const name of ['jwks.json', 'oauth-authorization-server']) {
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
    expect((await fetch(`${below.url}/.well-known/jwks.json`)).status).toBe(200);
    expect((await fetch(`${below.url}/.well-known/oauth-authorization-server`)).status).toBe(404);
    await below.close();
  });
});
