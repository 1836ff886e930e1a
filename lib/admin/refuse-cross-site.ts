import type { Request } from 'express';
import { ApiKeysError } from '../errors.js';
import { readHost } from '../http/read-host.js';

/** RFC 9110 section 9.2.1: these ask for nothing to be changed. */
const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Refuses state-changing requests that another site may have made a browser send. Browsers say themselves where a
 * request comes from (Fetch Metadata); older ones name at least its origin. A request with neither is no browser's
 * cross-site request, unless it carries cookies: then nothing proves that its sender meant it.
 *
 * @see https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
 * @throws ApiKeysError `cross_site_request`
 */
export function refuseCrossSite(req: Request, allowedOrigins: ReadonlySet<string>): void {
  if (!safeMethods.has(req.method) && isCrossSite(req, allowedOrigins)) {
    throw new ApiKeysError('cross_site_request');
  }
}

function isCrossSite(req: Request, allowedOrigins: ReadonlySet<string>): boolean {
  const { origin, cookie } = req.headers;
  if (origin !== undefined && allowedOrigins.has(origin)) return false;
  const site = req.headers['sec-fetch-site'];
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  if (origin !== undefined) return toCanonicalOrigin(origin) !== origin || origin !== readOwnOrigin(req);
  return cookie !== undefined;
}

/** The origin in a URL as browsers write it; `null` when there is none (`null`, `file:`, no URL at all). */
export function toCanonicalOrigin(url: string): string | null {
  const origin = URL.canParse(url) ? new URL(url).origin : 'null';
  return origin === 'null' ? null : origin;
}

/** Where the request was sent to, as the app's `trust proxy` makes Express see it. */
function readOwnOrigin(req: Request): string | null {
  return toCanonicalOrigin(`${req.protocol}://${readOwnHost(req)}`);
}

/** Express 5 has this as `req.host`; in Express 4 that one lacks the port. */
function readOwnHost(req: Request): string {
  const isTrusted = req.app.get('trust proxy fn') as (address: string | undefined, hop: number) => boolean;
  const forwarded = isTrusted(req.socket.remoteAddress, 0) ? req.get('X-Forwarded-Host') : undefined;
  return forwarded?.split(',')[0]?.trim() ?? readHost(req) ?? '';
}
