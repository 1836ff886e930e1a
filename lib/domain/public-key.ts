/** Supported public key algorithms: Ed25519 as in RFC 8032, and RSA as RSASSA-PSS with SHA-512. */
export type PublicKeyAlgorithm = 'ed25519' | 'rsa';

/** A validated public key. */
export interface PublicKey {
  readonly algorithm: PublicKeyAlgorithm;
  /** SubjectPublicKeyInfo in DER, in base64. */
  readonly spki: string;
  /** Hexadecimal SHA-256 of the DER. */
  readonly sha256Fingerprint: string;
  /** MD5 of the DER, as `9c:6d:…`. */
  readonly md5Fingerprint: string;
}

/** Maximum length of a PEM, in characters; RSA with 8192 bits takes about 1,500. */
export const maxPemLength = 4096;
/** Minimum and maximum RSA modulus, in bits. Smaller ones can be factored; larger ones take too long to verify. */
export const minRsaBits = 2048;
export const maxRsaBits = 8192;
