import { ApiKeysError } from '../errors.js';

/** Maximum length of an `Idempotency-Key`, in characters. */
export const maxIdempotencyKeyLength = 255;

/** A structured field string (RFC 9651 section 3.3.3), as draft-ietf-httpapi-idempotency-key-header requires. */
const quoted = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])+)"$/;
/** What many clients send instead, for example a UUID: no blanks, commas, quotes or backslashes. */
const bare = /^[\x21\x23-\x2b\x2d-\x5b\x5d-\x7e]+$/;

/**
 * Parses `Idempotency-Key`; `undefined` if there is none. The quoted and the bare form of a string are equivalent.
 *
 * @throws ApiKeysError `invalid_request` if it is empty, malformed, repeated or too long
 */
export function parseIdempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const sent = header.trim();
  // Two characters for each, and the quotes: what is longer is not parsed.
  const value = sent.length > 2 * maxIdempotencyKeyLength + 2 ? undefined : parseSpelling(sent);
  if (value !== undefined && value.length <= maxIdempotencyKeyLength) return value;
  const message = `must be one string of 1 to ${maxIdempotencyKeyLength} visible ASCII characters, for example "8e03978e-40d5"`;
  throw new ApiKeysError('invalid_request', { errors: [{ field: 'Idempotency-Key', message }] });
}

function parseSpelling(sent: string): string | undefined {
  if (bare.test(sent)) return sent;
  return quoted.exec(sent)?.[1]?.replace(/\\(.)/g, '$1');
}
