import { accessTokenType, parseAccessToken, type AccessToken } from '../domain/access-token.js';
import { isJwtType, readJwtHeader } from '../domain/jwt.js';
import type { JwtKey } from '../ports/jwt-signer.js';
import type { TokenPorts } from './token-ports.js';

/** What reading a token needs. */
export type ReadTokenPorts = Pick<TokenPorts, 'signingKeys' | 'clock' | 'policy'>;

/**
 * Reads one of our access tokens: its signature, its type and its claims. `null` for everything else. Whether it has
 * ended or was taken back is not decided here. Rejects when the store does not answer.
 */
export async function readToken(ports: ReadTokenPorts, token: string): Promise<AccessToken | null> {
  const id = keyIdOf(token);
  if (id === null) return null;
  const key = await ports.signingKeys.find(id);
  return key === null ? null : readWith(ports, key, token);
}

/** As {@link readToken}, with the keys that this process knows; `undefined` when it knows too little. */
export function readTokenAtOnce(ports: ReadTokenPorts, token: string): AccessToken | null | undefined {
  const id = keyIdOf(token);
  if (id === null) return null;
  const key = ports.signingKeys.known(id);
  return key === undefined ? undefined : readWith(ports, key, token);
}

/** The signing key that a token names, if it looks like one of ours. */
function keyIdOf(token: string): string | null {
  const header = readJwtHeader(token);
  return header !== null && isJwtType(header, accessTokenType) ? header.kid : null;
}

function readWith({ clock, policy }: ReadTokenPorts, key: JwtKey, token: string): AccessToken | null {
  // The key knows its one algorithm; what the header says can only be that, or wrong.
  const claims = readJwtHeader(token)?.alg === key.algorithm ? key.verify(token) : null;
  return claims === null ? null : parseAccessToken(claims, policy, clock.now());
}
