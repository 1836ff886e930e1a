import type { RequestHeaders } from './header-lines.js';
import { readHeader } from './read-header.js';

/** The `Content-Encoding` of a request in lower case; `identity` for none. */
export function readContentEncoding(req: RequestHeaders): string {
  return readHeader(req, 'content-encoding')?.toLowerCase() || 'identity';
}
