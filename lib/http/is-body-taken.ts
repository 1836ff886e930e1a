import type { IncomingMessage } from 'node:http';
import { isStreamReset } from './is-stream-reset.js';

/** Whether the body cannot be read any more, because a parser of the app has read it, or it is a mock's and was never a stream. */
export function isBodyTaken(req: IncomingMessage): boolean {
  if (typeof req.read !== 'function' || req.readableDidRead) return true;
  return req.readableEnded && !isStreamReset(req);
}
