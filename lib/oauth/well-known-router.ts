import express, { type Request, type RequestHandler, type Response, type Router } from 'express';
import { createJsonApiHeaders } from '../http/json-api-headers.js';
import type { ErrorReporter } from '../http/error-reporter.js';
import { describeHandler } from '../http/handler-description.js';
import type { TokenService } from '../tokens/token-service.js';
import { answerTokenError, sendTokenError } from './answer-token-error.js';
import type { ProtectedResources } from '../tokens/protected-resources.js';
import { createResourceMetadata } from '../tokens/resource-metadata.js';
import { createOpenIdMetadata, createServerMetadata, type ServerFacts } from '../tokens/server-metadata.js';

/** The dependencies of the router of the well-known documents. */
export interface WellKnownParts {
  /** @throws ApiKeysError `unavailable` before the instance is ready */
  readonly tokens: () => Pick<TokenService, 'publicKeys'>;
  readonly facts: ServerFacts;
  /** What tokens can be restricted to. */
  readonly resources: Pick<ProtectedResources, 'list'>;
  readonly realm: string;
  readonly reportError: ErrorReporter;
}

/** Shorter than the time for which a new key is published before it signs, so that no cache misses a signing key. */
const cacheControl = 'public, max-age=300';

/**
 * Builds the router for `/.well-known`: the metadata of protected resources (RFC 9728), the metadata of the authorization server (RFC 8414, and where clients of OpenID
 * Connect look for it) and the public keys of its tokens (RFC 7517). Other paths fall through to the app.
 */
export function createWellKnownRouter({
  tokens,
  facts,
  resources,
  realm,
  reportError,
}: WellKnownParts): Router {
  const router = express.Router({ caseSensitive: true, strict: false });
  // The path of the issuer follows the name of the document (RFC 8414 section 3).
  const suffix = new URL(facts.issuer).pathname.replace(/\/$/, '');
  addDocument(router, `/oauth-authorization-server${suffix}`, async () => createServerMetadata(facts));
  // OpenID Connect Discovery puts the path of the issuer before the name; then the router is mounted below that path.
  for (const path of new Set([`/openid-configuration${suffix}`, '/openid-configuration'])) {
    addDocument(router, path, async () => createOpenIdMetadata(facts));
  }
  addDocument(router, '/jwks.json', async () => ({ keys: await tokens().publicKeys() }));
  addDocument(router, /^\/oauth-protected-resource(?:\/.*)?$/, async (path) =>
    createResourceMetadata(facts, resources.list(), path.slice('/oauth-protected-resource'.length)),
  );
  router.use(answerTokenError(realm, reportError));
  return describeHandler(router, { kind: 'router', what: 'wellKnownRouter', scopes: [] });
}

/**
 * @param read - returns the document at a path; `null`: there is none, and the request goes on to the app
 */
function addDocument(
  router: Router,
  pattern: string | RegExp,
  read: (path: string) => Promise<object | null>,
): void {
  const setHeaders = createJsonApiHeaders();
  const answer: RequestHandler = async (req, res, next) => {
    try {
      const found = await read(req.path);
      if (found === null) return next();
      setHeaders(req, res, () => sendDocument(req, res, found));
    } catch (error) {
      setHeaders(req, res, () => next(error));
    }
  };
  router.route(pattern).all(answer);
}

function sendDocument(req: Request, res: Response, document: object): void {
  if (req.method !== 'GET' && req.method !== 'HEAD') {
    sendTokenError(res, {
      status: 405,
      error: 'invalid_request',
      description: 'Use GET.',
      headers: { Allow: 'GET, HEAD' },
    });
    return;
  }
  // Public, and read by clients in browsers.
  res.setHeader('Access-Control-Allow-Origin', '*');
  res.setHeader('Cache-Control', cacheControl);
  res.removeHeader('Pragma');
  res.setHeader('Content-Type', 'application/json; charset=utf-8');
  res.statusCode = 200;
  res.end(JSON.stringify(document));
}
