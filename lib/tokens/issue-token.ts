import { accessTokenType, type AccessTokenClaims } from '../domain/access-token.js';
import type { ApiKeyRecord } from '../domain/api-key.js';
import { maxJwtLength } from '../domain/jwt.js';
import type { ScopeCatalogue } from '../domain/scope-catalogue.js';
import { narrowScopes } from '../domain/token-scope.js';
import { isSameResource, type ProtectedResources } from './protected-resources.js';
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

/** What a token belongs to, or is restricted to. */
export interface TokenRestrictions {
  /** The chain of refresh tokens that it belongs to. */
  readonly grantId?: string | undefined;
  /** The only resource that it is for, as the client requested it (RFC 8707). Default: the audience of the instance. */
  readonly resource?: string | undefined;
}

/**
 * Issues an access token for a key: never with more scopes than the key has, and never beyond the expiry of the key or of
 * its credential.
 *
 * @param requested - the requested scopes; absent: all of the key
 * @throws TokenError `invalid_target` for an unknown resource, `invalid_scope`, also for so many scopes that the token would be too long for any guard, or
 * `unauthorized_client` for a key that expires before a token could be used, or `temporarily_unavailable` for a key that has
 * requested too many tokens
 */
export async function issueToken(
  { signingKeys, random, clock, keyspace, policy, budget, resources }: TokenPorts,
  { record, credential }: UsableKey,
  requested: readonly string[] | undefined,
  { grantId, resource }: TokenRestrictions = {},
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
  const id = random.base62(22);
  const claims: AccessTokenClaims = {
    iss: policy.issuer,
    aud: resource === undefined ? policy.audience : findAudience(resource, policy, resources),
    sub: record.ownerId,
    client_id: record.id,
    cid: credential.id,
    ...(grantId === undefined ? {} : { gid: grantId }),
    jti: id,
    iat: issuedAt,
    exp: expiresAt,
    scope: scopes.join(' '),
  };
  if (key.measure(accessTokenType, claims) > maxJwtLength) {
    throw new TokenError('invalid_scope', 'A token with so many scopes would be too long. Request fewer.');
  }
  // After everything else that may refuse it, because a refused request is not counted; before the signature, which costs the most.
  await budget.takeToken(record);
  return {
    accessToken: key.sign(accessTokenType, claims),
    id,
    scopes,
    expiresIn: expiresAt - issuedAt,
    expiresAt: expiresAt * 1000,
  };
}

/** @throws TokenError `invalid_target` (RFC 8707 section 2) */
function findAudience(
  requested: string,
  { issuer, audience }: TokenPolicy,
  resources: ProtectedResources,
): string {
  const found = resources.find(requested);
  if (found !== null) return found;
  if (isSameResource(requested, audience) || isSameResource(requested, issuer)) return audience;
  throw new TokenError(
    'invalid_target',
    'There is no such resource here. Omit resource, or name one of this service.',
  );
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
