import { isOfKeyspace } from '../domain/keyspaces.js';
import { isDataSignedBy } from '../signatures/check-data-signature.js';
import { computeHmac } from '../signatures/hmac/hmac-signature.js';
import { proveHmac } from '../signatures/hmac/prove-hmac.js';
import { createProveSignature } from '../signatures/rfc9421/prove-signature.js';
import { deriveUseName } from '../signatures/derive-use-name.js';
import { findRefusal, type RequestToDecide } from '../verify/decide-request.js';
import { findCurrentKey } from '../verify/find-current-key.js';
import type { ClientPorts, ProvenClient } from './client.js';

/** The maximum age of a signature, and how far ahead the clocks of clients may be, in milliseconds. */
const maxAgeMs = 60_000;
const skewMs = 30_000;
/** Maximum length of a signature, in characters: RSA with 8192 bits in hexadecimal. */
const maxSignatureLength = 2048;
const timestampPattern = /^(?:0|[1-9]\d{0,14})$/;
/** The signed content of a request (see `computeRequestHmac`): time, nonce, method and target, each on a line of its own. */
const requestPattern = /^[^\n]*\n[^\n]*\n[^\n]*\n\//;

/**
 * A signature over timestamp, nonce and data, separated by newlines. A signature that was made for a request is not accepted,
 * because an attacker that sees a request must not be able to get a token with it.
 */
export interface ClientSignature {
  readonly method: 'client_signature';
  readonly clientId: string;
  /** Epoch milliseconds, as the client wrote them. */
  readonly timestamp: string;
  readonly nonce: string;
  readonly data: string;
  /** In hexadecimal, base64 or base64url. */
  readonly signature: string;
}

/**
 * Builds the check of signatures with which clients prove possession of a secret, or of the private half of a registered key.
 * Each is valid for a minute and can be used once: the store records it.
 */
export function createSignatureCheck(
  ports: ClientPorts,
): (proof: ClientSignature, request: RequestToDecide) => Promise<ProvenClient | null> {
  const { keyspace, clock, nonces, sealer, budget } = ports;
  const proveSignature = createProveSignature(isDataSignedBy);

  return async function checkSignature({ clientId, timestamp, nonce, data, signature }, request) {
    const keyId = keyspace.format.parseClientId(clientId);
    const signedAt = timestampPattern.test(timestamp) ? Number(timestamp) : NaN;
    if (keyId === null || !isTimely(signedAt, clock.now())) return null;
    const signed = `${timestamp}\n${nonce}\n${data}`;
    if (requestPattern.test(signed)) return null;

    const prepared = await findCurrentKey(ports, keyId);
    const key = prepared !== null && isOfKeyspace(keyspace, prepared.key) ? prepared.key : null;
    const { format } = keyspace;
    for (const bytes of decodeSignature(signature)) {
      const signer = key === null ? null : { key, format };
      // Both are tried for every key, and for an unknown one, so that the response time does not reveal the kind of key.
      const bySecret = proveHmac(
        sealer,
        signer,
        (secret) => [computeHmac(secret, timestamp, nonce, data)],
        bytes,
      );
      const byKey = proveSignature(key, null, signed, bytes);
      const credential = bySecret ?? byKey;
      if (prepared === null || credential === null) continue;
      const now = clock.now();
      // A request that would be refused anyway does not use the signature up.
      if (findRefusal(prepared, credential, request, now) === null) {
        const name = `client ${deriveUseName('client signature', keyId, signed, bytes.toString('hex'))}`;
        if (!isTimely(signedAt, now)) return null;
        // In the last moment of its age it is still accepted.
        const take = (): Promise<boolean> =>
          nonces.take(name, signedAt + maxAgeMs + 1, now, signedAt - skewMs);
        if (!(await budget.takeProof(prepared.key, take))) return null;
      }
      return { prepared, credential };
    }
    return null;
  };
}

function isTimely(signedAt: number, now: number): boolean {
  return signedAt <= now + skewMs && now <= signedAt + maxAgeMs;
}

/** The candidate bytes of a signature: hexadecimal characters could be base64 as well. */
function decodeSignature(text: string): readonly Buffer[] {
  if (text.length > maxSignatureLength) return [];
  const isHex = /^(?:[0-9A-Fa-f]{2})+$/.test(text);
  const isBase64 = /^[0-9A-Za-z+/_-]+={0,2}$/.test(text);
  return [...(isHex ? [Buffer.from(text, 'hex')] : []), ...(isBase64 ? [Buffer.from(text, 'base64')] : [])];
}
