import type { PublicKeyAlgorithm } from './public-key.js';

/** What all ways to prove a key have in common. Rotation adds one and ends the others; the key itself stays. */
interface CredentialLife {
  /** 12 base62 characters, unique within the key. */
  readonly id: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** Set when the credential was ended by a change; from then on no clock is asked. Epoch milliseconds or null. */
  readonly endedAt: number | null;
  /** End of a grace period that is still running. Epoch milliseconds or null. */
  readonly endsAt: number | null;
  /**
   * Set while the credential has not been used since its rotation: its first use lets the ones before it live on for so
   * many seconds. Seconds or null.
   */
  readonly graceFromFirstUseSeconds: number | null;
}

/**
 * How a key is proven by a shared secret. A stored credential never holds the secret, only what is needed to recognise
 * it; or, for keys that sign with it, the sealed secret.
 */
export interface SecretCredential extends CredentialLife {
  readonly kind: 'secret';
  /** `bcrypt(base64(sha256(secret)))`: durable, independent of every pepper. */
  readonly bcryptHash: string;
  /** The first 4 bytes of SHA-256(secret) in hex. A wrong secret is told from it before bcrypt is asked. */
  readonly secretCheck: string;
  /** Pepper id -> keyed digest of the secret (hex). Digests are added, never replaced. */
  readonly digests: Readonly<Record<string, string>>;
  /** The secret, sealed under a pepper, where it may sign requests; else `null`. */
  readonly sealedSecret: string | null;
}

/** How a key is proven by signatures of a private key that never leaves its owner. */
export interface PublicKeyCredential extends CredentialLife {
  readonly kind: 'public-key';
  readonly algorithm: PublicKeyAlgorithm;
  /** SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7) in DER, in base64. */
  readonly spki: string;
  /** Hexadecimal SHA-256 of the DER. */
  readonly sha256Fingerprint: string;
  /** MD5 of the DER, as `9c:6d:…`: a name that older tools show, never a proof. */
  readonly md5Fingerprint: string;
}

/** How a key is proven. */
export type Credential = SecretCredential | PublicKeyCredential;

/** What verification needs of a secret; `bcryptHash` and `secretCheck` are left out of caches. */
export type VerifiableSecret = Omit<SecretCredential, 'bcryptHash' | 'secretCheck'> &
  Partial<Pick<SecretCredential, 'bcryptHash' | 'secretCheck'>>;

/** What verification needs of a public key; its fingerprints are only to be shown. */
export type VerifiablePublicKey = Omit<PublicKeyCredential, 'sha256Fingerprint' | 'md5Fingerprint'> &
  Partial<Pick<PublicKeyCredential, 'sha256Fingerprint' | 'md5Fingerprint'>>;

/** What verification needs of a credential. */
export type VerifiableCredential = VerifiableSecret | VerifiablePublicKey;

/** Whether a credential is a secret, of whichever fullness. */
export function isSecret<T extends { readonly kind: Credential['kind'] }>(
  credential: T,
): credential is Extract<T, { readonly kind: 'secret' }> {
  return credential.kind === 'secret';
}

/** A credential counts while it was not ended and `now < endsAt`. */
export function credentialHasEnded(
  credential: Pick<CredentialLife, 'endedAt' | 'endsAt'>,
  now: number,
): boolean {
  if (credential.endedAt !== null) return true;
  return credential.endsAt !== null && now >= credential.endsAt;
}
