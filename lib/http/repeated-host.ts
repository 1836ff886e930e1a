import type { IncomingMessage } from 'node:http';

/** What the caller of a request with two Host lines is told. */
export const repeatedHostDetail = 'Send one Host line.';

/**
 * Whether a request has two Host lines. It means one server to a proxy and another to us; Node quietly takes the first,
 * where RFC 9112 section 3.2 demands a 400.
 */
export function hasRepeatedHost({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>): boolean {
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (name.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  return hosts > 1;
}
