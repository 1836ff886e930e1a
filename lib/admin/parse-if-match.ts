import { ApiKeysError } from '../errors.js';
import type { ExpectedVersion } from '../manage/change.js';

/** Room for far more versions than any client names; RFC 9110 section 5.4 allows servers to set such limits. */
const maxLength = 512;

/**
 * One list element: an entity tag (RFC 9110 section 8.8.3), or nothing (section 5.6.1 allows empty elements). Whitespace
 * after a tag is matched with the tag: two adjacent runs of whitespace could be split in as many ways as there are blanks,
 * and all of them would be tried on a header that does not match (CWE-1333).
 */
const element = /[ \t]*(?:(?:W\/)?"([\x21\x23-\x7e\x80-\xff]*)"[ \t]*)?(?:,|$)/y;
/**
 * A version (0 is that of an owner about whom nothing is recorded), and what a proxy that compresses has added to it: `-gzip`
 * (Apache), `--gzip` (Jetty), `;gzip`, `/br`.
 */
const versionTag = /^(0|[1-9]\d{0,14})(?:(?:--?|[;:/.])(?:gzip|deflate|br|zstd))?$/;

/**
 * Parses `If-Match` (RFC 9110 section 13.1.1): the versions of a key that the change applies to. A tag that was never issued
 * matches none. Proxies that compress responses make tags weak (nginx) or add a suffix (Apache); clients return them as they
 * got them. Such a tag still names one version of the key, so it matches that version: only the coding of the response differs.
 *
 * @throws ApiKeysError `invalid_request` if it is not a list of entity tags, or too long
 */
export function parseIfMatch(header: string | undefined): ExpectedVersion {
  if (header === undefined) return undefined;
  if (header.length > maxLength) throw toMalformedError(`must have at most ${maxLength} characters`);
  if (header.trim() === '*') return '*';
  const versions: number[] = [];
  element.lastIndex = 0;
  while (element.lastIndex < header.length) {
    const match = element.exec(header);
    if (match === null) throw toMalformedError('must be * or a list of entity tags such as "3"');
    const version = versionTag.exec(match[1] ?? '')?.[1];
    if (version !== undefined) versions.push(Number(version));
  }
  return versions;
}

function toMalformedError(message: string): ApiKeysError {
  return new ApiKeysError('invalid_request', { errors: [{ field: 'If-Match', message }] });
}
