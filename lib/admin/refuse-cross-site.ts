import type { Request } from 'express';
import { ApiKeysError } from '../errors.js';
import { readHost } from '../http/read-host.js';

/** Safe methods (RFC 9110 section 9.2.1): they request no change. */
const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Refuses state-changing requests that another site may have made a browser send (CSRF). Browsers declare where a request
 * comes from (Fetch Metadata); older ones send at least its origin. A request with neither is not a browser's cross-site
 * request, unless it carries cookies: then nothing proves that its sender intended it.
 *
 * @see https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
 * @throws ApiKeysError `cross_site_request`
 */
export function refuseCrossSite(req: Request, allowedOrigins: ReadonlySet<string>): void {
  if (safeMethods.has(req.method)) return;
  const detail = findCrossSiteMark(req, allowedOrigins);
  if (detail !== null) throw new ApiKeysError('cross_site_request', { detail });
}

/** Returns what speaks for another site, with what to send instead; `null` if nothing does. */
function findCrossSiteMark(req: Request, allowedOrigins: ReadonlySet<string>): string | null {
  const { origin, cookie } = req.headers;
  if (origin !== undefined && allowedOrigins.has(origin)) return null;
  const site = req.headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin' || site === 'none' ? null : otherSite;
  if (origin !== undefined) {
    return toCanonicalOrigin(origin) === origin && origin === readOwnOrigin(req) ? null : otherOrigin;
  }
  return cookie === undefined ? null : withoutOrigin;
}

const otherSite =
  'Sec-Fetch-Site says that another site made the browser send this request. Call from the same origin, or name the ' +
  'origin of the page in allowedOrigins.';
const otherOrigin =
  'The header Origin is neither the origin that this request was sent to nor one of allowedOrigins. Behind a proxy, ' +
  "the app sees its own origin only with Express' setting 'trust proxy'.";
const withoutOrigin =
  'The request has a Cookie and neither Sec-Fetch-Site nor Origin, so nothing shows that it does not come from another ' +
  'site. Browsers send these headers themselves; a script or a test sends Sec-Fetch-Site: same-origin, or Origin with ' +
  'the origin of this app.';

/** Returns the origin of a URL in the form browsers send; `null` if there is none (`null`, `file:`, not a URL). */
export function toCanonicalOrigin(url: string): string | null {
  const origin = URL.canParse(url) ? new URL(url).origin : 'null';
  return origin === 'null' ? null : origin;
}

/** Returns the origin that the request was sent to, as Express sees it with the app's `trust proxy` setting. */
function readOwnOrigin(req: Request): string | null {
  return toCanonicalOrigin(`${req.protocol}://${readOwnHost(req)}`);
}

/** Express 5 provides this as `req.host`; in Express 4, that lacks the port. */
function readOwnHost(req: Request): string {
  const isTrusted = req.app.get('trust proxy fn') as (address: string | undefined, hop: number) => boolean;
  const forwarded = isTrusted(req.socket.remoteAddress, 0) ? req.get('X-Forwarded-Host') : undefined;
  return forwarded?.split(',')[0]?.trim() ?? readHost(req) ?? '';
}
