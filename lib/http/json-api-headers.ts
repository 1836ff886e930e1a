import type { RequestHandler } from 'express';
import helmet from 'helmet';

/**
 * Headers of every response: its content must not be executed, framed, embedded elsewhere or stored.
 * Strict-Transport-Security is left to the app, because it applies to the whole host.
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
