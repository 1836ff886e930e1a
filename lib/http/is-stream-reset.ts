import type { IncomingMessage } from 'node:http';

/** Of HTTP/2, as the compatibility API of Node shows it. */
interface Http2Request {
  /** `aborted`: it was closed before it was answered. */
  readonly stream?: { readonly aborted?: boolean };
}

/** Whether the caller has reset the stream of HTTP/2: what was not read is lost, and `end` comes all the same. */
export function isStreamReset(req: IncomingMessage): boolean {
  return req.httpVersionMajor === 2 && (req as Http2Request).stream?.aborted === true;
}
