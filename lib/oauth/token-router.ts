import express, {
  type NextFunction,
  type Request,
  type RequestHandler,
  type Response,
  type Router,
} from 'express';
import { createJsonApiHeaders } from '../http/json-api-headers.js';
import type { AccessNotes } from '../http/access-notes.js';
import type { ClientAddress } from '../http/client-address.js';
import { describeHandler } from '../http/handler-description.js';
import { holdBody } from '../http/hold-body.js';
import { hasRepeatedHost, repeatedHostDetail } from '../http/repeated-host.js';
import { hasTooManyHeaders } from '../http/too-many-headers.js';
import type { RequestIdReader } from '../http/request-id-reader.js';
import type { ErrorReporter } from '../http/error-reporter.js';
import type { TokenParties } from '../domain/access-token.js';
import type { ChangeContext } from '../manage/change.js';
import { setDeprecatedSecretHeaders } from '../http/deprecated-secret-headers.js';
import type { Client } from '../tokens/authenticate-client.js';
import { TokenError } from '../tokens/token-error.js';
import type { TokenService } from '../tokens/token-service.js';
import { answerTokenError, sendTokenError, type TokenErrorAnswer } from './answer-token-error.js';
import { noteRefusedTokenRequest } from '../http/note-refused-token-request.js';
import { readClientProof } from './read-client-proof.js';
import { readForm } from './read-form.js';
import { tokenEndpoints, type TokenEndpoint } from './token-endpoints.js';

/** The dependencies of a token router. */
export interface TokenRouterParts {
  /** @throws ApiKeysError `unavailable` before the instance is ready */
  readonly tokens: () => TokenService;
  readonly parties: TokenParties;
  readonly realm: string;
  readonly clientAddress: ClientAddress;
  readonly readRequestId: RequestIdReader;
  readonly access: AccessNotes;
  readonly reportError: ErrorReporter;
}

/**
 * Builds the router with the endpoints of an authorization server: `POST /token` (RFC 6749), `/introspect` (RFC 7662)
 * and `/revoke` (RFC 7009). It has its own headers, body reader and error responses; nothing falls through to the app.
 */
export function createTokenRouter(parts: TokenRouterParts): Router {
  const router = express.Router({ caseSensitive: true, strict: false });
  router.use(createJsonApiHeaders());
  for (const [path, endpoint] of Object.entries(tokenEndpoints)) {
    router.route(path).post(runEndpoint(parts, endpoint)).all(refuseMethod);
  }
  router.route('/authorize').all((_req, res) => sendTokenError(res, noAuthorization));
  router.use((_req, res) =>
    sendTokenError(res, { status: 404, error: 'invalid_request', description: 'There is no such endpoint.' }),
  );
  router.use(answerTokenError(parts.realm, parts.reportError));
  return describeHandler(router, { kind: 'router', what: 'tokenRouter', scopes: [] });
}

/** The endpoint that the metadata must name. Nothing is redirected anywhere. */
const noAuthorization: TokenErrorAnswer = {
  status: 400,
  error: 'unsupported_response_type',
  description:
    'There is no sign-in here. Send grant_type=client_credentials with the id and the secret of an API key to the token endpoint.',
};

function runEndpoint(parts: TokenRouterParts, endpoint: TokenEndpoint): RequestHandler {
  const { parties, access } = parts;
  /** Catches everything itself, because Express 4 ignores the promises of handlers. */
  return async function handleTokenRequest(req: Request, res: Response, next: NextFunction) {
    let client: Client | null = null;
    try {
      holdBody(req);
      const tokens = parts.tokens();
      if (hasRepeatedHost(req)) throw new TokenError('invalid_request', repeatedHostDetail);
      // One of those that were dropped may be the address that a proxy has appended.
      if (hasTooManyHeaders(req)) throw new TokenError('invalid_request', 'Send fewer header lines.');
      const form = await readForm(req);
      const proof = readClientProof(req, form);
      client = await tokens.authenticate(proof, (purpose) => parts.clientAddress(req, purpose));
      if (client.deprecatedSecret !== undefined) {
        setDeprecatedSecretHeaders(res, client.deprecatedSecret);
        access.usedDeprecatedSecret(req, client.apiKey);
      }
      const context: ChangeContext = {
        actor: { kind: 'key', apiKey: client.apiKey },
        address: parts.clientAddress(req),
        requestId: parts.readRequestId(req),
        managementScope: null,
      };
      const answer = await endpoint({ tokens, parties, client, form, context, res });
      if (answer !== null) send(res, answer);
    } catch (error) {
      noteRefusedTokenRequest(access, req, error, client);
      next(error);
    }
  };
}

function refuseMethod(_req: Request, res: Response): void {
  sendTokenError(res, {
    status: 405,
    error: 'invalid_request',
    description: 'Use POST.',
    headers: { Allow: 'POST' },
  });
}

/** Writes JSON itself: `res.json` would apply the app's replacer and add an ETag. */
function send(res: Response, answer: object): void {
  res.setHeader('Content-Type', 'application/json; charset=utf-8');
  res.statusCode = 200;
  res.end(JSON.stringify(answer));
}
