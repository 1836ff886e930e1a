import { Server } from 'node:net';

/**
 * Keeps servers of the app from listening while a command runs: its module may start them when it is imported, and they would take
 * the port of the app, or its requests.
 *
 * @param onListen - called when one is kept from it
 */
export function keepFromListening(onListen: () => void): void {
  Server.prototype.listen = function listenNowhere(this: Server): Server {
    onListen();
    return this;
  };
}
