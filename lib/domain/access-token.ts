import { parseNumericDate } from './jwt.js';

/** The `typ` of access tokens (RFC 9068 section 2.1). */
export const accessTokenType = 'at+jwt';
/** Lifetime of an access token unless its key sets another one, in seconds. */
export const defaultTokenLifetimeSeconds = 3600;
/** Maximum and minimum lifetime that can be configured, in seconds. */
export const maxTokenLifetimeSeconds = 86_400;
export const minTokenLifetimeSeconds = 60;
/** Maximum clock skew between processes, in milliseconds. */
const clockSkewMs = 60_000;

/** The claims of an access token (RFC 9068 section 2.2). */
export interface AccessTokenClaims {
  readonly iss: string;
  readonly aud: string;
  /** The owner. */
  readonly sub: string;
  /** The key's id. */
  readonly client_id: string;
  /** The id of the credential that the token was issued for. */
  readonly cid: string;
  /** The id of the refresh token chain that the token was issued with, if there is one. */
  readonly gid?: string;
  readonly jti: string;
  /** Seconds. */
  readonly iat: number;
  /** Seconds. */
  readonly exp: number;
  /** Scopes and wildcards, separated by spaces. */
  readonly scope: string;
}

/** An access token whose signature was valid. */
export interface AccessToken {
  readonly id: string;
  readonly ownerId: string;
  readonly keyId: string;
  readonly credentialId: string;
  /** The only resource that it is for (RFC 8707); `null`: every route that accepts tokens. */
  readonly resource: string | null;
  /** The id of the refresh token chain that it was issued with, or `null`. */
  readonly grantId: string | null;
  readonly scopes: readonly string[];
  /** Epoch milliseconds. */
  readonly issuedAt: number;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** The issuer and the audience of tokens. */
export interface TokenParties {
  readonly issuer: string;
  readonly audience: string;
  /** The other audiences that tokens may name: single resources. Default: none. */
  readonly resources?: { has(url: string): boolean };
}

/**
 * Reads the claims of a token whose signature was valid; `null` if one is missing, has another type, or is not meant for
 * this audience. This does not check `exp`: the caller checks it at every use.
 *
 * @param parties - `any`: every issuer and every audience; only for what ends a token
 * @param now - epoch milliseconds
 */
export function parseAccessToken(
  claims: Readonly<Record<string, unknown>>,
  parties: TokenParties | 'any',
  now: number,
): AccessToken | null {
  const { iss, aud, sub, client_id: keyId, cid, gid, jti, iat, exp, nbf, scope } = claims;
  // A list of audiences never matches, because our tokens name exactly one.
  if (typeof iss !== 'string' || typeof aud !== 'string') return null;
  if (parties !== 'any' && !isMeantFor(parties, iss, aud)) return null;
  if (!isText(sub) || !isText(keyId) || !isText(cid) || !isText(jti)) return null;
  if (typeof scope !== 'string' || (gid !== undefined && !isText(gid))) return null;
  const issuedAt = parseNumericDate(iat);
  const expiresAt = parseNumericDate(exp);
  if (issuedAt === null || expiresAt === null || issuedAt > now + clockSkewMs) return null;
  if (nbf !== undefined && (parseNumericDate(nbf) ?? Infinity) > now) return null;
  return {
    id: jti,
    ownerId: sub,
    keyId,
    credentialId: cid,
    resource: parties !== 'any' && aud === parties.audience ? null : aud,
    grantId: gid ?? null,
    scopes: scope === '' ? [] : scope.split(' '),
    issuedAt,
    expiresAt,
  };
}

function isMeantFor({ issuer, audience, resources }: TokenParties, iss: string, aud: string): boolean {
  return iss === issuer && (aud === audience || resources?.has(aud) === true);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
