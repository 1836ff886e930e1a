import type { IncomingMessage } from 'node:http';

/** What a request calls the server: in HTTP/2 `:authority`, which stands there in place of `Host` (RFC 9113 section 8.3.1). */
export function readHost({
  headers,
  httpVersionMajor,
}: Pick<IncomingMessage, 'headers' | 'httpVersionMajor'>): string | undefined {
  const authority = httpVersionMajor === 2 ? headers[':authority'] : undefined;
  return typeof authority === 'string' ? authority : headers.host;
}
