import {
  accessTokenType,
  parseAccessToken,
  type AccessToken,
  type TokenParties,
} from '../domain/access-token.js';
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
export function readToken(ports: ReadTokenPorts, token: string): Promise<AccessToken | null> {
  const { policy, resources, clock } = ports;
  return readSignedToken(ports, token, { ...policy, resources }, clock.now());
}

/**
 * Reads an access token that is to be revoked: any that a signing key of this database has signed. Other processes may have
 * another issuer, another audience and more resources than this one, and their clocks may be ahead: what they accept can be revoked
 * here.
 */
export function readRevocableToken(
  ports: Pick<ReadTokenPorts, 'signingKeys' | 'maxLifetimeSeconds'>,
  token: string,
): Promise<AccessToken | null> {
  return readSignedToken(ports, token, 'any', Infinity);
}

async function readSignedToken(
  { signingKeys, maxLifetimeSeconds }: Pick<ReadTokenPorts, 'signingKeys' | 'maxLifetimeSeconds'>,
  token: string,
  parties: TokenParties | 'any',
  now: number,
): Promise<AccessToken | null> {
  const header = readJwtHeader(token);
  if (header === null || header.kid === null || !isJwtType(header, accessTokenType)) return null;
  const key = await signingKeys.find(header.kid);
  // Each key has exactly one algorithm: a header that names another is invalid.
  const claims = header.alg === key?.algorithm ? key.verify(token) : null;
  const read = claims === null ? null : parseAccessToken(claims, parties, now);
  if (read === null) return null;
  const latest = read.issuedAt + maxLifetimeSeconds() * 1000;
  return { ...read, expiresAt: Math.min(read.expiresAt, latest) };
}
