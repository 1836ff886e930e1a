import { belongsTo } from '../domain/keyspaces.js';
import { isDataSignedBy } from '../signatures/check-data-signature.js';
import { computeHmac } from '../signatures/hmac/hmac-signature.js';
import { proveHmac } from '../signatures/hmac/prove-hmac.js';
import { createProveSignature } from '../signatures/rfc9421/prove-signature.js';
import { deriveUseName } from '../signatures/derive-use-name.js';
import { findRefusal, type RequestToDecide } from '../verify/decide-request.js';
import { findCurrentKey } from '../verify/find-current-key.js';
import type { ClientPorts, ProvenClient } from './client.js';

/** How old a signature may be, and how far ahead the clocks of clients may be, in milliseconds. */
const maxAgeMs = 60_000;
const skewMs = 30_000;
/** Longest signature, in characters: RSA with 8192 bits in hexadecimal. */
const maxSignatureLength = 2048;
const timestampPattern = /^(?:0|[1-9]\d{0,14})$/;
/** What is signed for a request (see `requestHmac`): time, nonce, method and target, each on a line of its own. */
const requestPattern = /^[^\n]*\n[^\n]*\n[^\n]*\n\//;

/**
 * A signature over timestamp, nonce and data, with line ends between them. One that was made for a request is none: who
 * sees a request must not be able to get a token with it.
 */
export interface ClientSignature {
  readonly method: 'client_signature';
  readonly clientId: string;
  /** Epoch milliseconds as they were written. */
  readonly timestamp: string;
  readonly nonce: string;
  readonly data: string;
  /** In hexadecimal, base64 or base64url. */
  readonly signature: string;
}

/**
 * Builds the check of signatures with which clients prove that they hold a secret, or the private half of a registered key.
 * Each counts for a minute and once: it is remembered in the store.
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
    const text = `${timestamp}\n${nonce}\n${data}`;
    if (requestPattern.test(text)) return null;

    const prepared = await findCurrentKey(ports, keyId);
    const key = prepared !== null && belongsTo(keyspace, prepared.key) ? prepared.key : null;
    const { format } = keyspace;
    for (const bytes of decodeSignature(signature)) {
      const signer = key === null ? null : { key, format };
      // Both are tried for every key, and for none: the time does not tell which kind it is of.
      const bySecret = proveHmac(
        sealer,
        signer,
        (secret) => [computeHmac(secret, timestamp, nonce, data)],
        bytes,
      );
      const byKey = proveSignature(key, null, text, bytes);
      const credential = bySecret ?? byKey;
      if (prepared === null || credential === null) continue;
      const now = clock.now();
      // Who may not pass anyway uses nothing up.
      if (findRefusal(prepared, credential, request, now) === null) {
        const name = `client ${deriveUseName('client signature', keyId, text, bytes.toString('hex'))}`;
        if (!isTimely(signedAt, now)) return null;
        const take = (): Promise<boolean> => nonces.take(name, signedAt + maxAgeMs + skewMs, now);
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

/** The bytes of a signature: what is hexadecimal could be base64 as well. */
function decodeSignature(text: string): readonly Buffer[] {
  if (text.length > maxSignatureLength) return [];
  const isHex = /^(?:[0-9A-Fa-f]{2})+$/.test(text);
  const isBase64 = /^[0-9A-Za-z+/_-]+={0,2}$/.test(text);
  return [...(isHex ? [Buffer.from(text, 'hex')] : []), ...(isBase64 ? [Buffer.from(text, 'base64')] : [])];
}
