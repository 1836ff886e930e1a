/** Fewest and most bytes of a nonce: 128 bits do not come twice by chance. */
const minBytes = 16;
const maxBytes = 64;

/**
 * The bytes of a nonce in base64 or base64url, with or without padding. Only the one canonical spelling of each is taken
 * (RFC 4648 section 3.5), and who remembers nonces must remember the bytes, so that a used one does not come back in
 * another spelling.
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
