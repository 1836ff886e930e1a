import type { PublicKey } from '../domain/public-key.js';
import { ApiKeysError } from '../errors.js';
import { InvalidPublicKeyError, parsePublicKey } from '../signatures/parse-public-key.js';

/**
 * Reads the field `publicKey`.
 *
 * @throws ApiKeysError `invalid_public_key` with the reason; it never repeats the value
 */
export function readPublicKey(value: unknown): PublicKey {
  try {
    return parsePublicKey(value);
  } catch (error) {
    if (!(error instanceof InvalidPublicKeyError)) throw error;
    throw new ApiKeysError('invalid_public_key', {
      errors: [{ field: 'publicKey', message: error.message }],
    });
  }
}
