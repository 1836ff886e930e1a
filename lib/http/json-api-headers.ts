import type { RequestHandler } from 'express';
import helmet from 'helmet';

/**
 * Headers of every answer: nothing in it may be run, framed, embedded elsewhere or kept. Strict-Transport-Security
 * stays with the app, because it binds the whole host.
 */
export function createJsonApiHeaders(): RequestHandler {
  const policy = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        'default-src': ["'none'"],
        'base-uri': ["'none'"],
        'form-action': ["'none'"],
        'frame-ancestors': ["'none'"],
      },
    },
    strictTransportSecurity: false,
    xFrameOptions: { action: 'deny' },
  });
  return function setJsonApiHeaders(req, res, next) {
    res.setHeader('Cache-Control', 'no-store');
    res.setHeader('Pragma', 'no-cache');
    policy(req, res, next);
  };
}
