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
import { TokenError } from './token-error.js';

/** How far in the future an assertion may expire by the client's clock, and the tolerated clock skew, in milliseconds. */
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
 * draft-ietf-oauth-rfc7523bis). It is for this server, it is short-lived, and it can be used once. It is verified with the
 * registered key: nothing in the header can name or supply another.
 *
 * What is wrong with the assertion itself is reported, because that takes no knowledge of any key. Whether there is such a
 * key, and what signed, is not: `null`.
 *
 * @throws TokenError `invalid_client` that says what is wrong with the assertion
 */
export async function checkAssertion(
  ports: ClientPorts,
  { clientId, assertion }: PresentedAssertion,
  request: RequestToDecide,
): Promise<ProvenClient | null> {
  const { keyspace, clock, nonces, budget } = ports;
  const header = readJwtHeader(assertion);
  const unproven = readUnprovenClaims(assertion);
  if (header === null || unproven === null) throw refuse(malformed);
  if (!isTyped(header)) throw refuse('Its typ must be JWT or client-authentication+jwt, or be omitted.');
  if (!listAlgorithms().includes(header.alg)) {
    throw refuse(`Its alg must be one of ${listAlgorithms().join(', ')}.`);
  }
  const read = readAssertion(unproven, listAudiences(header, ports.policy), clock.now());
  const { keyId: id } = read;
  if (clientId !== null && clientId !== id) throw refuse('Its sub is not the client_id of the request.');

  const prepared = await findCurrentKey(ports, id);
  if (prepared === null || !isOfKeyspace(keyspace, prepared.key)) return null;
  const credential = prepared.key.credentials.find((one) => isSignedBy(ports, one, header, assertion));
  if (credential === undefined) return null;

  const now = clock.now();
  // A request that would be refused anyway does not use the assertion up.
  if (findRefusal(prepared, credential, request, now) === null) {
    const name = `client assertion ${id} ${createHash('sha256').update(read.id).digest('base64url')}`;
    const take = (): Promise<boolean> => nonces.take(name, read.expiresAt, now, read.acceptableSince);
    if (!(await budget.takeProof(prepared.key, take))) {
      throw refuse('It was used before: each assertion needs a jti of its own.');
    }
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

function listAlgorithms(): readonly string[] {
  return Object.values(algorithmsByKind).flatMap((algorithms) => Object.keys(algorithms));
}

/**
 * Whom an assertion may be for: the issuer, or the token endpoint (RFC 7523 section 3). The revision allows the issuer alone,
 * and marks its assertions by their type.
 */
function listAudiences(
  header: JwtHeader,
  { issuer, endpoints }: ClientPorts['policy'],
): readonly [issuer: string, ...others: string[]] {
  return isJwtType(header, 'client-authentication+jwt') ? [issuer] : [issuer, `${issuer}${endpoints}/token`];
}

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

interface ReadAssertion {
  /** Its `sub`. */
  readonly keyId: string;
  /** Its `jti`. */
  readonly id: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  /** It was refused before, epoch milliseconds. */
  readonly acceptableSince: number;
}

function readAssertion(
  { iss, sub, aud, exp, nbf, iat, jti }: Readonly<Record<string, unknown>>,
  audiences: readonly [string, ...string[]],
  now: number,
): ReadAssertion {
  if (typeof sub !== 'string' || !isKeyId(sub) || iss !== sub) {
    throw refuse('Its iss and sub must both be the id of the API key.');
  }
  if (!isFor(aud, audiences)) {
    throw refuse(`Its aud must be ${audiences.join(' or ')}, and nobody else.`);
  }
  const expiresAt = parseNumericDate(exp);
  if (expiresAt === null) throw refuse('Its exp is missing, or not in whole seconds since 1970.');
  if (expiresAt <= now) throw refuse('Its exp has passed.');
  const sinceExp = expiresAt - maxAheadMs - skewMs;
  if (sinceExp > now) throw refuse('Its exp must be at most five minutes ahead.');
  const readStart = (time: unknown): number =>
    time === undefined ? -Infinity : (parseNumericDate(time) ?? Infinity) - skewMs;
  const [sinceNbf, sinceIat] = [readStart(nbf), readStart(iat)];
  if (sinceNbf > now) throw refuse('Its nbf is in the future, or not in whole seconds since 1970.');
  if (sinceIat > now) throw refuse('Its iat is in the future, or not in whole seconds since 1970.');
  if (typeof jti !== 'string' || jti === '' || jti.length > maxIdLength) {
    throw refuse(`Its jti must be a string of 1 to ${maxIdLength} characters.`);
  }
  return { keyId: sub, id: jti, expiresAt, acceptableSince: Math.max(sinceExp, sinceNbf, sinceIat) };
}

/** Whether an audience names nobody but this server; a list may name it in both ways. */
function isFor(aud: unknown, audiences: readonly string[]): boolean {
  const named: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  const isOurs = (each: unknown): boolean => typeof each === 'string' && audiences.includes(each);
  return named.length > 0 && named.every(isOurs) && new Set(named).size === named.length;
}

const malformed =
  'It must be a JWT in compact form, of reasonable length, whose header has no parameters but alg, typ and kid.';

/** A refusal whose reason anybody can see who sees the assertion. */
function refuse(reason: string): TokenError {
  return new TokenError('invalid_client', `The client_assertion was refused. ${reason}`);
}
