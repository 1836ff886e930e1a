import { accessTokenType, type AccessTokenClaims } from '../domain/access-token.js';
import type { ApiKeyRecord } from '../domain/api-key.js';
import { maxJwtLength } from '../domain/jwt.js';
import type { ScopeCatalogue } from '../domain/scope-catalogue.js';
import { narrowScopes } from '../domain/token-scope.js';
import { TokenError } from './token-error.js';
import type { TokenPolicy, TokenPorts } from './token-ports.js';
import { getExpiry, type UsableKey } from './read-usable-key.js';

/** An issued access token. */
export interface IssuedToken {
  readonly accessToken: string;
  /** Its `jti`. */
  readonly id: string;
  readonly scopes: readonly string[];
  /** Seconds. */
  readonly expiresIn: number;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/**
 * Issues an access token for a key: never with more scopes than the key has, and never beyond the expiry of the key or of
 * its credential.
 *
 * @param requested - the requested scopes; absent: all of the key
 * @param grantId - the chain of refresh tokens that the token belongs to
 * @throws TokenError `invalid_scope`, also for so many scopes that the token would be too long for any guard, or
 * `unauthorized_client` for a key that expires before a token could be used, or `temporarily_unavailable` for a key that has
 * requested too many tokens
 */
export async function issueToken(
  { signingKeys, random, clock, keyspace, policy, budget }: TokenPorts,
  { record, credential }: UsableKey,
  requested: readonly string[] | undefined,
  grantId?: string,
): Promise<IssuedToken> {
  const scopes = narrowScopes(requested, record.scopes, keyspace.catalogue);
  if (scopes === null) {
    throw new TokenError('invalid_scope', 'Request scopes that the API key holds, or omit scope.');
  }
  const key = await signingKeys.getCurrent();
  const issuedAt = Math.floor(clock.now() / 1000);
  const end = Math.floor(getExpiry({ record, credential }) / 1000);
  const expiresAt = Math.min(issuedAt + computeLifetime(record, scopes, keyspace.catalogue, policy), end);
  if (expiresAt <= issuedAt) {
    throw new TokenError(
      'unauthorized_client',
      'The API key is about to expire. Extend it or use another one.',
    );
  }
  await budget.takeToken(record);
  const id = random.base62(22);
  const claims: AccessTokenClaims = {
    iss: policy.issuer,
    aud: policy.audience,
    sub: record.ownerId,
    client_id: record.id,
    cid: credential.id,
    ...(grantId === undefined ? {} : { gid: grantId }),
    jti: id,
    iat: issuedAt,
    exp: expiresAt,
    scope: scopes.join(' '),
  };
  const accessToken = key.sign(accessTokenType, claims);
  if (accessToken.length > maxJwtLength) {
    throw new TokenError('invalid_scope', 'A token with so many scopes would be too long. Request fewer.');
  }
  return {
    accessToken,
    id,
    scopes,
    expiresIn: expiresAt - issuedAt,
    expiresAt: expiresAt * 1000,
  };
}

function computeLifetime(
  { tokenLifetimeSeconds }: ApiKeyRecord,
  scopes: readonly string[],
  { tokenTerms }: ScopeCatalogue,
  policy: TokenPolicy,
): number {
  const defaultLifetime = tokenLifetimeSeconds ?? tokenTerms?.lifetimeSeconds ?? policy.lifetimeSeconds;
  return Math.min(defaultLifetime, tokenTerms?.maxLifetimeOf(scopes) ?? Infinity);
}
