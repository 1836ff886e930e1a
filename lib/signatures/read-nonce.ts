/** Minimum and maximum length of a nonce, in bytes: 128 random bits do not repeat by chance. */
const minBytes = 16;
const maxBytes = 64;

/**
 * Decodes a nonce in base64 or base64url, with or without padding. Only the canonical encoding of each is accepted (RFC 4648
 * section 3.5), and uses must be recorded by the bytes, so that a used nonce cannot come back in another encoding.
 */
export function readNonce(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length < minBytes || bytes.length > maxBytes) return null;
  const bare = text.replace(/={1,2}$/, '');
  if (bare !== text && text.length % 4 !== 0) return null;
  const isCanonical =
    bytes.toString('base64').replace(/=+$/, '') === bare || bytes.toString('base64url') === bare;
  return isCanonical ? bytes : null;
}
