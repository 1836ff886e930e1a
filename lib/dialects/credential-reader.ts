import { hasRawLines, listHeaderLines, type RequestHeaders } from '../http/header-lines.js';

/**
 * The place of a credential: in `Authorization` after the scheme `Bearer` or `Basic`, or `raw`, without a scheme; or alone in
 * another header, named in lower case.
 */
export type CredentialPlace = 'bearer' | 'basic' | 'raw' | `x-${string}`;

/** The credential of a request. */
export type RequestCredential =
  | { readonly kind: 'none' }
  /** A repeated header, or two credentials: it is unknown which one was meant. */
  | { readonly kind: 'ambiguous' }
  /** Distinguished by shape: three parts in base64url are a JWT. `header` is in lower case; empty for none. */
  | { readonly kind: 'opaque' | 'jwt'; readonly token: string; readonly header: string }
  /** Both parts are empty when the scheme is not followed by a pair in base64: such a pair matches no key. */
  | { readonly kind: 'basic'; readonly id: string; readonly secret: string; readonly header: string };

/** Reads the credential of a request. */
export type ReadRequestCredential = (req: RequestHeaders) => RequestCredential;

const jwtShape = /^[\w-]+\.[\w-]+\.[\w-]+$/;
const none: RequestCredential = { kind: 'none' };
const ambiguous: RequestCredential = { kind: 'ambiguous' };

/**
 * Builds the credential reader of a dialect. A repeated header is ambiguous; where there are no raw lines, so is a list, because
 * two lines were perhaps joined. An empty header counts as absent, and so does a scheme that is not in the list. A scheme with
 * nothing behind it is an empty token, unless there is another credential.
 *
 * @param places - in order of precedence
 * @param whenSeveral - two different credentials are `ambiguous` (default), or the `first` place takes precedence; the same
 * credential in two places counts as one
 */
export function createCredentialReader(
  places: readonly CredentialPlace[],
  { whenSeveral = 'ambiguous' }: { readonly whenSeveral?: 'ambiguous' | 'first' } = {},
): ReadRequestCredential {
  const headers = [...new Set(places.map(getHeaderName))];

  return function readCredential(req) {
    let credential: RequestCredential = none;
    for (const header of headers) {
      const [value, ...more] = listHeaderLines(req, header);
      if (more.length > 0) return ambiguous;
      const isAuthorization = header === 'authorization';
      if (!isAuthorization && value?.includes(',') === true && !hasRawLines(req)) return ambiguous;
      const found = isAuthorization ? readAuthorization(value, places) : readBareHeader(value, header);
      if (found.kind === 'none') continue;
      if (found.kind === 'ambiguous') return ambiguous;
      if (credential.kind === 'none' || isEmpty(credential)) credential = found;
      else if (whenSeveral === 'ambiguous' && !isEmpty(found) && !isSame(credential, found)) return ambiguous;
    }
    return credential;
  };
}

function getHeaderName(place: CredentialPlace): string {
  return place === 'bearer' || place === 'basic' || place === 'raw' ? 'authorization' : place;
}

function readBareHeader(value: string | undefined, header: string): RequestCredential {
  return value === undefined || value === '' ? none : classifyToken(value, header);
}

/** A comma-separated list of credentials is ambiguous. */
function readAuthorization(value: string | undefined, places: readonly CredentialPlace[]): RequestCredential {
  if (value === undefined || value === '') return none;
  const [, scheme = '', rest = ''] = /^([^ \t]+)(?:(?: +|\t)([^]*))?$/.exec(value) ?? [];
  const place = scheme.toLowerCase();
  if (place === 'basic' && rest !== '' && places.includes(place)) return readBasicPair(rest);
  const isScheme = (place === 'bearer' || place === 'basic') && places.includes(place);
  if (!isScheme && (rest !== '' || !places.includes('raw'))) return none;
  const token = isScheme ? rest : value;
  return token.includes(',') ? ambiguous : classifyToken(token, 'authorization');
}

/** The credential of a token that was not in a header: some APIs accept it as a parameter. */
export function toTokenCredential(token: string): RequestCredential {
  return classifyToken(token, '');
}

function classifyToken(token: string, header: string): RequestCredential {
  return { kind: jwtShape.test(token) ? 'jwt' : 'opaque', token, header };
}

/** RFC 7617 section 2: the first colon ends the id. */
function readBasicPair(encoded: string): RequestCredential {
  const [, base64] = /^ *([A-Za-z0-9+/_-]+={0,2}) *$/.exec(encoded) ?? [];
  const text = base64 === undefined ? '' : Buffer.from(base64, 'base64').toString();
  const colon = text.indexOf(':');
  return {
    kind: 'basic',
    id: colon === -1 ? '' : text.slice(0, colon),
    secret: colon === -1 ? '' : text.slice(colon + 1),
    header: 'authorization',
  };
}

function isEmpty(credential: RequestCredential): boolean {
  return 'token' in credential && credential.token === '';
}

function isSame(one: RequestCredential, other: RequestCredential): boolean {
  return 'token' in one && 'token' in other && one.token === other.token;
}
