import { createHash, timingSafeEqual } from 'node:crypto';
import { readFieldValue } from './read-field-value.js';
import { readDictionary } from './read-dictionary.js';

/** Accepted algorithms (RFC 9530 section 5); md5, sha and the like are ignored, and are never sufficient. */
const algorithms: Readonly<Record<string, string>> = { 'sha-256': 'sha256', 'sha-512': 'sha512' };

/**
 * The problem with the `Content-Digest` of a request, or `null`. Every digest of an accepted algorithm must match the body, so
 * that two parties cannot check different ones.
 *
 * @param body - the bytes as they were sent; empty when there is none
 */
export function findDigestProblem(rawHeaders: readonly string[], body: Uint8Array): string | null {
  const field = readFieldValue(rawHeaders, 'content-digest');
  if (field === null) return body.length === 0 ? null : 'Content-Digest is missing.';
  const digests = readDictionary(field);
  if (digests === null) return 'Content-Digest is not a well-formed dictionary that names everything once.';
  let checkedCount = 0;
  for (const [name, [value]] of digests) {
    const algorithm = Object.hasOwn(algorithms, name) ? algorithms[name] : undefined;
    if (algorithm === undefined) continue;
    checkedCount += 1;
    if (!isSameDigest(value, createHash(algorithm).update(body).digest())) {
      return 'Content-Digest does not match the body.';
    }
  }
  return checkedCount === 0 ? 'Content-Digest must have sha-256 or sha-512.' : null;
}

function isSameDigest(value: unknown, expected: Uint8Array): boolean {
  // No instanceof: the parser may live in another realm, as under jest.
  if (Object.prototype.toString.call(value) !== '[object ArrayBuffer]') return false;
  const given = new Uint8Array(value as ArrayBuffer);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** Creates the field for a body. */
export function createContentDigest(body: Uint8Array): string {
  return `sha-256=:${createHash('sha256').update(body).digest('base64')}:`;
}
