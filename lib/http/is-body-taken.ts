import type { IncomingMessage } from 'node:http';

/** Whether the body cannot be read any more, because a parser of the app has read it, or it is a mock's and was never a stream. */
export function isBodyTaken(req: IncomingMessage): boolean {
  return typeof req.read !== 'function' || req.readableDidRead || req.readableEnded;
}
