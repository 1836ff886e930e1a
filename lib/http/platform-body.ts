import type { IncomingMessage } from 'node:http';
import { isBodyTaken } from './is-body-taken.js';
import type { RawBody } from './raw-body.js';
import { readContentEncoding } from './read-content-encoding.js';

/**
 * The body where platforms keep it, or `null`: on `rawBody`, as NestJS (`rawBody: true`) and Cloud Functions do, or on `body`, as
 * Lambda adapters and `express.raw()` do. An empty one says nothing: it may be a default, and the body still to be read.
 */
export function findPlatformBody(req: IncomingMessage): RawBody | null {
  const { rawBody, body } = req as { readonly rawBody?: unknown; readonly body?: unknown };
  const kept = toBytes(rawBody);
  if (kept !== null) return { bytes: kept, isAsSent: isUnencoded(req) };
  if (!(body instanceof Uint8Array) || body.length === 0) return null;
  // A parser has decoded it; an adapter has not, and leaves the stream to be read.
  return { bytes: body, isAsSent: isUnencoded(req) || !isBodyTaken(req) };
}

function toBytes(kept: unknown): Uint8Array | null {
  if (kept instanceof Uint8Array && kept.length > 0) return kept;
  // U+FFFD stands for bytes that were no UTF-8: nothing tells which.
  const isFaithful = typeof kept === 'string' && kept !== '' && !kept.includes('\ufffd');
  return isFaithful ? Buffer.from(kept) : null;
}

function isUnencoded(req: IncomingMessage): boolean {
  return readContentEncoding(req) === 'identity';
}
