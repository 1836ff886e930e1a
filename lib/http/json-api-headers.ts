import type { RequestHandler } from 'express';
import helmet from 'helmet';
import { noteDecision } from './note-decision.js';

/**
 * Headers of every response of the package's own routers: its content must not be executed, framed, embedded elsewhere or
 * stored. These routers decide about their requests themselves, which is noted for `failClosed`.
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
    noteDecision(res);
    res.setHeader('Cache-Control', 'no-store');
    res.setHeader('Pragma', 'no-cache');
    policy(req, res, next);
  };
}
