import express, {
  type NextFunction,
  type Request,
  type RequestHandler,
  type Response,
  type Router,
} from 'express';
import { jsonApiHeaders } from '../admin/json-api-headers.js';
import { hasRepeatedHost, repeatedHostDetail } from '../http/repeated-host.js';
import { requestIdOf } from '../http/request-id.js';
import type { TroubleReporter } from '../http/trouble-reporter.js';
import type { ChangeContext } from '../manage/key-service.js';
import type { ClientAddress } from '../http/client-address.js';
import type { Client } from '../tokens/authenticate-client.js';
import { TokenError } from '../tokens/token-error.js';
import type { Introspected, TokenService } from '../tokens/token-service.js';
import { answerTokenError, sendTokenError, unavailable } from './answer-token-error.js';
import { readClientProof } from './read-client-proof.js';
import { readForm, type Form } from './read-form.js';

/** What a token router is built from. */
export interface TokenRouterParts {
  /** @throws ApiKeysError `unavailable` before the instance is ready */
  readonly tokens: () => TokenService;
  readonly issuer: string;
  readonly realm: string;
  readonly clientAddress: ClientAddress;
  readonly reportTrouble: TroubleReporter;
}

/** One request whose client was authenticated. */
interface TokenRequest {
  readonly tokens: TokenService;
  readonly client: Client;
  readonly form: Form;
  readonly context: ChangeContext;
  readonly res: Response;
}

type TokenEndpoint = (request: TokenRequest) => Promise<object | null>;

/**
 * Builds the router with the endpoints of an authorization server: `POST /token` (RFC 6749), `/introspect` (RFC 7662)
 * and `/revoke` (RFC 7009). It brings its own headers, body reader and error answers; nothing falls through to the app.
 */
export function createTokenRouter(parts: TokenRouterParts): Router {
  const router = express.Router({ caseSensitive: true, strict: false });
  router.use(jsonApiHeaders());
  const endpoints: Readonly<Record<string, TokenEndpoint>> = {
    '/token': giveToken,
    '/introspect': (request) => introspect(request, parts.issuer),
    '/revoke': revoke,
  };
  for (const [path, endpoint] of Object.entries(endpoints)) {
    router.route(path).post(runEndpoint(parts, endpoint)).all(refuseMethod);
  }
  router.use((_req, res) =>
    sendTokenError(res, { status: 404, error: 'invalid_request', description: 'There is no such endpoint.' }),
  );
  router.use(answerTokenError(parts.realm, parts.reportTrouble));
  return router;
}

function runEndpoint(parts: TokenRouterParts, endpoint: TokenEndpoint): RequestHandler {
  /** Express 4 does not look at the promises of handlers. */
  return async function handleTokenRequest(req: Request, res: Response, next: NextFunction) {
    try {
      const tokens = parts.tokens();
      if (hasRepeatedHost(req)) throw new TokenError('invalid_request', repeatedHostDetail);
      const form = await readForm(req, res);
      const client = await tokens.authenticate(readClientProof(req, form), () => parts.clientAddress(req));
      const context: ChangeContext = {
        actor: { kind: 'key', apiKey: client.apiKey },
        address: parts.clientAddress(req),
        requestId: requestIdOf(req),
        managementScope: null,
      };
      const answer = await endpoint({ tokens, client, form, context, res });
      if (answer !== null) send(res, answer);
    } catch (error) {
      next(error);
    }
  };
}

/** The grant `client_credentials`. Refresh tokens have no use there (RFC 6749 section 4.4.3) and are not taken either. */
async function giveToken({ tokens, client, form }: TokenRequest): Promise<object> {
  const grant = form.get('grant_type');
  if (grant === undefined) throw new TokenError('invalid_request', 'Send grant_type=client_credentials.');
  if (grant !== 'client_credentials') {
    throw new TokenError('unsupported_grant_type', 'Send grant_type=client_credentials.');
  }
  const { accessToken, expiresIn, scopes } = await tokens.issue(client, form.get('scope'));
  return {
    access_token: accessToken,
    token_type: 'Bearer',
    expires_in: expiresIn,
    scope: scopes.join(' '),
  };
}

async function introspect({ tokens, client, form }: TokenRequest, issuer: string): Promise<object> {
  const found = await tokens.introspect(client, tokenOf(form));
  return found === null ? { active: false } : presentToken(found, issuer);
}

function presentToken(token: Introspected, issuer: string): object {
  return {
    active: true,
    ...(token.kind === 'access_token' ? { token_type: 'Bearer', jti: token.id } : {}),
    scope: token.scopes.join(' '),
    client_id: token.keyId,
    sub: token.ownerId,
    iss: issuer,
    exp: Math.floor(token.expiresAt / 1000),
    ...(token.issuedAt === null ? {} : { iat: Math.floor(token.issuedAt / 1000) }),
  };
}

/** An answer of 200 says that no process accepts the token any more. Until that is sure, the client has to ask again. */
async function revoke({ tokens, client, form, context, res }: TokenRequest): Promise<object | null> {
  const effectiveBy = await tokens.revoke(client, context, tokenOf(form));
  if (effectiveBy === null) return {};
  const until = new Date(effectiveBy).toISOString();
  sendTokenError(res, {
    ...unavailable,
    description: `The token was taken back, but not all servers have said so. It ends by ${until}; ask again to be sure.`,
  });
  return null;
}

function tokenOf(form: Form): string {
  const token = form.get('token');
  if (token === undefined) throw new TokenError('invalid_request', 'Send the token as token.');
  return token;
}

function refuseMethod(_req: Request, res: Response): void {
  sendTokenError(res, {
    status: 405,
    error: 'invalid_request',
    description: 'Use POST.',
    headers: { Allow: 'POST' },
  });
}

/** Writes JSON itself: `res.json` would obey the app's replacer and add an ETag of its own. */
function send(res: Response, answer: object): void {
  res.setHeader('Content-Type', 'application/json; charset=utf-8');
  res.statusCode = 200;
  res.end(JSON.stringify(answer));
}
