import { randomBytes } from 'node:crypto';
import { Secret } from 'otpauth';
import { leastSecretBytes } from './totp-settings.js';

/** RFC 4226 section 4, R6: as many bits as the hash has. */
const secretBytes = 20;

/**
 * Makes the secret that an app and its user share, in base32.
 *
 * @param bytes - at least 16; default: 20 random ones
 */
export function createTotpSecret(bytes: Uint8Array = randomBytes(secretBytes)): string {
  if (bytes.length < leastSecretBytes) {
    throw new TypeError(`createTotpSecret: takes at least ${leastSecretBytes} bytes`);
  }
  // A copy, because a small Buffer is a part of a larger one.
  return new Secret({ buffer: Uint8Array.from(bytes).buffer }).base32;
}
