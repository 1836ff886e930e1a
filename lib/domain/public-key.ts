/** What public keys can be. Ed25519 signs as RFC 8032 has it, RSA as RSASSA-PSS with SHA-512. */
export type PublicKeyAlgorithm = 'ed25519' | 'rsa';

/** A public key that was checked. */
export interface PublicKey {
  readonly algorithm: PublicKeyAlgorithm;
  /** SubjectPublicKeyInfo in DER, in base64. */
  readonly spki: string;
  /** Hexadecimal SHA-256 of the DER. */
  readonly sha256Fingerprint: string;
  /** MD5 of the DER, as `9c:6d:…`. */
  readonly md5Fingerprint: string;
}

/** Longest PEM that is read, in characters; RSA with 8192 bits takes about 1,500. */
export const maxPemLength = 4096;
/** Shortest and longest RSA modulus, in bits. Below, it can be factored; above, checking a signature takes too long. */
export const minRsaBits = 2048;
export const maxRsaBits = 8192;
