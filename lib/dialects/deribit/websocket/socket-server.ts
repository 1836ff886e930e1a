import type { Express, Request } from 'express';
import type { IncomingMessage, Server } from 'node:http';
import type { Server as TlsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { toNetwork } from '../../../domain/network.js';
import { hasRepeatedHost } from '../../../http/repeated-host.js';
import { hasTooManyHeaders } from '../../../http/too-many-headers.js';
import { maxRequestBytes } from '../../request-limit.js';
import type { SharedDeribitParts } from '../deribit-parts.js';
import { ConnectionCounts } from './connection-counts.js';
import { DeribitConnection } from './deribit-connection.js';
import type { WsServer, WsServerClass } from './load-ws.js';
import { isOriginAllowed } from './origin-check.js';
import { refuseUpgrade, type UpgradeRefusal } from './refuse-upgrade.js';
import { addUpgradePath, isUnknownPath, removeUpgradePath } from './upgrade-paths.js';
import type { ResolvedWebSocketOptions } from './web-socket-options.js';

/** Opens connections on an HTTP server, within the limits, and closes them. */
export class SocketServer {
  readonly #server: Server | TlsServer;
  readonly #shared: SharedDeribitParts;
  readonly #options: ResolvedWebSocketOptions;
  readonly #wsServer: WsServer;
  readonly #perKey: ConnectionCounts;
  /** By network: a client has many addresses of IPv6. */
  readonly #perNetwork: ConnectionCounts;
  readonly #open = new Set<DeribitConnection>();
  /** Those that are being opened or closed, too. */
  #count = 0;
  #isClosed = false;
  #onAllClosed: (() => void)[] = [];

  constructor(
    server: Server | TlsServer,
    shared: SharedDeribitParts,
    options: ResolvedWebSocketOptions,
    WebSocketServer: WsServerClass,
  ) {
    this.#server = server;
    this.#shared = shared;
    this.#options = options;
    this.#wsServer = new WebSocketServer({
      ...{ noServer: true, clientTracking: false, perMessageDeflate: false },
      maxPayload: maxRequestBytes,
    });
    this.#perKey = new ConnectionCounts(options.maxConnectionsPerKey);
    this.#perNetwork = new ConnectionCounts(options.maxConnectionsPerAddress);
  }

  get connections(): number {
    return this.#open.size;
  }

  listen(): void {
    addUpgradePath(this.#server, this, this.#options.path);
    this.#server.on('upgrade', this.#acceptUpgrade);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    removeUpgradePath(this.#server, this);
    this.#server.off('upgrade', this.#acceptUpgrade);
    for (const connection of this.#open) connection.close('goingAway', 'server closes');
    if (this.#count > 0) await new Promise<void>((resolve) => this.#onAllClosed.push(resolve));
  }

  readonly #acceptUpgrade = (message: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const path = message.url?.split('?', 1)[0] ?? '';
    if (path !== this.#options.path) {
      if (isUnknownPath(this.#server, this, path)) refuseUpgrade(socket, 404);
      return;
    }
    const req = toExpressRequest(message, this.#options.app);
    const refusal = this.#findRefusal(req);
    if (refusal !== null) {
      refuseUpgrade(socket, refusal);
      return;
    }
    const address = this.#shared.host.clientAddress(req);
    const network = address === null ? null : toNetwork(address);
    if (network !== null && !this.#perNetwork.take(network)) refuseUpgrade(socket, 429);
    else this.#openConnection(req, socket, head, network);
  };

  #findRefusal(req: Request): UpgradeRefusal | null {
    if (hasTooManyHeaders(req)) return 431;
    if (hasRepeatedHost(req)) return 400;
    if (!isOriginAllowed(req, this.#options.origins)) return 403;
    return this.#count >= this.#options.maxConnections ? 503 : null;
  }

  #openConnection(req: Request, socket: Duplex, head: Buffer, network: string | null): void {
    this.#count += 1;
    let isOpened = false;
    // A handshake that ws refuses ends the socket, and never becomes a connection.
    socket.once('close', () => {
      if (!isOpened) this.#release(network);
    });
    this.#wsServer.handleUpgrade(req, socket, head, (opened) => {
      isOpened = true;
      const connection = new DeribitConnection({
        ...{ shared: this.#shared, options: this.#options, perKey: this.#perKey, req, socket: opened },
        onClosed: () => {
          this.#open.delete(connection);
          this.#release(network);
        },
      });
      this.#open.add(connection);
      if (this.#isClosed) connection.close('goingAway', 'server closes');
    });
  }

  #release(network: string | null): void {
    this.#count -= 1;
    if (network !== null) this.#perNetwork.release(network);
    if (this.#count === 0) for (const resolve of this.#onAllClosed.splice(0)) resolve();
  }
}

/** The app never sees an upgrade, so the request gets what Express would have given it. */
function toExpressRequest(message: IncomingMessage, app: Express): Request {
  const req = Object.setPrototypeOf(message, app.request) as Request;
  req.originalUrl = req.url;
  req.baseUrl = '';
  return req;
}
