/**
 * The value of a header field: its lines in order, trimmed and joined (RFC 9421 section 2.1); `null` when there is none.
 * Not read from Node's `headers`, which keep only one of several lines of some fields.
 *
 * @param name - in lower case
 */
export function readFieldValue(rawHeaders: readonly string[], name: string): string | null {
  let value: string | null = null;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() !== name) continue;
    const line = (rawHeaders[index + 1] ?? '').replace(/^[ \t]+|[ \t]+$/g, '');
    value = value === null ? line : `${value}, ${line}`;
  }
  return value;
}
