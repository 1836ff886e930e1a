import type { Server } from 'node:http';
import type { Server as TlsServer } from 'node:https';

/** The paths of connections on each HTTP server. */
const pathsByServer = new WeakMap<Server | TlsServer, Map<object, string>>();

/** Records who listens for the upgrades of a path. */
export function addUpgradePath(server: Server | TlsServer, listener: object, path: string): void {
  const paths = pathsByServer.get(server) ?? new Map<object, string>();
  pathsByServer.set(server, paths.set(listener, path));
}

export function removeUpgradePath(server: Server | TlsServer, listener: object): void {
  pathsByServer.get(server)?.delete(listener);
}

/**
 * Whether an upgrade is refused by this listener: nobody here knows its path, and the server has no other listeners, who may. Without
 * a response the client would wait for ever; the first one of several sends it.
 */
export function isUnknownPath(server: Server | TlsServer, listener: object, path: string): boolean {
  const paths = pathsByServer.get(server) ?? new Map<object, string>();
  const [first] = paths.keys();
  const isKnown = [...paths.values()].includes(path);
  return first === listener && !isKnown && server.listenerCount('upgrade') === paths.size;
}
