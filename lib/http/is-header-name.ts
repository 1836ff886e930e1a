/**
 * Whether a header line has the expected name, in any case (RFC 9110 section 5.1). It allocates nothing:
 * it is called for each line of each request.
 *
 * @param expected - in lower case
 */
export function isHeaderName(name: string, expected: string): boolean {
  if (name.length !== expected.length) return false;
  for (let index = 0; index < expected.length; index += 1) {
    const code = name.charCodeAt(index);
    const lower = code >= 65 && code <= 90 ? code + 32 : code;
    if (lower !== expected.charCodeAt(index)) return false;
  }
  return true;
}
