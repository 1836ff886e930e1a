import { Secret } from 'otpauth';
import { leastSecretBytes } from './totp-settings.js';

/**
 * Reads a secret as `createTotpSecret` makes them.
 *
 * @throws TypeError when it is no base32 or shorter than any secret; the text is not shown
 */
export function decodeTotpSecret(text: string): Secret {
  const secret = parseBase32(text);
  if (secret === null) throw new TypeError('secretFor answered with a text that is not base32');
  if (secret.bytes.length < leastSecretBytes) {
    throw new TypeError(`secretFor answered with a secret that has not at least ${leastSecretBytes} bytes`);
  }
  return secret;
}

function parseBase32(text: string): Secret | null {
  try {
    return Secret.fromBase32(text);
  } catch {
    return null;
  }
}
