import { hasRawLines, listHeaderLines, type RequestHeaders } from './header-lines.js';
import { isHeaderName } from './is-header-name.js';

/** The `detail` for a request with two Host lines. */
export const repeatedHostDetail = 'Send one Host line.';

/**
 * Whether a request names two hosts. A proxy may use one and the app another; Node silently takes the first line, where RFC
 * 9112 section 3.2 demands a 400. In HTTP/2 there may be `:authority` and the same in Host (RFC 9113 section 8.3.1).
 */
export function hasRepeatedHost(req: RequestHeaders): boolean {
  const { rawHeaders = [] } = req;
  if (!hasRawLines(req)) return listHeaderLines(req, 'host').join().includes(',');
  let host: string | undefined;
  let authority: string | undefined;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (isHeaderName(name, 'host')) {
      if (host !== undefined) return true;
      host = rawHeaders[index + 1];
    } else if (isHeaderName(name, ':authority')) {
      if (authority !== undefined) return true;
      authority = rawHeaders[index + 1];
    }
  }
  if (host === undefined || authority === undefined) return false;
  return host.toLowerCase() !== authority.toLowerCase();
}
