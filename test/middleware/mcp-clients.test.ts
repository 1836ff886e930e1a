import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { ClientCredentialsProvider } from '@modelcontextprotocol/sdk/client/auth-extensions.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { theApp } from '../harness/the-app.js';
import { startMcpApp, type McpApp, type McpAppOptions } from './mcp-app.js';

jest.setTimeout(180_000);

type Headers = Record<string, string>;

async function connect(
  app: McpApp,
  headers: Headers,
): Promise<{ client: Client; transport: StreamableHTTPClientTransport }> {
  const client = new Client({ name: 'test', version: '1.0.0' });
  const transport = new StreamableHTTPClientTransport(app.mcp, { requestInit: { headers } });
  await client.connect(transport);
  return { client, transport };
}

const namesOf = ({ tools }: { tools: { name: string }[] }): string[] => tools.map(({ name }) => name);
const textOf = (result: unknown): unknown =>
  (result as { content: { text: string }[] }).content.map(({ text }) => text).join('');

describe.each<[string, McpAppOptions]>([
  ['events, parsed before the guard', {}],
  ['events, parsed behind the guard', { parser: 'behind' }],
  ['events, read by the SDK itself', { parser: 'none' }],
  ['JSON', { answersJson: true }],
  ['JSON, read by the SDK itself', { answersJson: true, parser: 'none' }],
  ['events without sessions', { isStateless: true }],
])('the official client and server, with %s', (_how, options) => {
  let app: McpApp;

  beforeAll(async () => {
    app = await startMcpApp(options);
  });
  afterAll(() => app.close());

  it.each<[string, (token: string) => Headers]>([
    ['X-API-Key', (token) => ({ 'X-API-Key': token })],
    ['Bearer', (token) => ({ Authorization: `Bearer ${token}` })],
  ])('a key as %s lists and calls the tools that it may call', async (_way, headers) => {
    const { id, token } = await app.key({ scopes: ['orders:read'] });
    const { client } = await connect(app, headers(token));
    expect(namesOf(await client.listTools())).toEqual(['read_orders', 'greet']);
    expect(textOf(await client.callTool({ name: 'read_orders' }))).toBe('read_orders done');
    const { auth } = app.calls.at(-1) ?? {};
    expect(auth).toMatchObject({
      token,
      clientId: id,
      scopes: ['orders:read'],
      extra: { apiKey: { id, ownerId: 'alice' } },
    });
    await expect(client.callTool({ name: 'delete_order' })).rejects.toMatchObject({ code: 403 });
    await expect(client.callTool({ name: 'forgotten' })).rejects.toThrow('Unknown tool: forgotten');
    expect(app.calls.map(({ tool }) => tool)).not.toContain('delete_order');
    expect(app.calls.map(({ tool }) => tool)).not.toContain('forgotten');
    await client.close();
  });

  it('a key with a wildcard sees all tools of the table', async () => {
    const { token } = await app.key({ scopes: ['orders:*'] });
    const { client } = await connect(app, { 'X-API-Key': token });
    expect(namesOf(await client.listTools())).toEqual(['read_orders', 'delete_order', 'greet']);
    expect(textOf(await client.callTool({ name: 'delete_order' }))).toBe('delete_order done');
    await client.close();
  });

  it('a key that is revoked in mid-session is refused in the next request', async () => {
    const { id, token } = await app.key();
    const { client } = await connect(app, { 'X-API-Key': token });
    await client.callTool({ name: 'greet' });
    await app.apiKeys.keys.as(theApp).revoke({ id });
    await expect(client.callTool({ name: 'greet' })).rejects.toMatchObject({ code: 401 });
    await client.close();
  });
});

describe('the official client with an access token', () => {
  let app: McpApp;

  beforeAll(async () => {
    app = await startMcpApp({ hasTokens: true });
  });
  afterAll(() => app.close());

  async function connectWithToken(key: { id: string; token: string }): Promise<Client> {
    const client = new Client({ name: 'test', version: '1.0.0' });
    const authProvider = new ClientCredentialsProvider({
      clientId: key.id,
      clientSecret: key.token,
      expectedIssuer: app.url,
    });
    await client.connect(new StreamableHTTPClientTransport(app.mcp, { authProvider }));
    return client;
  }

  it('finds the authorization server, gets a token for the MCP server alone, and calls a tool', async () => {
    const key = await app.key({ scopes: ['orders:read'] });
    const client = await connectWithToken(key);
    expect(namesOf(await client.listTools())).toEqual(['read_orders', 'greet']);
    expect(textOf(await client.callTool({ name: 'read_orders' }))).toBe('read_orders done');
    const { auth } = app.calls.at(-1) as { auth: { token: string; resource: URL; clientId: string } };
    expect([auth.clientId, auth.resource.href]).toEqual([key.id, app.mcp.href]);
    const bearer = { Authorization: `Bearer ${auth.token}` };
    const elsewhere = await fetch(`${app.url}/orders`, { headers: bearer });
    expect([elsewhere.status, await elsewhere.json()]).toMatchObject([
      401,
      { code: 'invalid_token', detail: 'The access token was issued for another resource.' },
    ]);
    await client.close();
  });

  it('a key that is revoked in mid-session ends it', async () => {
    const key = await app.key();
    const client = await connectWithToken(key);
    await client.callTool({ name: 'greet' });
    await app.apiKeys.keys.as(theApp).revoke({ id: key.id });
    await expect(client.callTool({ name: 'greet' })).rejects.toThrow();
    await client.close();
  });
});
