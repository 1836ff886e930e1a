import { ApiKeysError } from '../errors.js';

/** Maximum length of an `Idempotency-Key`, in characters. */
export const maxIdempotencyKeyLength = 255;

/** A string of structured fields (RFC 9651 section 3.3.3), as draft-ietf-httpapi-idempotency-key-header asks for. */
const quoted = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])+)"$/;
/** What many clients send in its place, a UUID for example: no blanks, commas, quotes or backslashes. */
const bare = /^[\x21\x23-\x2b\x2d-\x5b\x5d-\x7e]+$/;

/**
 * Reads `Idempotency-Key`; `undefined` when there is none. The quoted and the bare spelling of one string are the same.
 *
 * @throws ApiKeysError `invalid_request` for an empty, malformed, repeated or too long one
 */
export function parseIdempotencyKey(header: string | readonly string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  const sent = typeof header === 'string' ? header.trim() : '';
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
