import type { SigningAlgorithm } from './token-store.js';

/** Generates the keys that tokens are signed with, and opens them again. */
export interface JwtKeys {
  /** Generates a private or secret key, as bytes that {@link open} takes. */
  generate(algorithm: SigningAlgorithm): Buffer;
  /** @throws TypeError when the bytes are no such key */
  open(id: string, algorithm: SigningAlgorithm, bytes: Buffer): JwtKey;
  /**
   * Whether a client has signed a token (a JWS in compact form) with its private key. The header is not read: the
   * caller has decided on the algorithm.
   *
   * @param spki - the public key, in DER
   */
  isSignedBy(spki: Buffer, algorithm: ForeignAlgorithm, token: string): boolean;
}

/** The algorithms with which clients may sign; the key decides which one. */
export type ForeignAlgorithm = 'EdDSA' | 'PS256' | 'PS384' | 'PS512';

/** A key that signs and verifies tokens, only with its own algorithm, whatever a token says. */
export interface JwtKey {
  readonly id: string;
  readonly algorithm: SigningAlgorithm;
  /** The public part (RFC 7517); `null` for secret keys. */
  readonly publicJwk: Readonly<Record<string, string>> | null;
  sign(type: string, claims: object): string;
  /** The length of the token that {@link sign} returns for these, in characters, which takes no signature to know. */
  measure(type: string, claims: object): number;
  /** The claims of a token; `null` when it was not signed with this key. No claim is checked. */
  verify(token: string): Readonly<Record<string, unknown>> | null;
}
