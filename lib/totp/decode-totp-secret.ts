import { Secret } from 'otpauth';
import { minSecretBytes } from './totp-settings.js';

/**
 * Decodes a secret in the format of `createTotpSecret`.
 *
 * @throws TypeError when it is not base32 or too short; the message does not repeat it
 */
export function decodeTotpSecret(text: string): Secret {
  const secret = parseBase32(text);
  if (secret === null) throw new TypeError('secretFor returned a string that is not base32');
  if (secret.bytes.length < minSecretBytes) {
    throw new TypeError(
      `secretFor returned a secret that is too short: it must have at least ${minSecretBytes} bytes`,
    );
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
