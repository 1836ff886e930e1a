/**
 * No stored string contains NUL (PostgreSQL rejects it, libsql cuts the string there) or an unpaired surrogate (UTF-8
 * has none). A query for such a string finds nothing, without I/O.
 */
export function isStorable(...texts: readonly (string | undefined)[]): boolean {
  return texts.every((text) => text === undefined || !/\0|\p{Surrogate}/u.test(text));
}
