import type { RequestHandler } from 'express';
import helmet from 'helmet';
import { pageStyleHash } from './page-document.js';

/**
 * Headers of the page and its script, which replace those of the endpoints and of the app: nothing runs but the script of this origin,
 * no string becomes code, no other page frames or opens it, and what it loads is of this origin.
 * Strict-Transport-Security is left to the app, because it applies to the whole host.
 */
export function createPageHeaders(): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        'default-src': ["'none'"],
        'script-src': ["'self'"],
        'style-src': [pageStyleHash],
        'connect-src': ["'self'"],
        // The icon of the site.
        'img-src': ["'self'"],
        'base-uri': ["'none'"],
        'form-action': ["'none'"],
        'frame-ancestors': ["'none'"],
        'require-trusted-types-for': ["'script'"],
        'trusted-types': ["'none'"],
      },
    },
    strictTransportSecurity: false,
    crossOriginOpenerPolicy: { policy: 'same-origin' },
    crossOriginResourcePolicy: { policy: 'same-origin' },
    referrerPolicy: { policy: 'no-referrer' },
    xFrameOptions: { action: 'deny' },
  });
}
