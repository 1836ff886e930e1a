import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Express, type Router } from 'express';
import WebSocket, { type ClientOptions } from 'ws';
import {
  deribitRouter,
  deribitWebSocket,
  type DeribitOptions,
  type DeribitWebSocket,
  type DeribitWebSocketOptions,
} from '../../lib/dialects/index.js';
import type { ApiKeysOptions } from '../../lib/index.js';
import { createInstance, type Scope, type TestInstance } from '../harness/instance.js';
import { neededOptions, ownerOfSession } from './deribit-app.js';

/** What comes over a connection. */
export interface SocketMessage {
  readonly id?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: object };
  readonly method?: string;
  readonly params?: object;
  readonly [member: string]: unknown;
}

/** A client with the package `ws`. */
export interface SocketClient {
  readonly socket: WebSocket;
  /** Everything that has come, in order. */
  readonly received: readonly SocketMessage[];
  /** Calls a method and waits for its answer. */
  call(method: string, params?: object): Promise<SocketMessage>;
  /** The code and the reason of the end of the connection. */
  readonly closed: Promise<readonly [code: number, reason: string]>;
}

/** An app with the router at `/api/v2`, and its connections at `/ws/api/v2`. */
export interface SocketApp extends TestInstance {
  readonly app: Express;
  readonly router: Router;
  readonly server: Server;
  readonly sockets: DeribitWebSocket;
  readonly port: number;
  connect(options?: ClientOptions): Promise<SocketClient>;
  stop(): Promise<void>;
}

export async function startSocketApp(
  socketOptions: Partial<DeribitWebSocketOptions> = {},
  instanceOptions: Partial<ApiKeysOptions<Scope>> = {},
  options: Partial<DeribitOptions> = {},
): Promise<SocketApp> {
  const instance = createInstance({ ...neededOptions, ...instanceOptions });
  const { apiKeys } = instance;
  const app = express();
  const router = deribitRouter(apiKeys, {
    verifyAccessToken: ownerOfSession,
    scopeMap: { 'trade:read': ['orders:read'] },
    ...options,
  });
  app.use('/api/v2', router);
  app.use('/admin', apiKeys.adminRouter({ authorize: () => ({ kind: 'admin', id: 'root' }) }));
  app.get('/orders', apiKeys.requireApiKey('orders:read'), (_req, res) => void res.json({}));
  const server = createServer(app);
  const sockets = await deribitWebSocket(server, router, { app, ...socketOptions });
  server.listen(0, '127.0.0.1');
  await Promise.all([once(server, 'listening'), apiKeys.ready()]);
  const { port } = server.address() as AddressInfo;
  return {
    ...instance,
    ...{ app, router, server, sockets, port },
    connect: (clientOptions) => connect(port, clientOptions),
    async stop() {
      await sockets.close();
      server.closeAllConnections();
      server.close();
      await apiKeys.close();
    },
  };
}

/** Opens a connection; rejects with the status when it is refused. */
export async function connect(
  port: number,
  options: ClientOptions = {},
  path = '/ws/api/v2',
): Promise<SocketClient> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, options);
  const received: SocketMessage[] = [];
  const waiting = new Map<number, (message: SocketMessage) => void>();
  let ids = 0;
  socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString()) as SocketMessage;
    received.push(message);
    waiting.get(message.id as number)?.(message);
  });
  const closed = new Promise<readonly [number, string]>((resolve) => {
    socket.once('close', (code, reason: Buffer) => resolve([code, reason.toString()]));
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('open', () => resolve());
    socket.once('unexpected-response', (req, res) => {
      req.destroy();
      reject(new Error(`refused with ${res.statusCode}`));
    });
    socket.on('error', (error) => reject(error));
  });
  return {
    ...{ socket, received, closed },
    call(method, params) {
      const id = (ids += 1);
      const answer = new Promise<SocketMessage>((resolve, reject) => {
        waiting.set(id, resolve);
        void closed.then(([code, reason]) => reject(new Error(`closed with ${code} ${reason}`)));
      });
      socket.send(
        JSON.stringify({ jsonrpc: '2.0', id, method, ...(params === undefined ? {} : { params }) }),
      );
      return answer;
    },
  };
}
