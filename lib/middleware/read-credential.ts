import type { CredentialHeader } from '../http/credential-source.js';
import { hasRawLines, readHeaderLines, type RequestHeaders } from '../http/header-lines.js';

/** What a request carries. */
export type ReadCredential =
  /** `isEmpty`: a header for credentials was there, with nothing in it. */
  | { readonly kind: 'none'; readonly isEmpty: boolean }
  | FoundCredential
  /** Two credentials, or one header twice: it is unclear which one was meant. */
  | { readonly kind: 'ambiguous' };

/** One credential and the header that it stood in, in lower case. */
export interface FoundCredential {
  readonly kind: 'token';
  readonly token: string;
  readonly header: string;
}

const none: ReadCredential = { kind: 'none', isEmpty: false };
const empty: ReadCredential = { kind: 'none', isEmpty: true };
const ambiguous: ReadCredential = { kind: 'ambiguous' };

/**
 * Builds the reader of a guard. A repeated header is ambiguous, as the raw lines show it. An empty header counts as absent, and a
 * list of credentials in one `Authorization` line as several; so does any list where there are no raw lines, because two
 * lines were perhaps joined.
 */
export function createCredentialReader(
  sources: readonly CredentialHeader[],
): (req: RequestHeaders) => ReadCredential {
  return function readCredential(req) {
    let credential: ReadCredential = none;
    for (const { name, isAuthorization } of sources) {
      const lines = readHeaderLines(req, name);
      if (lines === undefined) continue;
      if (typeof lines !== 'string' && lines.length > 1) return ambiguous;
      const value = typeof lines === 'string' ? lines : lines[0];
      const found = isAuthorization && value !== undefined ? readBearerToken(value) : value;
      if (found === null || found === undefined) continue;
      if (found === '') {
        if (credential === none) credential = empty;
        continue;
      }
      if (credential.kind !== 'none' || (found.includes(',') && (isAuthorization || !hasRawLines(req)))) {
        return ambiguous;
      }
      credential = { kind: 'token', token: found, header: name };
    }
    return credential;
  };
}

/** Adds the credential that an earlier guard has hidden, if there is one: beside another one it is unclear which one was meant. */
export function addHidden(hidden: FoundCredential | null, read: ReadCredential): ReadCredential {
  if (hidden === null) return read;
  return read.kind === 'none' ? hidden : ambiguous;
}

/**
 * The credential of `Authorization: Bearer …`, the scheme in any case (RFC 9110 section 11.1); `null` for other schemes.
 * Any number of spaces separates them (`1*SP`), or one tab, and a scheme without a credential is an empty string. What
 * follows is taken as it stands: all but a single token fails to match a key.
 */
function readBearerToken(value: string): string | null {
  if (value.slice(0, 6).toLowerCase() !== 'bearer') return null;
  const separator = value.charAt(6);
  if (separator === '' || separator === '\t') return value.slice(7);
  if (separator !== ' ') return null;
  let start = 7;
  while (value.charAt(start) === ' ') start += 1;
  return value.slice(start);
}
