import type { IncomingMessage } from 'node:http';

/**
 * Whether the page that opens a connection may do so: browsers let any page open connections to any host, and always say from
 * which origin.
 */
export function isOriginAllowed({ headers }: IncomingMessage, allowed: readonly string[]): boolean {
  const { origin, host } = headers;
  if (origin === undefined) return true;
  if (allowed.includes(origin)) return true;
  return host !== undefined && URL.canParse(origin) && new URL(origin).host === host.toLowerCase();
}
