import type { IncomingMessage } from 'node:http';
import { isHeaderName } from './is-header-name.js';

/** What the caller of a request with two Host lines is told. */
export const repeatedHostDetail = 'Send one Host line.';

/**
 * Whether a request has two Host lines. It means one server to a proxy and another to us; Node quietly takes the first,
 * where RFC 9112 section 3.2 demands a 400.
 */
export function hasRepeatedHost({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>): boolean {
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (isHeaderName(rawHeaders[index] ?? '', 'host')) hosts += 1;
  }
  return hosts > 1;
}
