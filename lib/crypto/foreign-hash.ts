import { createHash, createHmac } from 'node:crypto';

/** Hash functions of other systems. */
export const foreignHashes = ['sha256', 'sha384', 'sha512'] as const;

/** The name of such a function. */
export type ForeignHashName = (typeof foreignHashes)[number];

/** How another system hashed the secrets of its keys. */
export interface ForeignHashing {
  readonly hash: ForeignHashName;
  /** With it the hash is an HMAC. */
  readonly hmacSecret: string | undefined;
  /** What was put before every secret. */
  readonly saltBefore: string;
  /** What was put behind every secret. */
  readonly saltAfter: string;
}

const bytesOf: Readonly<Record<ForeignHashName, number>> = { sha256: 32, sha384: 48, sha512: 64 };

/** Hashes a secret as the other system did. @returns hexadecimal */
export function computeForeignHash(
  { hash, hmacSecret, saltBefore, saltAfter }: ForeignHashing,
  secret: string,
): string {
  const hasher = hmacSecret === undefined ? createHash(hash) : createHmac(hash, hmacSecret);
  return hasher.update(saltBefore + secret + saltAfter).digest('hex');
}

/** Reads a stored hash in hexadecimal, base64 or base64url, which its length tells apart. @returns hexadecimal, or `null` */
export function parseForeignHash(name: ForeignHashName, stored: string): string | null {
  const length = bytesOf[name];
  if (stored.length === 2 * length) return /^[0-9a-f]+$/i.test(stored) ? stored.toLowerCase() : null;
  // Both alphabets are read, and the padding may be left out.
  if (!/^(?:[A-Za-z0-9+/]+|[A-Za-z0-9_-]+)={0,2}$/.test(stored)) return null;
  const bytes = Buffer.from(stored, 'base64');
  return bytes.length === length && stored.replace(/=+$/, '').length === Math.ceil((4 * length) / 3)
    ? bytes.toString('hex')
    : null;
}
