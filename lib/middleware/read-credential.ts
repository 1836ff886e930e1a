import type { IncomingMessage } from 'node:http';
import type { CredentialHeader } from './credential-source.js';

/** What a request carries. */
export type ReadCredential =
  | { readonly kind: 'none' }
  | FoundCredential
  /** Two credentials, or one header twice: nobody can say which one was meant. */
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
 * Builds the reader of a guard. It looks at the raw headers, because `req.headers` keeps only the first of two
 * `Authorization` lines and joins two others into one value. An empty header counts as absent, and a list of credentials
 * in one `Authorization` line as several.
 */
export function createCredentialReader(
  sources: readonly CredentialHeader[],
): (req: Pick<IncomingMessage, 'rawHeaders'>) => ReadCredential {
  return function readCredential({ rawHeaders }) {
    let credential: ReadCredential = none;
    const seen: CredentialHeader[] = [];
    for (let index = 0; index < rawHeaders.length; index += 2) {
      const source = sourceNamed(sources, rawHeaders[index] ?? '');
      if (source === null) continue;
      if (seen.includes(source)) return ambiguous;
      seen.push(source);

      const value = rawHeaders[index + 1] ?? '';
      const found = source.isAuthorization ? bearerToken(value) : value;
      if (found === null || (found === '' && !source.isAuthorization)) continue;
      if (credential !== none || (source.isAuthorization && found.includes(','))) return ambiguous;
      credential = { kind: 'token', token: found, header: source.name };
    }
    return credential;
  };
}

function sourceNamed(sources: readonly CredentialHeader[], name: string): CredentialHeader | null {
  for (const source of sources) {
    if (source.name.length === name.length && source.name === name.toLowerCase()) return source;
  }
  return null;
}

/**
 * The credential of `Authorization: Bearer …`, the scheme in any case (RFC 9110 section 11.1); `null` for other schemes.
 * What follows one separator is taken as it stands, an empty text too: all but a single token fails to match a key.
 */
function bearerToken(value: string): string | null {
  if (value.slice(0, 6).toLowerCase() !== 'bearer') return null;
  const separator = value.charAt(6);
  return separator === '' || separator === ' ' || separator === '\t' ? value.slice(7) : null;
}
