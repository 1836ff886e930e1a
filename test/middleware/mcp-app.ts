import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { isInitializeRequest } from '@modelcontextprotocol/sdk/types.js';
import express, { type Express, type Request, type RequestHandler, type Response } from 'express';
import type { ApiKeysOptions, McpGuardOptions } from '../../lib/index.js';
import { createInstance, type Scope, type TestInstance } from '../harness/instance.js';

/** What a tool was called with. */
export interface ToolCall {
  readonly tool: string;
  readonly auth: unknown;
}

export interface McpApp extends TestInstance {
  readonly url: string;
  /** The endpoint of the MCP server. */
  readonly mcp: URL;
  readonly calls: readonly ToolCall[];
  close(): Promise<void>;
}

export interface McpAppOptions {
  readonly guard?: McpGuardOptions<Scope>;
  readonly hasTokens?: boolean;
  /** Where the body is parsed: before the guard, behind it, or by the SDK itself. */
  readonly parser?: 'before' | 'behind' | 'none';
  /** Whether the server answers in JSON instead of streams of events. */
  readonly answersJson?: boolean;
  readonly isStateless?: boolean;
  readonly before?: RequestHandler;
  readonly behind?: RequestHandler;
  readonly instance?: Partial<ApiKeysOptions<Scope>>;
}

export const tools = { read_orders: 'orders:read', delete_order: 'orders:write', greet: true } as const;

/** A server with the tools of the table, and one that is not in it. */
function createMcpServer(calls: ToolCall[]): McpServer {
  const server = new McpServer({ name: 'orders', version: '1.0.0' });
  for (const tool of [...Object.keys(tools), 'forgotten']) {
    server.registerTool(tool, { description: tool }, async ({ authInfo }) => {
      calls.push({ tool, auth: authInfo });
      return { content: [{ type: 'text', text: `${tool} done` }] };
    });
  }
  return server;
}

/** The handlers of the SDK's examples: sessions in memory, or a transport for each request. */
function mountServer(app: Express, options: McpAppOptions, calls: ToolCall[]): void {
  const transports = new Map<string, StreamableHTTPServerTransport>();
  const enableJsonResponse = options.answersJson ?? false;

  async function createTransport(isInitialize: boolean): Promise<StreamableHTTPServerTransport> {
    const transport = new StreamableHTTPServerTransport({
      enableJsonResponse,
      ...(isInitialize
        ? {
            sessionIdGenerator: () => randomUUID(),
            onsessioninitialized: (id: string) => void transports.set(id, transport),
          }
        : {}),
    });
    await createMcpServer(calls).connect(transport);
    return transport;
  }

  const handle = async (req: Request, res: Response): Promise<void> => {
    const sessionId = req.headers['mcp-session-id'];
    let transport = typeof sessionId === 'string' ? transports.get(sessionId) : undefined;
    if (transport === undefined && options.isStateless === true) transport = await createTransport(false);
    if (
      transport === undefined &&
      sessionId === undefined &&
      (req.body === undefined || isInitializeRequest(req.body))
    ) {
      transport = await createTransport(true);
    }
    if (transport === undefined) {
      res
        .status(400)
        .json({ jsonrpc: '2.0', error: { code: -32000, message: 'No valid session' }, id: null });
      return;
    }
    await transport.handleRequest(req, res, req.body);
  };
  app.all('/mcp', (req, res, next) => void handle(req, res).catch(next));
}

/** An app of the official SDK behind the guard. */
export async function startMcpApp(options: McpAppOptions = {}): Promise<McpApp> {
  const app = express();
  const server: Server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { parser = 'before' } = options;
  const instance = createInstance({
    clock: undefined,
    ...(options.hasTokens === true ? { tokens: { issuer: url } } : {}),
    ...options.instance,
  });
  const { apiKeys } = instance;
  await apiKeys.ready();
  const calls: ToolCall[] = [];
  if (options.hasTokens === true) {
    app.use('/oauth', apiKeys.tokenRouter());
    app.use('/.well-known', apiKeys.wellKnownRouter());
  }
  if (options.before !== undefined) app.use(options.before);
  if (parser === 'before') app.use(express.json());
  app.use('/mcp', apiKeys.mcpGuard({ tools, ...options.guard }));
  app.get('/orders', apiKeys.requireApiKey('orders:read'), (_req, res) => void res.json({ orders: [] }));
  if (parser === 'behind') app.use(express.json());
  if (options.behind !== undefined) app.use(options.behind);
  mountServer(app, options, calls);
  return {
    ...instance,
    url,
    mcp: new URL(`${url}/mcp`),
    calls,
    async close() {
      server.close();
      server.closeAllConnections();
      await apiKeys.close();
    },
  };
}
