import type { IncomingMessage } from 'node:http';
import { isHeaderName } from '../http/is-header-name.js';
import type { CredentialHeader } from '../http/credential-source.js';

/** What a request carries. */
export type ReadCredential =
  | { readonly kind: 'none' }
  | FoundCredential
  /** Two credentials, or one header twice: it is unclear which one was meant. */
  | { readonly kind: 'ambiguous' };

/** One credential and the header that it stood in, in lower case. */
export interface FoundCredential {
  readonly kind: 'token';
  readonly token: string;
  readonly header: string;
}

const none: ReadCredential = { kind: 'none' };
const ambiguous: ReadCredential = { kind: 'ambiguous' };

/**
 * Builds the reader of a guard. It reads the raw headers, because `req.headers` keeps only the first of two
 * `Authorization` lines and joins two others into one value. An empty header counts as absent, and a list of credentials
 * in one `Authorization` line as several.
 */
export function createCredentialReader(
  sources: readonly CredentialHeader[],
): (req: Pick<IncomingMessage, 'rawHeaders'>) => ReadCredential {
  return function readCredential({ rawHeaders }) {
    let credential: ReadCredential = none;
    let seen = 0;
    for (let index = 0; index < rawHeaders.length; index += 2) {
      const place = findPlace(sources, rawHeaders[index] ?? '');
      const source = sources[place];
      if (source === undefined) continue;
      if ((seen & (1 << place)) !== 0) return ambiguous;
      seen |= 1 << place;

      const value = rawHeaders[index + 1] ?? '';
      const found = source.isAuthorization ? readBearerToken(value) : value;
      if (found === null || found === '') continue;
      if (credential !== none || (source.isAuthorization && found.includes(','))) return ambiguous;
      credential = { kind: 'token', token: found, header: source.name };
    }
    return credential;
  };
}

/** Where in the list of sources a header stands, -1 for one that is not read. */
function findPlace(sources: readonly CredentialHeader[], name: string): number {
  for (let place = 0; place < sources.length; place += 1) {
    if (isHeaderName(name, sources[place]?.name ?? '')) return place;
  }
  return -1;
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
