import type { Response } from 'express';
import type { TokenParties } from '../domain/access-token.js';
import { toCanonicalAddress } from '../domain/address.js';
import type { ChangeContext } from '../manage/change.js';
import type { Client } from '../tokens/authenticate-client.js';
import { TokenError } from '../tokens/token-error.js';
import type { Introspected, TokenService } from '../tokens/token-service.js';
import { sendTokenError, unavailable } from './answer-token-error.js';
import type { Form } from './read-form.js';

/** A request of an authenticated client. */
export interface TokenRequest {
  readonly tokens: TokenService;
  readonly parties: TokenParties;
  readonly client: Client;
  readonly form: Form;
  readonly context: ChangeContext;
  readonly res: Response;
}

/** Resolves with the body of a 200 response; `null` when the endpoint has already responded. */
export type TokenEndpoint = (request: TokenRequest) => Promise<object | null>;

/** The endpoint of each path. */
export const tokenEndpoints: Readonly<Record<string, TokenEndpoint>> = {
  '/token': issueToken,
  '/introspect': introspect,
  '/revoke': revoke,
};

/** The grant `client_credentials`. It issues no refresh token (RFC 6749 section 4.4.3), and none is accepted either. */
async function issueToken({ tokens, client, form }: TokenRequest): Promise<object> {
  const grant = form.get('grant_type');
  if (grant === undefined) throw new TokenError('invalid_request', 'Send grant_type=client_credentials.');
  if (grant !== 'client_credentials') {
    throw new TokenError('unsupported_grant_type', 'Send grant_type=client_credentials.');
  }
  const { accessToken, expiresIn, scopes } = await tokens.issue(
    client,
    form.get('scope'),
    form.get('resource'),
  );
  return {
    access_token: accessToken,
    token_type: 'Bearer',
    expires_in: expiresIn,
    scope: scopes.join(' '),
  };
}

/**
 * Introspection (RFC 7662). `client_ip` is a parameter of ours, which section 2.1 provides for: a gateway that introspects
 * what its callers send says from where they sent it.
 */
async function introspect({ tokens, parties, client, form, context }: TokenRequest): Promise<object> {
  const callerAddress = readCallerAddress(form);
  const found = await tokens.introspect(client, requireToken(form), {
    address: context.address,
    callerAddress,
  });
  return found === null ? { active: false } : presentToken(found, parties);
}

function readCallerAddress(form: Form): string | null {
  const sent = form.get('client_ip');
  if (sent === undefined) return null;
  const address = toCanonicalAddress(sent);
  if (address === null) throw new TokenError('invalid_request', 'Send an IP address in client_ip.');
  return address;
}

function presentToken(token: Introspected, { issuer, audience }: TokenParties): object {
  return {
    active: true,
    ...(token.kind === 'access_token' ? { token_type: 'Bearer', jti: token.id } : {}),
    ...(token.kind === 'refresh_token' ? {} : { aud: token.resource ?? audience }),
    scope: token.scopes.join(' '),
    client_id: token.keyId,
    sub: token.ownerId,
    iss: issuer,
    ...(token.expiresAt === null ? {} : { exp: Math.floor(token.expiresAt / 1000) }),
    ...(token.issuedAt === null ? {} : { iat: Math.floor(token.issuedAt / 1000) }),
  };
}

/** A 200 guarantees that no process accepts the token any more. Until that is confirmed, the client has to retry. */
async function revoke({ tokens, client, form, context, res }: TokenRequest): Promise<object | null> {
  const effectiveBy = await tokens.revoke(client, context, requireToken(form));
  if (effectiveBy === null) return {};
  const effectiveAt = new Date(effectiveBy).toISOString();
  sendTokenError(res, {
    ...unavailable,
    description: `The token was revoked, but not all servers have confirmed it. It is invalid everywhere by ${effectiveAt}; retry to be sure.`,
  });
  return null;
}

function requireToken(form: Form): string {
  const token = form.get('token');
  if (token === undefined) throw new TokenError('invalid_request', 'Send the token in the parameter token.');
  return token;
}
