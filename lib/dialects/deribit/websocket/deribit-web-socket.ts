import type { Router } from 'express';
import type { Server } from 'node:http';
import type { Server as TlsServer } from 'node:https';
import { InvalidOptionError } from '../../../errors.js';
import { getDeribitParts } from '../deribit-parts.js';
import { loadWs } from './load-ws.js';
import { SocketServer } from './socket-server.js';
import { resolveWebSocketOptions, type DeribitWebSocketOptions } from './web-socket-options.js';

/** The WebSocket side of a router. */
export interface DeribitWebSocket {
  /** The number of open connections. */
  readonly connections: number;
  /** Accepts no more connections and closes those that are open. Resolves when all are closed. Call it before `apiKeys.close()`. */
  close(): Promise<void>;
}

/**
 * Deribit's methods over WebSocket, in addition to the router: the same methods with the same errors. `public/auth` authenticates
 * the connection, so that later calls need no `access_token`; its token is checked at every call. Needs the package `ws`.
 *
 * @param server - the HTTP server of the app
 * @param router - what `deribitRouter` returned
 * @throws InvalidOptionError `ERR_API_KEYS_INVALID_OPTION` when an option is missing, misspelled or invalid, or when `ws` is not
 * installed
 *
 * @example
 * const router = deribitRouter(apiKeys, { verifyAccessToken: (token) => ownerOfSession(token) });
 * app.use('/api/v2', router);
 * const sockets = await deribitWebSocket(app.listen(3000), router, { app });
 */
export async function deribitWebSocket(
  server: Server | TlsServer,
  router: Router,
  options: DeribitWebSocketOptions,
): Promise<DeribitWebSocket> {
  const shared = getDeribitParts(router);
  const resolved = resolveWebSocketOptions(options);
  if (typeof (server as Partial<Server> | null | undefined)?.on !== 'function') {
    throw new InvalidOptionError(
      'deribitWebSocket: takes an HTTP server first, for example app.listen(3000)',
    );
  }
  const WebSocketServer = await loadWs();
  const sockets = new SocketServer(server, shared, resolved, WebSocketServer);
  sockets.listen();
  return sockets;
}
