import { parseParameters, type SentParameters } from './parse-parameters.js';
import { maxRequestBytes, createTooLargeError } from './request-limit.js';

/**
 * Reads the query from the request target as it was sent, so that the app's `query parser` has no influence, and a signature
 * over the target covers exactly what was parsed.
 *
 * @param target - `req.originalUrl`
 * @throws ApiKeysError `invalid_request` or `payload_too_large`
 */
export function readQuery(target: string): SentParameters {
  const begin = target.indexOf('?');
  const text = begin === -1 ? '' : target.slice(begin + 1);
  if (Buffer.byteLength(text) > maxRequestBytes) throw createTooLargeError('query');
  return parseParameters(text, '?');
}
