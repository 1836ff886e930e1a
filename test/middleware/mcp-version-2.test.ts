import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  Client,
  ClientCredentialsProvider,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';
import { createMcpExpressApp } from '@modelcontextprotocol/express';
import { NodeStreamableHTTPServerTransport, toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, isInitializeRequest, McpServer } from '@modelcontextprotocol/server';
import type { Express } from 'express';
import { createInstance, type TestInstance } from '../harness/instance.js';
import { theApp } from '../harness/the-app.js';

jest.setTimeout(180_000);

const tools = { read_orders: 'orders:read', delete_order: 'orders:write' } as const;
const calls: string[] = [];
let lastAuth: unknown;

function createOrders(): McpServer {
  const server = new McpServer({ name: 'orders', version: '1.0.0' });
  for (const tool of Object.keys(tools)) {
    server.registerTool(tool, { description: tool }, (ctx) => {
      calls.push(tool);
      lastAuth = ctx.http?.authInfo;
      return { content: [{ type: 'text', text: `${tool} done` }] };
    });
  }
  return server;
}

/** Version 2 for the protocol of 2026, without sessions. */
function mountHandler(app: Express): void {
  const handle = toNodeHandler(createMcpHandler(createOrders));
  app.all('/mcp', (req, res) => void handle(req, res, req.body));
}

/** Version 2 for the protocols before, with sessions. */
function mountSessions(app: Express): void {
  const transports = new Map<string, NodeStreamableHTTPServerTransport>();
  app.all('/mcp', (req, res, next) => {
    const answer = async (): Promise<void> => {
      let transport = transports.get(String(req.headers['mcp-session-id']));
      if (transport === undefined && isInitializeRequest(req.body)) {
        const created = new NodeStreamableHTTPServerTransport({
          sessionIdGenerator: () => randomUUID(),
          onsessioninitialized: (id) => void transports.set(id, created),
        });
        await createOrders().connect(created);
        transport = created;
      }
      if (transport === undefined) res.status(404).end();
      else await transport.handleRequest(req, res, req.body);
    };
    answer().catch(next);
  });
}

const modern = { versionNegotiation: { mode: { pin: '2026-07-28' } } } as const;

describe.each([
  ['a handler of version 2, and the protocol of 2026', mountHandler, modern],
  ['a handler of version 2, and the protocol of 2025', mountHandler, {}],
  ['sessions of version 2', mountSessions, {}],
])('version 2 of the official client and server: %s', (_how, mount, options) => {
  let instance: TestInstance;
  let server: Server;
  let url: string;

  beforeAll(async () => {
    const app = createMcpExpressApp();
    server = createServer(app).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    instance = createInstance({ clock: undefined, tokens: { issuer: url } });
    const { apiKeys } = instance;
    await apiKeys.ready();
    app.use('/oauth', apiKeys.tokenRouter());
    app.use('/.well-known', apiKeys.wellKnownRouter());
    app.use('/mcp', apiKeys.mcpGuard({ tools }));
    mount(app);
  });
  afterAll(async () => {
    server.close();
    server.closeAllConnections();
    await instance.apiKeys.close();
  });

  type TransportOptions = NonNullable<ConstructorParameters<typeof StreamableHTTPClientTransport>[1]>;

  async function connect(transport: TransportOptions): Promise<Client> {
    const client = new Client({ name: 'test', version: '1.0.0' }, options);
    await client.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`), transport));
    return client;
  }

  it.each<[string, (key: { id: string; token: string }) => TransportOptions]>([
    ['a key as X-API-Key', ({ token }) => ({ requestInit: { headers: { 'X-API-Key': token } } })],
    ['a key as Bearer', ({ token }) => ({ requestInit: { headers: { Authorization: `Bearer ${token}` } } })],
    [
      'an access token',
      ({ id, token }) => ({
        authProvider: new ClientCredentialsProvider({
          clientId: id,
          clientSecret: token,
          expectedIssuer: url,
        }),
      }),
    ],
  ])('%s sees and calls its tools until the key is revoked', async (_way, transport) => {
    const key = await instance.key();
    const client = await connect(transport(key));
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['read_orders']);
    expect(await client.callTool({ name: 'read_orders' })).toMatchObject({
      content: [{ text: 'read_orders done' }],
    });
    expect(lastAuth).toMatchObject({
      clientId: key.id,
      scopes: ['orders:read'],
      resource: new URL(`${url}/mcp`),
    });
    await expect(client.callTool({ name: 'delete_order' })).rejects.toThrow();
    expect(calls).not.toContain('delete_order');
    await instance.apiKeys.keys.as(theApp).revoke({ id: key.id });
    await expect(client.callTool({ name: 'read_orders' })).rejects.toThrow();
    await client.close();
  });

  it('nobody connects without a key', async () => {
    await expect(connect({})).rejects.toThrow();
  });
});
