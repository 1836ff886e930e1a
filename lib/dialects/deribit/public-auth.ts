import { InvalidFieldError } from '../../domain/key-fields.js';
import type { Client, ClientProof } from '../../tokens/authenticate-client.js';
import { createApplicationContext } from './application-context.js';
import { refuseParam } from './deribit-error.js';
import type { DeribitParams, MethodAnswer, PublicContext, PublicMethod } from './deribit-method.js';
import { splitItems, intersectScopes, selectTokenScopes } from './deribit-scopes.js';
import { presentToken } from './present-token.js';
import { readOptionalParam, readRequiredParam, readString } from './read-param.js';
import { toDeribitTokenError } from './deribit-token-error.js';
import { isTokenTerm, readTerms, type RequestedTerms } from './token-terms.js';

/** Maximum number of sessions of one key; one more revokes the session that would expire first. */
export const maxSessions = 16;

/** The scope of a token request. */
interface RequestedScope extends RequestedTerms {
  /** The items that are not terms. */
  readonly scopes: readonly string[];
}

/** The method `public/auth`: issues an access token and a refresh token for a pair, a signature, or a refresh token. */
export const publicAuth: PublicMethod = {
  name: 'public/auth',
  prepare(context) {
    const { params } = context;
    const grantType = readRequiredParam(params, 'grant_type', readString);
    const state = readOptionalParam(params, 'state', readString);
    const requestedScope = readOptionalParam(params, 'scope', parseRequestedScope);
    switch (grantType) {
      case 'client_credentials':
      case 'client_signature': {
        const proof = grantType === 'client_signature' ? readSignature(params) : readPair(params);
        return () => grantTokens(context, proof, requestedScope ?? parseRequestedScope(''), state);
      }
      case 'refresh_token': {
        const refreshToken = readRequiredParam(params, 'refresh_token', readString);
        return () => refreshTokens(context, refreshToken, requestedScope, state);
      }
      default:
        return refuseParam('grant_type', 'must be client_credentials, client_signature or refresh_token');
    }
  },
};

async function grantTokens(
  context: PublicContext,
  proof: ClientProof,
  { scopes, session, limits }: RequestedScope,
  state: string | undefined,
): Promise<MethodAnswer> {
  const { host, keyspace, call } = context;
  const tokens = keyspace.tokens();
  let client: Client | null = null;
  try {
    client = await tokens.authenticate(proof, (purpose) => call.address(purpose));
    const { apiKey, deprecatedSecret } = client;
    if (deprecatedSecret !== undefined) host.access.usedDeprecatedSecret(call.req, apiKey);
    const given = [...selectTokenScopes(scopes, apiKey.scopes), ...createTerms(session), ...limits];
    const issued = await tokens.issueRefreshable(
      client,
      given.join(' '),
      session === null
        ? {}
        : { session: { name: session, max: maxSessions, context: createApplicationContext(context) } },
    );
    return presentToken(issued, apiKey.features, state);
  } catch (error) {
    throw toDeribitTokenError(context, error, client);
  }
}

/** The terms in the scope of every token. */
function createTerms(session: string | null): readonly string[] {
  return [session === null ? 'connection' : `session:${session}`, 'mainaccount'];
}

/** Refreshes tokens, optionally with fewer scopes; session, addresses and lifetime stay. */
async function refreshTokens(
  context: PublicContext,
  refreshToken: string,
  asked: RequestedScope | undefined,
  state: string | undefined,
): Promise<MethodAnswer> {
  const tokens = context.keyspace.tokens();
  const changes = createApplicationContext(context);
  try {
    const { scopes, record } = await tokens.findChain(changes, refreshToken);
    const grantedScopes = intersectScopes(scopes, record.scopes);
    const given = asked === undefined ? grantedScopes : selectTokenScopes(asked.scopes, grantedScopes);
    const items = [...given, ...scopes.filter(isTokenTerm)];
    const issued = await tokens.refresh(changes, refreshToken, items.join(' '));
    return presentToken(issued, record.features, state);
  } catch (error) {
    throw toDeribitTokenError(context, error, null);
  }
}

function parseRequestedScope(value: unknown): RequestedScope {
  const items = splitItems(value);
  return { ...readTerms(items.filter(isTokenTerm)), scopes: items.filter((item) => !isTokenTerm(item)) };
}

function readPair(params: DeribitParams): ClientProof {
  return {
    method: 'client_secret_post',
    clientId: readRequiredParam(params, 'client_id', readString),
    secret: readRequiredParam(params, 'client_secret', readString),
  };
}

function readSignature(params: DeribitParams): ClientProof {
  return {
    method: 'client_signature',
    clientId: readRequiredParam(params, 'client_id', readString),
    timestamp: readRequiredParam(params, 'timestamp', readMilliseconds),
    // Query parsing turns the plus of base64 into a space.
    signature: readRequiredParam(params, 'signature', readString).replaceAll(' ', '+'),
    nonce: readOptionalParam(params, 'nonce', readString) ?? '',
    data: readOptionalParam(params, 'data', readString) ?? '',
  };
}

/** Returns the timestamp as it was written, because that is what was signed. */
function readMilliseconds(value: unknown): string {
  const written = typeof value === 'number' ? String(value) : value;
  if (typeof written === 'string' && /^\d{1,15}$/.test(written)) return written;
  throw new InvalidFieldError('must be milliseconds since 1970');
}
