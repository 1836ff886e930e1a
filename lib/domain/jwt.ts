/** Maximum length of a token that is read or issued, in characters: many proxies reject header lines over 8 KB. */
export const maxJwtLength = 7168;

/** The supported parameters of a token's protected header (RFC 7515 section 4.1). */
export interface JwtHeader {
  readonly alg: string;
  readonly typ: string | null;
  readonly kid: string | null;
}

const part = '[A-Za-z0-9_-]+';
const compactPattern = new RegExp(`^(${part})\\.(${part})\\.(${part})$`);
const known = new Set(['alg', 'typ', 'kid']);

/**
 * Reads the header of a JWS in compact form, before its signature is verified. `null` for everything else: JWE, other
 * encodings, and headers with unsupported parameters, which include embedded keys, key URLs and critical extensions
 * (RFC 8725 sections 3.1 and 3.10).
 */
export function readJwtHeader(token: string): JwtHeader | null {
  if (token.length > maxJwtLength) return null;
  const [, encoded] = compactPattern.exec(token) ?? [];
  const header = encoded === undefined ? null : parseJsonPart(encoded);
  if (header === null || !Object.keys(header).every((name) => known.has(name))) return null;
  const { alg, typ = null, kid = null } = header;
  if (typeof alg !== 'string' || !isTextOrNull(typ) || !isTextOrNull(kid)) return null;
  return { alg, typ, kid };
}

/** Whether a credential looks like a JWT: they begin with `{"` in base64url, which keys of an earlier system alone may do. */
export function isJwtLike(credential: string): boolean {
  return credential.startsWith('eyJ');
}

/** Reads the claims of a JWS in compact form, before its signature is verified; `null` if there are none. */
export function readUnprovenClaims(token: string): Readonly<Record<string, unknown>> | null {
  if (token.length > maxJwtLength) return null;
  const [, , encoded] = compactPattern.exec(token) ?? [];
  return encoded === undefined ? null : parseJsonPart(encoded);
}

/**
 * Whether a header's `typ` is the given media type, ignoring case, with or without the `application/` that senders may omit
 * (RFC 7515 section 4.1.9).
 */
export function isJwtType({ typ }: JwtHeader, wanted: string): boolean {
  return typ?.toLowerCase().replace(/^application\//, '') === wanted;
}

/** Decodes a JSON object from canonical base64url. */
function parseJsonPart(encoded: string): Record<string, unknown> | null {
  const bytes = Buffer.from(encoded, 'base64url');
  if (bytes.toString('base64url') !== encoded) return null;
  try {
    const value: unknown = JSON.parse(bytes.toString());
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === 'string';
}

/** Converts a NumericDate (RFC 7519 section 2) to milliseconds: whole seconds since 1970; `null` for everything else. */
export function parseNumericDate(value: unknown): number | null {
  return Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= maxSeconds
    ? Number(value) * 1000
    : null;
}

/** The last second that a Date can represent. */
const maxSeconds = 8_640_000_000_000;
