import { accessTokenType, parseAccessToken, type AccessToken } from '../domain/access-token.js';
import { isJwtType, readJwtHeader } from '../domain/jwt.js';
import type { TokenPorts } from './token-ports.js';

/** The ports that reading a token uses. */
export type ReadTokenPorts = Pick<TokenPorts, 'signingKeys' | 'clock' | 'policy' | 'maxLifetimeSeconds'> & {
  readonly resources: Pick<TokenPorts['resources'], 'has'>;
};

/**
 * Reads an access token of this instance: signature, type and claims. `null` for anything else. Does not check whether the
 * token has expired or was revoked. Rejects when the store does not respond.
 *
 * A token ends no later than one that is issued now would: that it was revoked is remembered for as long, whatever the longest lifetime
 * was when it was issued.
 */
export async function readToken(
  { signingKeys, clock, policy, resources, maxLifetimeSeconds }: ReadTokenPorts,
  token: string,
): Promise<AccessToken | null> {
  const header = readJwtHeader(token);
  if (header === null || header.kid === null || !isJwtType(header, accessTokenType)) return null;
  const key = await signingKeys.find(header.kid);
  // Each key has exactly one algorithm: a header that names another is invalid.
  const claims = header.alg === key?.algorithm ? key.verify(token) : null;
  const read = claims === null ? null : parseAccessToken(claims, { ...policy, resources }, clock.now());
  if (read === null) return null;
  const latest = read.issuedAt + maxLifetimeSeconds() * 1000;
  return { ...read, expiresAt: Math.min(read.expiresAt, latest) };
}
