import { ApiKeysError } from '../errors.js';
import type { ExpectedVersion } from '../manage/change.js';

/** Far more versions than anybody waits for; RFC 9110 section 5.4 lets a server set such limits. */
const maxLength = 512;

/**
 * One list element: an entity tag (RFC 9110 section 8.8.3), or nothing (section 5.6.1 lets lists have gaps). The blanks
 * behind a tag belong to the tag: two runs of blanks side by side could be divided in as many ways as there are blanks,
 * and all of them would be tried on a header that does not fit (CWE-1333).
 */
const element = /[ \t]*(?:(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"[ \t]*)?(?:,|$)/y;
const versionTag = /^[1-9]\d{0,14}$/;

/**
 * Reads `If-Match` (RFC 9110 section 13.1.1): for which versions of a key the change was meant. Comparison is strong,
 * so a weak tag matches none; a tag that was never handed out matches none either.
 *
 * @throws ApiKeysError `invalid_request` when it is not a list of entity tags, or too long
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
    const [, weak, tag] = match;
    if (weak === undefined && tag !== undefined && versionTag.test(tag)) versions.push(Number(tag));
  }
  return versions;
}

function toMalformedError(message: string): ApiKeysError {
  return new ApiKeysError('invalid_request', { errors: [{ field: 'If-Match', message }] });
}
