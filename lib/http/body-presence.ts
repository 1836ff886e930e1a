import type { IncomingMessage } from 'node:http';
import { isHeaderName } from './is-header-name.js';
import { hasRawLines } from './header-lines.js';
import { getRawBody } from './keep-raw-body.js';
import { readHeader } from './read-header.js';
import { getRequestSource } from './request-source.js';

/** Whether a request has a body, as far as that is known before it is read: `unknown` until the reader finds out. */
export type BodyPresence = 'none' | 'some' | 'unknown';

/** Of HTTP/2, as the compatibility API of Node shows it. */
interface Http2Stream {
  /** Whether the frame with the headers was the last one. */
  readonly endAfterHeaders?: boolean;
  readonly readableEnded: boolean;
}

/**
 * Returns whether a request has a body. In HTTP/1 its head decides (RFC 9112 section 6.3), and a length of 0 is none; in
 * HTTP/2 neither header has to be there (RFC 9113 section 8.1): there is none when the stream ended with the headers.
 */
export function readBodyPresence(req: IncomingMessage): BodyPresence {
  const source = getRequestSource(req);
  if (source !== null) return source.bodyPresence();
  const kept = getRawBody(req);
  if (kept !== null) return kept.bytes.length > 0 ? 'some' : 'none';
  if (req.headers['transfer-encoding'] !== undefined) return 'some';
  if (Number(req.headers['content-length'] ?? 0) > 0) return 'some';
  const stream = getHttp2Stream(req);
  if (stream !== null) return stream.endAfterHeaders === true ? 'none' : 'unknown';
  if (typeof req.read !== 'function') return readMockedPresence(req as { readonly body?: unknown });
  // Adapters declare the length of what they hand out later; some have no length to declare.
  if (!hasRawLines(req)) return /^0+$/.test(readHeader(req, 'content-length') ?? '') ? 'none' : 'unknown';
  // What the app has taken out of the headers is still to be read.
  return req.readableLength > 0 || isAnnounced(req) ? 'unknown' : 'none';
}

/** Mocks cannot be read; all that there is stands on `body`. */
function readMockedPresence({ body }: { readonly body?: unknown }): BodyPresence {
  const isNothing = body === undefined || body === null || body === '';
  return isNothing || (typeof body === 'object' && Object.keys(body).length === 0) ? 'none' : 'some';
}

function isAnnounced({ rawHeaders }: IncomingMessage): boolean {
  return rawHeaders.some((name, index) => {
    if (index % 2 === 1) return false;
    if (isHeaderName(name, 'transfer-encoding')) return true;
    return isHeaderName(name, 'content-length') && Number(rawHeaders[index + 1]) > 0;
  });
}

/** Whether all of a body has come in, so that no more is read than there is in memory. */
export function isBodyComplete(req: IncomingMessage): boolean {
  // In HTTP/2 `complete` is true only when all was read, and nothing can be put back any more.
  const inHttp2 = getHttp2Stream(req);
  if (inHttp2 !== null) return inHttp2.readableEnded;
  // Some adapters make a Readable that is no IncomingMessage.
  const { complete, _readableState: state } = req as Partial<IncomingMessage> & {
    readonly _readableState?: { readonly ended?: boolean };
  };
  return complete ?? state?.ended ?? false;
}

function getHttp2Stream(req: IncomingMessage): Http2Stream | null {
  if (req.httpVersionMajor !== 2) return null;
  return (req as { stream?: Http2Stream }).stream ?? null;
}
