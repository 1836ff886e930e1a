import { InvalidFieldError } from '../../domain/key-fields.js';
import type { Client, ClientProof } from '../../tokens/authenticate-client.js';
import { changesBy } from './changes-by.js';
import { invalidParam } from './deribit-error.js';
import type { DeribitParams, MethodAnswer, PublicContext, PublicMethod } from './deribit-method.js';
import { itemsOf, narrowedScopes, scopesFor } from './deribit-scopes.js';
import { presentToken } from './present-token.js';
import { optionalParam, requiredParam, text } from './read-param.js';
import { tokenFailure } from './token-failure.js';
import { isTokenTerm, readTerms, type AskedTerms } from './token-terms.js';

/** Most sessions of one key; with one more, the one that ends first is ended. */
export const maxSessions = 16;

/** What a client asks for. */
interface AskedScope extends AskedTerms {
  /** Items that are no terms. */
  readonly scopes: readonly string[];
}

/** Gives an access token and a refresh token for a pair, a signature, or a refresh token. */
export const auth: PublicMethod = {
  name: 'public/auth',
  prepare(context) {
    const { params } = context;
    const grantType = requiredParam(params, 'grant_type', text);
    const state = optionalParam(params, 'state', text);
    const asked = optionalParam(params, 'scope', askedScope);
    switch (grantType) {
      case 'client_credentials':
      case 'client_signature': {
        const proof = grantType === 'client_signature' ? signatureOf(params) : pairOf(params);
        return () => authorize(context, proof, asked ?? askedScope(''), state);
      }
      case 'refresh_token': {
        const refreshToken = requiredParam(params, 'refresh_token', text);
        return () => refresh(context, refreshToken, asked, state);
      }
      default:
        return invalidParam('grant_type', 'must be client_credentials, client_signature or refresh_token');
    }
  },
};

async function authorize(
  context: PublicContext,
  proof: ClientProof,
  { scopes, session, limits }: AskedScope,
  state: string | undefined,
): Promise<MethodAnswer> {
  const { host, keyspace, call } = context;
  const tokens = keyspace.tokens();
  let client: Client | null = null;
  try {
    client = await tokens.authenticate(proof, (purpose) => call.address(purpose));
    const { apiKey, deprecatedSecret } = client;
    if (deprecatedSecret !== undefined) host.access.usedDeprecatedSecret(call.req, apiKey);
    const given = [...scopesFor(scopes, apiKey.scopes), ...termsOf(session), ...limits];
    const issued = await tokens.issueRefreshable(
      client,
      given.join(' '),
      session === null ? {} : { session: { name: session, most: maxSessions, context: changesBy(context) } },
    );
    return presentToken(issued, apiKey.features, state);
  } catch (error) {
    throw tokenFailure(context, error, client);
  }
}

/** What stands in the scope of every token. */
function termsOf(session: string | null): readonly string[] {
  return [session === null ? 'connection' : `session:${session}`, 'mainaccount'];
}

/** A token for less than the one before, if so asked; its session, addresses and lifetime stay. */
async function refresh(
  context: PublicContext,
  refreshToken: string,
  asked: AskedScope | undefined,
  state: string | undefined,
): Promise<MethodAnswer> {
  const tokens = context.keyspace.tokens();
  const changes = changesBy(context);
  try {
    const { scopes, record } = await tokens.findChain(changes, refreshToken);
    const held = narrowedScopes(scopes, record.scopes);
    const given = asked === undefined ? held : scopesFor(asked.scopes, held);
    const items = [...given, ...scopes.filter(isTokenTerm)];
    const issued = await tokens.refresh(changes, refreshToken, items.join(' '));
    return presentToken(issued, record.features, state);
  } catch (error) {
    throw tokenFailure(context, error, null);
  }
}

function askedScope(value: unknown): AskedScope {
  const items = itemsOf(value);
  return { ...readTerms(items.filter(isTokenTerm)), scopes: items.filter((item) => !isTokenTerm(item)) };
}

function pairOf(params: DeribitParams): ClientProof {
  return {
    method: 'client_secret_post',
    clientId: requiredParam(params, 'client_id', text),
    secret: requiredParam(params, 'client_secret', text),
  };
}

function signatureOf(params: DeribitParams): ClientProof {
  return {
    method: 'client_signature',
    clientId: requiredParam(params, 'client_id', text),
    timestamp: requiredParam(params, 'timestamp', milliseconds),
    // A query turns the plus of base64 into a space.
    signature: requiredParam(params, 'signature', text).replaceAll(' ', '+'),
    nonce: optionalParam(params, 'nonce', text) ?? '',
    data: optionalParam(params, 'data', text) ?? '',
  };
}

/** As it was written: that is what was signed. */
function milliseconds(value: unknown): string {
  const written = typeof value === 'number' ? String(value) : value;
  if (typeof written === 'string' && /^\d{1,15}$/.test(written)) return written;
  throw new InvalidFieldError('must be milliseconds since 1970');
}
