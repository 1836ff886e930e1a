import type { IncomingMessage } from 'node:http';
import * as nodePath from 'node:path';
import type { Duplex } from 'node:stream';
import { InvalidOptionError } from '../../../errors.js';

/** What is used of a socket of the package `ws`. */
export interface WsSocket {
  on(event: 'message', listener: (data: Buffer, isBinary: boolean) => void): void;
  on(event: 'close' | 'pong' | 'ping', listener: () => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
  send(text: string, sent: (error?: Error) => void): void;
  pause(): void;
  resume(): void;
  /** Bytes that the system has not taken yet. */
  readonly bufferedAmount: number;
  close(code: number, reason: string): void;
  terminate(): void;
}

/** What is used of a server of the package `ws`. */
export interface WsServer {
  handleUpgrade(req: IncomingMessage, socket: Duplex, head: Buffer, opened: (socket: WsSocket) => void): void;
}

/** The constructor of servers in the package `ws`. */
export type WsServerClass = new (options: {
  readonly noServer: true;
  readonly clientTracking: false;
  readonly perMessageDeflate: false;
  readonly maxPayload: number;
}) => WsServer;

/**
 * Loads `ws`, an optional peer dependency: first from here, then from the app. The name is a variable, so that bundlers leave the
 * import alone; why `createRequire` is not imported is said at `loadDriver`.
 *
 * @throws InvalidOptionError that names the install command
 */
export async function loadWs(): Promise<WsServerClass> {
  const name: string = 'ws';
  let cause: unknown;
  const { createRequire } = process.getBuiltinModule('node:module');
  const loadFromApp = (): unknown => createRequire(nodePath.join(process.cwd(), 'package.json'))(name);
  for (const load of [() => import(/* webpackIgnore: true */ name) as Promise<unknown>, loadFromApp]) {
    try {
      const { WebSocketServer } = (await load()) as { readonly WebSocketServer?: WsServerClass };
      if (WebSocketServer !== undefined) return WebSocketServer;
    } catch (error) {
      cause ??= error;
    }
  }
  throw new InvalidOptionError(
    'deribitWebSocket: needs the package ws (8.10 or newer), which could not be loaded. ' +
      'Install it beside your app: npm install ws',
    { cause },
  );
}
