/**
 * Computes the fast, keyed digests of secrets: `HMAC-SHA-256(pepper, environment 0x00 id 0x00 secret)`, one per
 * pepper.
 */
export interface SecretDigester {
  /** Ids of the known peppers, the current one first. A pepper's id is a truncated HMAC(pepper, "id"). */
  readonly pepperIds: readonly string[];
  /**
   * @param pepperId - one of {@link pepperIds}
   * @returns 64 hexadecimal characters
   */
  digest(pepperId: string, environment: string, id: string, secret: string): string;
  /** Compares two digests of equal length in constant time; digests of different length are not equal. */
  equal(a: string, b: string): boolean;
  /** The first 4 bytes of SHA-256(secret) in hex, stored beside the slow hash. */
  secretCheck(secret: string): string;
}
