import { accessTokenType, parseAccessToken, type AccessToken } from '../domain/access-token.js';
import { isJwtType, readJwtHeader } from '../domain/jwt.js';
import type { TokenPorts } from './token-ports.js';

/** The ports that reading a token uses. */
export type ReadTokenPorts = Pick<TokenPorts, 'signingKeys' | 'clock' | 'policy' | 'resources'>;

/**
 * Reads an access token of this instance: signature, type and claims. `null` for anything else. Does not check whether the
 * token has expired or was revoked. Rejects when the store does not respond.
 */
export async function readToken(
  { signingKeys, clock, policy, resources }: ReadTokenPorts,
  token: string,
): Promise<AccessToken | null> {
  const header = readJwtHeader(token);
  if (header === null || header.kid === null || !isJwtType(header, accessTokenType)) return null;
  const key = await signingKeys.find(header.kid);
  // Each key has exactly one algorithm: a header that names another is invalid.
  const claims = header.alg === key?.algorithm ? key.verify(token) : null;
  return claims === null ? null : parseAccessToken(claims, { ...policy, resources }, clock.now());
}
