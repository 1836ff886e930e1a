import { ApiKeysError } from '../../errors.js';
import { composeChallenge, type Challenge } from '../../http/challenge.js';
import { noteRefusedTokenRequest } from '../../http/note-refused-token-request.js';
import type { Client } from '../../tokens/authenticate-client.js';
import type { IssuedToken } from '../../tokens/issue-token.js';
import { isTokenError, toTemporaryProblem } from '../../tokens/token-error.js';
import type { DialectCall } from '../dialect-call.js';
import type { DialectHost, DialectKeyspace } from '../dialect-host.js';
import type { DialectAnswer } from '../send-answer.js';
import { readOlderPair, readPair } from './read-key-fields.js';
import { invalidPairMessage, createErrorBody } from './yativo-error.js';

/** The dependencies of the token exchange. */
export interface TokenExchangeParts {
  readonly host: DialectHost;
  readonly keyspace: DialectKeyspace;
  readonly challenge: Challenge;
}

/** How long before its expiry a token should be replaced, in seconds. */
const refreshBeforeSeconds = 300;

/** Issues an access token for `api_key` and `api_secret`. */
export async function exchangeKeyForToken(
  parts: TokenExchangeParts,
  call: DialectCall,
): Promise<DialectAnswer> {
  return exchangePair(parts, call, readPair(await call.body()));
}

/** The same for clients of the older endpoint, which read `result.token`, or `result.message` of a refusal. */
export async function exchangeOlderKeyForToken(
  parts: TokenExchangeParts,
  call: DialectCall,
): Promise<DialectAnswer> {
  const answer = await exchangePair(parts, call, readOlderPair(await call.body()));
  const { access_token: token, message } = answer.body as Readonly<Record<string, unknown>>;
  return { ...answer, body: { ...answer.body, result: token === undefined ? { message } : { token } } };
}

async function exchangePair(
  { host, keyspace, challenge }: TokenExchangeParts,
  call: DialectCall,
  { api_key: clientId, api_secret: secret }: ReturnType<typeof readPair>,
): Promise<DialectAnswer> {
  const tokens = keyspace.tokens();
  let client: Client | null = null;
  try {
    const proof = { method: 'client_secret_post', clientId, secret } as const;
    client = await tokens.authenticate(proof, (purpose) => call.address(purpose));
    if (client.deprecatedSecret !== undefined) host.access.usedDeprecatedSecret(call.req, client.apiKey);
    return presentToken(await tokens.issue(client, undefined));
  } catch (error) {
    noteRefusedTokenRequest(host.access, call.req, error, client);
    if (!isTokenError(error)) throw error;
    if (error.error === 'temporarily_unavailable') {
      const headers = { 'Retry-After': String(error.details.retryAfterSeconds ?? 1) };
      throw new ApiKeysError(toTemporaryProblem(error), { headers });
    }
    // Unknown, invalid, expired and revoked keys get the same response.
    const headers = {
      'WWW-Authenticate': composeChallenge(challenge, { allowed: false, code: 'invalid_token' }),
    };
    return { status: 401, headers, body: createErrorBody(invalidPairMessage, invalidPairMessage) };
  }
}

function presentToken({ accessToken, expiresIn, expiresAt, scopes }: IssuedToken): DialectAnswer {
  return {
    status: 200,
    body: {
      status: 'success',
      success: true,
      access_token: accessToken,
      token_type: 'Bearer',
      expires_in: expiresIn,
      expires_at: new Date(expiresAt).toISOString(),
      scopes,
      refresh_recommendation: {
        // The key may expire before the hour is over.
        refresh_before_seconds: Math.min(refreshBeforeSeconds, Math.floor(expiresIn / 2)),
        auto_refresh_enabled: true,
      },
    },
  };
}
