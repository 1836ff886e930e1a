/** Longest token that is looked at or given, in characters: many proxies take no header line of more than 8 KB. */
export const maxJwtLength = 7168;

/** The protected header of a token, as far as it is understood here (RFC 7515 section 4.1). */
export interface JwtHeader {
  readonly alg: string;
  readonly typ: string | null;
  readonly kid: string | null;
}

const part = '[A-Za-z0-9_-]+';
const compactPattern = new RegExp(`^(${part})\\.(${part})\\.(${part})$`);
const known = new Set(['alg', 'typ', 'kid']);

/**
 * Reads the header of a JWS in compact form, of which nothing is proven yet. `null` for everything that is not one: JWE,
 * other encodings, and headers that say more than what is understood here. Keys in headers, addresses of keys and
 * critical extensions are among that (RFC 8725 sections 3.1 and 3.10).
 */
export function readJwtHeader(token: string): JwtHeader | null {
  if (token.length > maxJwtLength) return null;
  const [, encoded] = compactPattern.exec(token) ?? [];
  const header = encoded === undefined ? null : parsed(encoded);
  if (header === null || !Object.keys(header).every((name) => known.has(name))) return null;
  const { alg, typ = null, kid = null } = header;
  if (typeof alg !== 'string' || !isTextOrNull(typ) || !isTextOrNull(kid)) return null;
  return { alg, typ, kid };
}

/** Reads the claims of a JWS in compact form, of which nothing is proven yet; `null` when there are none. */
export function readUnprovenClaims(token: string): Readonly<Record<string, unknown>> | null {
  if (token.length > maxJwtLength) return null;
  const [, , encoded] = compactPattern.exec(token) ?? [];
  return encoded === undefined ? null : parsed(encoded);
}

/**
 * Whether a header's `typ` is a media type, with or without the `application/` that RFC 7515 section 4.1.9 lets senders
 * leave out, in any case.
 */
export function isJwtType({ typ }: JwtHeader, wanted: string): boolean {
  return typ?.toLowerCase().replace(/^application\//, '') === wanted;
}

/** A JSON object in base64url, spelt in the one canonical way. */
function parsed(encoded: string): Record<string, unknown> | null {
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

/** A NumericDate (RFC 7519 section 2) in milliseconds: whole seconds from 1970 on; `null` for everything else. */
export function numericDate(value: unknown): number | null {
  return Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= maxSeconds
    ? Number(value) * 1000
    : null;
}

/** The last second that a Date can hold. */
const maxSeconds = 8_640_000_000_000;
