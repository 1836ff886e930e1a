const beginning = '-----BEGIN PUBLIC KEY-----';
const ending = '-----END PUBLIC KEY-----';
/** Line length of PEM (RFC 7468 section 2). */
const lineLength = 64;

/**
 * Decodes a PEM block `PUBLIC KEY` in any of the spellings in which it survives forms, queries and JSON: lines that end
 * with LF or CRLF, lines joined by spaces, a literal `\n`, and `+` that a query decoder has turned into a space. The length
 * inside the DER determines which of these it was.
 *
 * @returns `null` if it is anything but exactly one such block
 */
export function readPem(text: string): Uint8Array | null {
  const lines = text.replaceAll('\\r', '').replaceAll('\\n', '\n').replaceAll('\r\n', '\n').trim();
  if (!lines.startsWith(beginning) || !lines.endsWith(ending)) return null;
  const body = lines.slice(beginning.length, -ending.length);
  const inner = body.replace(/^[ \n]/, '').replace(/[ \n]$/, '');
  const joined = inner.replaceAll('\n', '');
  for (const base64 of [body.replace(/\s/g, ''), joined.replaceAll(' ', '+'), unfoldLines(joined)]) {
    const bytes = decode(base64);
    if (bytes !== null && hasItsOwnLength(bytes)) return bytes;
  }
  return null;
}

/** Spaces after a full line were line ends; all others were plus signs. */
function unfoldLines(text: string): string {
  let result = '';
  let column = 0;
  for (const character of text) {
    const isLineEnd = character === ' ' && column === lineLength;
    if (!isLineEnd) result += character === ' ' ? '+' : character;
    column = isLineEnd ? 0 : column + 1;
  }
  return result;
}

/** Canonical base64 only (RFC 4648 section 3.5). */
function decode(base64: string): Uint8Array | null {
  const bytes = Buffer.from(base64, 'base64');
  return bytes.length > 0 && bytes.toString('base64') === base64 ? bytes : null;
}

/** Whether the outermost SEQUENCE has the length it declares, and nothing follows it. */
function hasItsOwnLength(bytes: Uint8Array): boolean {
  const [tag, first = 0, second = 0, third = 0] = bytes;
  if (tag !== 0x30) return false;
  if (first < 0x80) return bytes.length === 2 + first;
  if (first === 0x81) return bytes.length === 3 + second;
  return first === 0x82 && bytes.length === 4 + second * 256 + third;
}
