/**
 * How a key is proven by a shared secret. Rotation adds one and ends the others; the key itself stays.
 * A stored credential never holds the secret, only what is needed to recognise it.
 */
export interface SecretCredential {
  /** 12 base62 characters, unique within the key. */
  readonly id: string;
  readonly kind: 'secret';
  /** `bcrypt(base64(sha256(secret)))`: durable, independent of every pepper. */
  readonly bcryptHash: string;
  /** The first 4 bytes of SHA-256(secret) in hex. A wrong secret is told from it before bcrypt is asked. */
  readonly secretCheck: string;
  /** Pepper id -> keyed digest of the secret (hex). Digests are added, never replaced. */
  readonly digests: Readonly<Record<string, string>>;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** Set when the credential was ended by a change; from then on no clock is asked. Epoch milliseconds or null. */
  readonly endedAt: number | null;
  /** End of a grace period that is still running. Epoch milliseconds or null. */
  readonly endsAt: number | null;
  /**
   * Set while the secret has not been used since its rotation: its first use lets the secrets before it live on for so
   * many seconds. Seconds or null.
   */
  readonly graceFromFirstUseSeconds: number | null;
}

/** What verification needs of a credential; `bcryptHash` and `secretCheck` are left out of caches. */
export type VerifiableCredential = Pick<
  SecretCredential,
  'id' | 'kind' | 'digests' | 'createdAt' | 'endedAt' | 'endsAt' | 'graceFromFirstUseSeconds'
> &
  Partial<Pick<SecretCredential, 'bcryptHash' | 'secretCheck'>>;

/** A credential counts while it was not ended and `now < endsAt`. */
export function credentialHasEnded(
  credential: Pick<SecretCredential, 'endedAt' | 'endsAt'>,
  now: number,
): boolean {
  if (credential.endedAt !== null) return true;
  return credential.endsAt !== null && now >= credential.endsAt;
}
