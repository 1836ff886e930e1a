import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

/** The status of a refused upgrade. */
export type UpgradeRefusal = 400 | 403 | 404 | 429 | 431 | 503;

/** How long a client may take to read the response, in milliseconds. */
const readTimeoutMs = 5000;

/**
 * Refuses to open a connection, with a plain HTTP response, and closes the socket: after an upgrade no timeout of the HTTP server
 * applies to it, and a client that keeps its own half open would keep the socket.
 */
export function refuseUpgrade(socket: Duplex, status: UpgradeRefusal): void {
  // The client may be gone already.
  socket.on('error', () => socket.destroy());
  socket.once('finish', () => socket.destroy());
  const timer = setTimeout(() => socket.destroy(), readTimeoutMs).unref();
  socket.once('close', () => clearTimeout(timer));
  const retry = status === 429 || status === 503 ? 'Retry-After: 1\r\n' : '';
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${retry}Connection: close\r\nContent-Length: 0\r\n\r\n`,
  );
}
