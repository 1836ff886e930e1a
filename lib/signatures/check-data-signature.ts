import { constants, verify, type KeyObject } from 'node:crypto';
import type { PublicKeyAlgorithm } from '../domain/public-key.js';
import { isSignedBy } from './check-signature.js';

/**
 * Whether a signature of data other than a request is valid, with Ed25519 or with RSASSA-PKCS1-v1_5 and SHA-256 (RFC 8017
 * section 8.2), which clients of exchanges use.
 */
export function isDataSignedBy(
  key: KeyObject,
  algorithm: PublicKeyAlgorithm,
  data: string,
  signature: Uint8Array,
): boolean {
  if (algorithm === 'ed25519') return isSignedBy(key, algorithm, data, signature);
  return (
    verify('sha256', Buffer.from(data), { key, padding: constants.RSA_PKCS1_PADDING }, signature) === true
  );
}
