import type { PublicKeyAlgorithm } from './public-key.js';

/** The fields that all credentials have in common. Rotation adds one and ends the others; the key itself stays. */
interface CredentialLife {
  /** 12 base62 characters, unique within the key. */
  readonly id: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** Set when a change ended the credential; from then on the clock is not consulted. Epoch milliseconds or null. */
  readonly endedAt: number | null;
  /** End of the grace period. Epoch milliseconds or null. */
  readonly endsAt: number | null;
  /**
   * Set until the credential is first used after its rotation: from that first use on, the ones before it remain valid for
   * this many seconds. Seconds or null.
   */
  readonly graceFromFirstUseSeconds: number | null;
}

/**
 * A shared secret. A stored credential never contains the secret itself, only what is needed to recognise it, or, for keys
 * that sign requests with it, the sealed secret.
 */
export interface SecretCredential extends CredentialLife {
  readonly kind: 'secret';
  /**
   * `bcrypt(base64(sha256(secret)))`: durable, independent of every pepper. For the secret of an imported key the
   * slow hash that the other system made of the secret itself, or `''` where it had a fast one.
   */
  readonly bcryptHash: string;
  /** The first 4 bytes of SHA-256(secret) in hex. It rejects most invalid secrets before bcrypt has to run. `''` for imported keys. */
  readonly secretCheck: string;
  /** Pepper id -> keyed digest of the secret (hex). Digests are added, never replaced. */
  readonly digests: Readonly<Record<string, string>>;
  /** The secret, sealed under a pepper, if it may sign requests; otherwise `null`. */
  readonly sealedSecret: string | null;
}

/** A public key, which verifies signatures of a private key that never leaves its owner. */
export interface PublicKeyCredential extends CredentialLife {
  readonly kind: 'public-key';
  readonly algorithm: PublicKeyAlgorithm;
  /** SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7) in DER, in base64. */
  readonly spki: string;
  /** Hexadecimal SHA-256 of the DER. */
  readonly sha256Fingerprint: string;
  /** MD5 of the DER, as `9c:6d:…`: a label that older tools display, never used for verification. */
  readonly md5Fingerprint: string;
}

/** What a caller proves to authenticate with a key: a secret or a public key. */
export type Credential = SecretCredential | PublicKeyCredential;

/** What verification needs of a secret; `bcryptHash` and `secretCheck` are never cached. */
export type VerifiableSecret = Omit<SecretCredential, 'bcryptHash' | 'secretCheck'> &
  Partial<Pick<SecretCredential, 'bcryptHash' | 'secretCheck'>>;

/** What verification needs of a public key; its fingerprints are for display only. */
export type VerifiablePublicKey = Omit<PublicKeyCredential, 'sha256Fingerprint' | 'md5Fingerprint'> &
  Partial<Pick<PublicKeyCredential, 'sha256Fingerprint' | 'md5Fingerprint'>>;

/** What verification needs of a credential. */
export type VerifiableCredential = VerifiableSecret | VerifiablePublicKey;

/** Whether a credential is a secret, be it complete or only the part that verification needs. */
export function isSecret<T extends { readonly kind: Credential['kind'] }>(
  credential: T,
): credential is Extract<T, { readonly kind: 'secret' }> {
  return credential.kind === 'secret';
}

/** A credential is valid while no change has ended it and `now < endsAt`. */
export function hasCredentialEnded(
  credential: Pick<CredentialLife, 'endedAt' | 'endsAt'>,
  now: number,
): boolean {
  if (credential.endedAt !== null) return true;
  return credential.endsAt !== null && now >= credential.endsAt;
}
