import type { ApiKeyRecord } from './api-key.js';
import { isSecret } from './credential.js';
import type { PublicKeyAlgorithm } from './public-key.js';

/** The public view of a public key. */
export interface ShownPublicKey {
  readonly algorithm: PublicKeyAlgorithm;
  /** SubjectPublicKeyInfo as PEM, always formatted the same way. */
  readonly pem: string;
  /** Hexadecimal SHA-256 of the DER. */
  readonly sha256Fingerprint: string;
  /** MD5 of the DER, as `9c:6d:…`; a label that some tools display, not to be used for verification. */
  readonly md5Fingerprint: string;
}

/** Returns the newest public key of a key, or `null` for a key that has a secret. */
export function toShownPublicKey({ credentials }: ApiKeyRecord): ShownPublicKey | null {
  const [newest] = credentials;
  if (newest?.kind !== 'public-key') return null;
  const { algorithm, spki, sha256Fingerprint, md5Fingerprint } = newest;
  const lines = spki.match(/.{1,64}/g) ?? [];
  const pem = ['-----BEGIN PUBLIC KEY-----', ...lines, '-----END PUBLIC KEY-----', ''].join('\n');
  return { algorithm, pem, sha256Fingerprint, md5Fingerprint };
}

/** Returns how requests can be signed with a key; `null` if they cannot. */
export function getSigningKind({ credentials }: ApiKeyRecord): 'public-key' | 'hmac' | null {
  const [newest] = credentials;
  if (newest === undefined) return null;
  if (!isSecret(newest)) return 'public-key';
  return newest.sealedSecret === null ? null : 'hmac';
}
