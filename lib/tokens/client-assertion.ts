import { createHash } from 'node:crypto';
import type { VerifiableCredential, VerifiablePublicKey } from '../domain/credential.js';
import {
  isJwtType,
  parseNumericDate,
  readJwtHeader,
  readUnprovenClaims,
  type JwtHeader,
} from '../domain/jwt.js';
import { isKeyId } from '../domain/key-format.js';
import type { ForeignAlgorithm } from '../ports/jwt-signer.js';
import { isOfKeyspace } from '../domain/keyspaces.js';
import { findRefusal, type RequestToDecide } from '../verify/decide-request.js';
import { findCurrentKey } from '../verify/find-current-key.js';
import type { ClientPorts, ProvenClient } from './client.js';

/** How far in the future an assertion may expire, and the tolerated clock skew, in milliseconds. */
const maxAheadMs = 5 * 60_000;
const skewMs = 30_000;
/** Maximum length of `jti`, in characters. */
const maxIdLength = 256;

/** An assertion as it was sent (RFC 7523 section 2.2). */
interface PresentedAssertion {
  readonly clientId: string | null;
  readonly assertion: string;
}

/**
 * Checks a JWT with which a client proves that it holds the private key (RFC 7523 and its revision,
 * draft-ietf-oauth-rfc7523bis). Its audience is this issuer alone, it is short-lived, and it can be used once. It is verified
 * with the registered key: nothing in the header can name or supply another.
 */
export async function checkAssertion(
  ports: ClientPorts,
  { clientId, assertion }: PresentedAssertion,
  request: RequestToDecide,
): Promise<ProvenClient | null> {
  const { keyspace, clock, nonces, budget } = ports;
  const header = readJwtHeader(assertion);
  const unproven = readUnprovenClaims(assertion);
  const id = unproven?.['sub'];
  if (header === null || !isTyped(header) || typeof id !== 'string' || !isKeyId(id)) return null;
  if (clientId !== null && clientId !== id) return null;

  const prepared = await findCurrentKey(ports, id);
  if (prepared === null || !isOfKeyspace(keyspace, prepared.key)) return null;
  const credential = prepared.key.credentials.find((one) => isSignedBy(ports, one, header, assertion));
  if (credential === undefined) return null;

  const now = clock.now();
  const read = unproven === null ? null : readAssertion(unproven, id, ports.policy.issuer, now);
  if (read === null) return null;
  // A request that would be refused anyway does not use the assertion up.
  if (findRefusal(prepared, credential, request, now) === null) {
    const name = `client assertion ${id} ${createHash('sha256').update(read.id).digest('base64url')}`;
    const take = (): Promise<boolean> => nonces.take(name, read.expiresAt + skewMs, now);
    if (!(await budget.takeProof(prepared.key, take))) return null;
  }
  return { prepared, credential };
}

/** Accepts `client-authentication+jwt`, `jwt` and no type: other kinds of JWT are never accepted as an assertion. */
function isTyped(header: JwtHeader): boolean {
  return header.typ === null || isJwtType(header, 'jwt') || isJwtType(header, 'client-authentication+jwt');
}

const algorithmsByKind: Readonly<
  Record<VerifiablePublicKey['algorithm'], Readonly<Record<string, ForeignAlgorithm>>>
> = {
  // RFC 9864 gives the algorithm the name of its curve.
  ed25519: { EdDSA: 'EdDSA', Ed25519: 'EdDSA' },
  rsa: { PS256: 'PS256', PS384: 'PS384', PS512: 'PS512' },
};

function isSignedBy(
  { jwtKeys }: Pick<ClientPorts, 'jwtKeys'>,
  credential: VerifiableCredential,
  { alg, kid }: JwtHeader,
  assertion: string,
): boolean {
  if (credential.kind !== 'public-key' || (kid !== null && kid !== credential.id)) return false;
  const algorithms = algorithmsByKind[credential.algorithm];
  const algorithm = Object.hasOwn(algorithms, alg) ? algorithms[alg] : undefined;
  if (algorithm === undefined) return false;
  return jwtKeys.isSignedBy(Buffer.from(credential.spki, 'base64'), algorithm, assertion);
}

function readAssertion(
  { iss, sub, aud, exp, nbf, iat, jti }: Readonly<Record<string, unknown>>,
  id: string,
  issuer: string,
  now: number,
): { readonly id: string; readonly expiresAt: number } | null {
  if (iss !== id || sub !== id) return null;
  const audience: unknown = Array.isArray(aud) && aud.length === 1 ? aud[0] : aud;
  if (audience !== issuer) return null;
  const expiresAt = parseNumericDate(exp);
  if (expiresAt === null || expiresAt <= now || expiresAt > now + maxAheadMs) return null;
  const isEarly = (time: unknown): boolean =>
    time !== undefined && (parseNumericDate(time) ?? Infinity) > now + skewMs;
  if (isEarly(nbf) || isEarly(iat)) return null;
  if (typeof jti !== 'string' || jti === '' || jti.length > maxIdLength) return null;
  return { id: jti, expiresAt };
}
