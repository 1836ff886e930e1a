import { numericDate } from './jwt.js';

/** The `typ` of access tokens (RFC 9068 section 2.1). */
export const accessTokenType = 'at+jwt';
/** How long an access token lives unless its key says otherwise, in seconds. */
export const defaultTokenLifetimeSeconds = 3600;
/** The longest and the shortest lifetime that can be asked for, in seconds. */
export const maxTokenLifetimeSeconds = 86_400;
export const minTokenLifetimeSeconds = 60;
/** How far the clocks of processes may be apart, in milliseconds. */
const clockSkewMs = 60_000;

/** What an access token says (RFC 9068 section 2.2). */
export interface AccessTokenClaims {
  readonly iss: string;
  readonly aud: string;
  /** The owner. */
  readonly sub: string;
  /** The key's id. */
  readonly client_id: string;
  /** The id of the credential that the token was given for. */
  readonly cid: string;
  /** The id of the chain of refresh tokens that the token came with, where it came with one. */
  readonly gid?: string;
  readonly jti: string;
  /** Seconds. */
  readonly iat: number;
  /** Seconds. */
  readonly exp: number;
  /** Scopes and wildcards, separated by spaces. */
  readonly scope: string;
}

/** What is known of a token whose signature was right. */
export interface AccessToken {
  readonly id: string;
  readonly ownerId: string;
  readonly keyId: string;
  readonly credentialId: string;
  /** The chain of refresh tokens that it came with, or `null`. */
  readonly grantId: string | null;
  readonly scopes: readonly string[];
  /** Epoch milliseconds. */
  readonly issuedAt: number;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** Who gives tokens, and for whom. */
export interface TokenParties {
  readonly issuer: string;
  readonly audience: string;
}

/**
 * Reads the claims of a token whose signature was right; `null` when one is missing, of another kind, or not for us.
 * Whether the token has ended is decided by who uses it, each time.
 *
 * @param now - epoch milliseconds
 */
export function parseAccessToken(
  claims: Readonly<Record<string, unknown>>,
  { issuer, audience }: TokenParties,
  now: number,
): AccessToken | null {
  const { iss, aud, sub, client_id: keyId, cid, gid, jti, iat, exp, nbf, scope } = claims;
  // A list of audiences is never ours: we name exactly one.
  if (iss !== issuer || aud !== audience) return null;
  if (!isText(sub) || !isText(keyId) || !isText(cid) || !isText(jti)) return null;
  if (typeof scope !== 'string' || (gid !== undefined && !isText(gid))) return null;
  const issuedAt = numericDate(iat);
  const expiresAt = numericDate(exp);
  if (issuedAt === null || expiresAt === null || issuedAt > now + clockSkewMs) return null;
  if (nbf !== undefined && (numericDate(nbf) ?? Infinity) > now) return null;
  return {
    id: jti,
    ownerId: sub,
    keyId,
    credentialId: cid,
    grantId: gid ?? null,
    scopes: scope === '' ? [] : scope.split(' '),
    issuedAt,
    expiresAt,
  };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
