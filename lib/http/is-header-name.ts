/**
 * Whether a header line's name is the one that is looked for, in any case (RFC 9110 section 5.1). It allocates nothing:
 * it is asked for each line of each request.
 *
 * @param wanted - in lower case
 */
export function isHeaderName(name: string, wanted: string): boolean {
  if (name.length !== wanted.length) return false;
  for (let index = 0; index < wanted.length; index += 1) {
    const code = name.charCodeAt(index);
    const lower = code >= 65 && code <= 90 ? code + 32 : code;
    if (lower !== wanted.charCodeAt(index)) return false;
  }
  return true;
}
