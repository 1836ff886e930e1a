/** The scheme of `Authorization` under which requests are signed with a shared secret. Dialects have names of their own for it. */
export const hmacScheme = 'hmac-sha256';

/** What such a header says. */
export interface HmacAuthorization {
  readonly keyId: string;
  readonly timestamp: string;
  readonly nonce: string;
  readonly signature: Buffer;
}

/** Each value as it may be; none of them holds what separates them. */
const values: Readonly<Record<string, RegExp>> = {
  id: /^[0-9A-Za-z_-]{1,64}$/,
  ts: /^(?:0|[1-9]\d{0,14})$/,
  nonce: /^[\x21-\x2b\x2d-\x7e]{1,128}$/,
  sig: /^[0-9A-Fa-f]{64}$/,
};

/**
 * Reads `hmac-sha256 id=…,ts=…,sig=…,nonce=…`: the four in any order, with or without blanks between them.
 *
 * @param isHmacScheme - whether a scheme, in lower case, is one under which secrets sign
 * @returns `null` for another scheme, `malformed` when one is missing, there twice, or not as it may be
 */
export function readHmacAuthorization(
  header: string,
  isHmacScheme: (scheme: string) => boolean,
): HmacAuthorization | 'malformed' | null {
  const [scheme = ''] = header.split(/[ \t]/, 1);
  if (!isHmacScheme(scheme.toLowerCase())) return null;
  const found = new Map<string, string>();
  for (const part of header.slice(scheme.length).split(',')) {
    const [, name = '', value = ''] = /^[ \t]*([a-z]+)=([^ \t]*)[ \t]*$/.exec(part) ?? [];
    const isRight = Object.hasOwn(values, name) && values[name]?.test(value) === true;
    if (!isRight || found.has(name)) return 'malformed';
    found.set(name, value);
  }
  const [keyId, timestamp, nonce, signature] = ['id', 'ts', 'nonce', 'sig'].map((name) => found.get(name));
  if (keyId === undefined || timestamp === undefined || nonce === undefined || signature === undefined) {
    return 'malformed';
  }
  return { keyId, timestamp, nonce, signature: Buffer.from(signature, 'hex') };
}
