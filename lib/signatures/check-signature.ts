import { constants, sign, verify, type KeyObject } from 'node:crypto';
import type { PublicKeyAlgorithm } from '../domain/public-key.js';

/** Names of RFC 9421 section 6.2.2, by the type of the stored key: nothing in a message can choose an algorithm. */
export const signatureAlgorithms: Readonly<Record<PublicKeyAlgorithm, string>> = {
  ed25519: 'ed25519',
  rsa: 'rsa-pss-sha512',
};

/** RSASSA-PSS with SHA-512, MGF1 with the same hash, and a salt of 64 bytes (RFC 9421 section 3.3.1). */
const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 64 } as const;
const ed25519Bytes = 64;

/** Whether a signature is valid. */
export function isSignedBy(
  key: KeyObject,
  algorithm: PublicKeyAlgorithm,
  base: string,
  signature: Uint8Array,
): boolean {
  const data = Buffer.from(base);
  if (algorithm === 'ed25519') {
    return signature.length === ed25519Bytes && verify(null, data, key, signature) === true;
  }
  const modulusBytes = Math.ceil((key.asymmetricKeyDetails?.modulusLength ?? 0) / 8);
  return signature.length === modulusBytes && verify('sha512', data, { key, ...pss }, signature) === true;
}

/**
 * Whether a signature would be valid if its salt had 64 bytes. OpenSSL, which many clients sign with, makes the salt as long
 * as possible by default.
 */
export function isSignedWithOtherSalt(
  key: KeyObject,
  algorithm: PublicKeyAlgorithm,
  base: string,
  signature: Uint8Array,
): boolean {
  if (algorithm !== 'rsa') return false;
  const anySalt = { ...pss, saltLength: constants.RSA_PSS_SALTLEN_AUTO };
  return verify('sha512', Buffer.from(base), { key, ...anySalt }, signature) === true;
}

/** Signs a signature base. */
export function signBase(key: KeyObject, algorithm: PublicKeyAlgorithm, base: string): Buffer {
  const data = Buffer.from(base);
  return algorithm === 'ed25519' ? sign(null, data, key) : sign('sha512', data, { key, ...pss });
}
