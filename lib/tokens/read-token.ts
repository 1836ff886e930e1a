import { accessTokenType, parseAccessToken, type AccessToken } from '../domain/access-token.js';
import { isJwtType, readJwtHeader } from '../domain/jwt.js';
import type { TokenPorts } from './token-ports.js';

/** What reading a token needs. */
export type ReadTokenPorts = Pick<TokenPorts, 'signingKeys' | 'clock' | 'policy'>;

/**
 * Reads one of our access tokens: its signature, its type and its claims. `null` for everything else. Whether it has
 * ended or was taken back is not decided here. Rejects when the store does not answer.
 */
export async function readToken(
  { signingKeys, clock, policy }: ReadTokenPorts,
  token: string,
): Promise<AccessToken | null> {
  const header = readJwtHeader(token);
  if (header === null || header.kid === null || !isJwtType(header, accessTokenType)) return null;
  const key = await signingKeys.find(header.kid);
  // The key knows its one algorithm; what the header says can only be that, or wrong.
  const claims = header.alg === key?.algorithm ? key.verify(token) : null;
  return claims === null ? null : parseAccessToken(claims, policy, clock.now());
}
