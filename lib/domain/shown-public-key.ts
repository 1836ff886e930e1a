import type { ApiKeyRecord } from './api-key.js';
import { isSecret } from './credential.js';
import type { PublicKeyAlgorithm } from './public-key.js';

/** A public key as it is shown. */
export interface ShownPublicKey {
  readonly algorithm: PublicKeyAlgorithm;
  /** SubjectPublicKeyInfo as PEM, in the one spelling that this package writes. */
  readonly pem: string;
  /** Hexadecimal SHA-256 of the DER. */
  readonly sha256Fingerprint: string;
  /** MD5 of the DER, as `9c:6d:…`; a name that some tools show, and no proof. */
  readonly md5Fingerprint: string;
}

/** The newest public key of a key, or `null` when it is proven by a secret. */
export function shownPublicKey({ credentials }: ApiKeyRecord): ShownPublicKey | null {
  const [newest] = credentials;
  if (newest?.kind !== 'public-key') return null;
  const { algorithm, spki, sha256Fingerprint, md5Fingerprint } = newest;
  const lines = spki.match(/.{1,64}/g) ?? [];
  const pem = ['-----BEGIN PUBLIC KEY-----', ...lines, '-----END PUBLIC KEY-----', ''].join('\n');
  return { algorithm, pem, sha256Fingerprint, md5Fingerprint };
}

/** How requests can be signed with a key; `null` when they cannot. */
export function signingOf({ credentials }: ApiKeyRecord): 'public-key' | 'hmac' | null {
  const [newest] = credentials;
  if (newest === undefined) return null;
  if (!isSecret(newest)) return 'public-key';
  return newest.sealedSecret === null ? null : 'hmac';
}
