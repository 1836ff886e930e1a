import {
  discoverAuthorizationServerMetadata,
  discoverOAuthProtectedResourceMetadata,
  extractWWWAuthenticateParams,
} from '@modelcontextprotocol/sdk/client/auth.js';
import { basic } from '../tokens/token-app.js';
import { startMcpApp, type McpApp } from './mcp-app.js';

jest.setTimeout(180_000);

const initialize = JSON.stringify({
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
});
const headers = { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream' };
const post = (url: URL, more: Record<string, string> = {}): Promise<Response> =>
  fetch(url, { method: 'POST', headers: { ...headers, ...more }, body: initialize });

describe('how clients find the authorization server of an MCP server', () => {
  let app: McpApp;

  beforeAll(async () => {
    app = await startMcpApp({ hasTokens: true });
  });
  afterAll(() => app.close());

  const wellKnown = (path: string, init?: RequestInit): Promise<Response> =>
    fetch(`${app.url}/.well-known/${path}`, init);

  it('by the challenge first: the SDK and Claude', async () => {
    const answer = await post(app.mcp);
    const metadata = `${app.url}/.well-known/oauth-protected-resource/mcp`;
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([
      401,
      `Bearer realm="acme", resource_metadata="${metadata}"`,
    ]);
    const { resourceMetadataUrl } = extractWWWAuthenticateParams(answer);
    expect(resourceMetadataUrl?.href).toBe(metadata);
    const found = await discoverOAuthProtectedResourceMetadata(app.mcp, {
      resourceMetadataUrl: String(resourceMetadataUrl),
    });
    expect(found).toEqual({
      resource: app.mcp.href,
      authorization_servers: [app.url],
      bearer_methods_supported: ['header'],
    });
    const server = await discoverAuthorizationServerMetadata(found.authorization_servers?.[0] ?? '');
    expect(server).toMatchObject({ issuer: app.url, token_endpoint: `${app.url}/oauth/token` });
  });

  it('by the well-known URLs alone, with and without the path: OpenAI and older clients', async () => {
    const found = (await (await wellKnown('oauth-protected-resource/mcp')).json()) as object;
    expect(await (await wellKnown('oauth-protected-resource')).json()).toEqual(found);
    expect(await (await wellKnown('oauth-protected-resource/mcp/')).json()).toEqual(found);
    expect((await wellKnown('oauth-protected-resource/other')).status).toBe(404);
    for (const name of ['oauth-authorization-server', 'openid-configuration']) {
      expect(await (await wellKnown(name)).json()).toMatchObject({ issuer: app.url });
      // Of the MCP server, as if it were the issuer: the next URL is tried.
      expect((await wellKnown(`${name}/mcp`)).status).toBe(404);
    }
    expect((await wellKnown('oauth-protected-resource/mcp', { method: 'POST' })).status).toBe(405);
  });

  it('also in browsers of other sites', async () => {
    const answer = await wellKnown('oauth-protected-resource/mcp', {
      headers: { Origin: 'https://client.example' },
    });
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  });

  it('a client with a wrong key and with too few scopes is sent there, too', async () => {
    const wrong = await post(app.mcp, { Authorization: 'Bearer acme_live_wrong' });
    expect(wrong.headers.get('www-authenticate')).toMatch(/error="invalid_token", resource_metadata="http/);
  });

  it('a token is for the resource that was requested', async () => {
    const key = await app.key();
    const request = async (resource?: string): Promise<Record<string, unknown>> => {
      const form = new URLSearchParams({
        grant_type: 'client_credentials',
        ...(resource === undefined ? {} : { resource }),
      });
      const answer = await fetch(`${app.url}/oauth/token`, {
        method: 'POST',
        headers: basic(key.id, key.token),
        body: form,
      });
      return (await answer.json()) as Record<string, unknown>;
    };
    const use = async ({ access_token: token }: Record<string, unknown>): Promise<number[]> => {
      const bearer = { Authorization: `Bearer ${String(token)}` };
      const orders = await fetch(`${app.url}/orders`, { headers: bearer });
      return [(await post(app.mcp, bearer)).status, orders.status];
    };
    // Twice, since a token that was verified before is found in a cache.
    const forMcp = await request(app.mcp.href);
    expect([await use(forMcp), await use(forMcp)]).toEqual([
      [200, 401],
      [200, 401],
    ]);
    expect(await use(await request(`${app.mcp.href}/`))).toEqual([200, 401]);
    expect(await use(await request())).toEqual([200, 200]);
    expect(await use(await request(app.url))).toEqual([200, 200]);
    for (const other of ['https://other.example/mcp', `${app.url}/orders`, 'mcp', `${app.mcp.href}#x`]) {
      expect([other, await request(other)]).toMatchObject([other, { error: 'invalid_target' }]);
    }
    const introspected = await fetch(`${app.url}/oauth/introspect`, {
      method: 'POST',
      headers: basic(key.id, key.token),
      body: new URLSearchParams({ token: String(forMcp['access_token']) }),
    });
    expect(await introspected.json()).toMatchObject({ active: true, aud: app.mcp.href });
  });

  it('without tokens nothing leads there', async () => {
    const plain = await startMcpApp();
    const answer = await post(plain.mcp);
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="acme"']);
    await plain.close();
  });

  it('a guard that reads no Bearer does not lead there either', async () => {
    const plain = await startMcpApp({ hasTokens: true, guard: { credentialFrom: ['x-api-key'] } });
    const answer = await post(plain.mcp);
    expect(answer.headers.get('www-authenticate')).not.toContain('resource_metadata');
    await plain.close();
  });
});
