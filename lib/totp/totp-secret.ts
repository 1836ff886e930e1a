import { randomBytes } from 'node:crypto';
import { Secret } from 'otpauth';
import { minSecretBytes } from './totp-settings.js';

/** RFC 4226 section 4, R6: the length of the hash. */
const secretBytes = 20;

/**
 * Creates the secret that the app shares with its user, in base32.
 *
 * @param bytes - at least 16; default: 20 random ones
 * @throws TypeError for fewer than 16
 *
 * @example
 * const secret = createTotpSecret();
 */
export function createTotpSecret(bytes: Uint8Array = randomBytes(secretBytes)): string {
  if (bytes.length < minSecretBytes) {
    throw new TypeError(`createTotpSecret: takes at least ${minSecretBytes} bytes`);
  }
  // A copy, because a small Buffer is a view of a larger pool.
  return new Secret({ buffer: Uint8Array.from(bytes).buffer }).base32;
}
