import type { IncomingMessage } from 'node:http';

function keepAsIs(): void {}

/**
 * Holds back the body of a request that flows already, because something in front listens to it, such as a logger that counts
 * bytes: what flows while middleware waits for I/O is lost to the parser behind it. `readRawBody` reads it all the same.
 *
 * @returns lets it flow again, to be called in the same turn as the next handler
 */
export function holdBody(req: Pick<IncomingMessage, 'readableFlowing' | 'pause' | 'resume'>): () => void {
  if (req.readableFlowing !== true) return keepAsIs;
  req.pause();
  return () => void req.resume();
}
