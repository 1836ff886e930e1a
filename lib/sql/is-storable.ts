/**
 * No stored text holds NUL (PostgreSQL refuses it, libsql cuts the text there) or an unpaired surrogate (UTF-8 has
 * none). Whoever looks for one finds nothing; the database is not asked.
 */
export function isStorable(...texts: readonly (string | undefined)[]): boolean {
  return texts.every((text) => text === undefined || !/\0|\p{Surrogate}/u.test(text));
}
