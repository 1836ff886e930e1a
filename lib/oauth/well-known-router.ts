import express, { type RequestHandler, type Router } from 'express';
import { createJsonApiHeaders } from '../http/json-api-headers.js';
import type { ErrorReporter } from '../http/error-reporter.js';
import type { TokenService } from '../tokens/token-service.js';
import { answerTokenError, sendTokenError } from './answer-token-error.js';
import { createOpenIdMetadata, createServerMetadata, type ServerFacts } from '../tokens/server-metadata.js';

/** The dependencies of the router of the well-known documents. */
export interface WellKnownParts {
  /** @throws ApiKeysError `unavailable` before the instance is ready */
  readonly tokens: () => Pick<TokenService, 'publicKeys'>;
  readonly facts: ServerFacts;
  readonly realm: string;
  readonly reportError: ErrorReporter;
}

/** Shorter than the time for which a new key is published before it signs, so that no cache misses a signing key. */
const cacheControl = 'public, max-age=300';

/**
 * Builds the router for `/.well-known`: the metadata of the authorization server (RFC 8414, and where clients of OpenID
 * Connect look for it) and the public keys of its tokens (RFC 7517). Other paths fall through to the app.
 */
export function createWellKnownRouter({ tokens, facts, realm, reportError }: WellKnownParts): Router {
  const router = express.Router({ caseSensitive: true, strict: false });
  // The path of the issuer follows the name of the document (RFC 8414 section 3).
  const suffix = new URL(facts.issuer).pathname.replace(/\/$/, '');
  addDocument(router, `/oauth-authorization-server${suffix}`, async () => createServerMetadata(facts));
  // OpenID Connect Discovery puts the path of the issuer before the name; then the router is mounted below that path.
  for (const path of new Set([`/openid-configuration${suffix}`, '/openid-configuration'])) {
    addDocument(router, path, async () => createOpenIdMetadata(facts));
  }
  addDocument(router, '/jwks.json', async () => ({ keys: await tokens().publicKeys() }));
  router.use(answerTokenError(realm, reportError));
  return router;
}

function addDocument(router: Router, path: string, read: () => Promise<object>): void {
  const answer: RequestHandler = async (_req, res, next) => {
    try {
      const document = JSON.stringify(await read());
      res.setHeader('Cache-Control', cacheControl);
      res.removeHeader('Pragma');
      res.setHeader('Content-Type', 'application/json; charset=utf-8');
      res.statusCode = 200;
      res.end(document);
    } catch (error) {
      next(error);
    }
  };
  router
    .route(path)
    .all(createJsonApiHeaders())
    .get(answer)
    .all((_req, res) => {
      sendTokenError(res, {
        status: 405,
        error: 'invalid_request',
        description: 'Use GET.',
        headers: { Allow: 'GET, HEAD' },
      });
    });
}
