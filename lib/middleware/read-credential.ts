import type { IncomingMessage } from 'node:http';
import type { CredentialHeader } from './credential-source.js';

/** What a request carries. */
export type ReadCredential =
  | { readonly kind: 'none' }
  | { readonly kind: 'token'; readonly token: string }
  /** Two credentials, or one header twice: nobody can say which one was meant. */
  | { readonly kind: 'ambiguous' };

const none: ReadCredential = { kind: 'none' };
const ambiguous: ReadCredential = { kind: 'ambiguous' };

/**
 * Builds the reader of a guard. An empty header counts as absent; a list of credentials in one line as several. It looks at the raw headers, because `req.headers` keeps only the first of two
 * `Authorization` lines and joins two others into one value.
 */
export function createCredentialReader(
  sources: readonly CredentialHeader[],
): (req: Pick<IncomingMessage, 'rawHeaders'>) => ReadCredential {
  return function readCredential({ rawHeaders }) {
    let token: string | null = null;
    const seen = new Set<string>();
    for (let index = 0; index < rawHeaders.length; index += 2) {
      const source = sourceNamed(sources, rawHeaders[index] ?? '');
      if (source === null) continue;
      if (seen.has(source.name)) return ambiguous;
      seen.add(source.name);

      const value = rawHeaders[index + 1] ?? '';
      const found = source.isAuthorization ? bearerToken(value) : value;
      if (found === null || (found === '' && !source.isAuthorization)) continue;
      if (token !== null || (source.isAuthorization && found.includes(','))) return ambiguous;
      token = found;
    }
    return token === null ? none : { kind: 'token', token };
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
