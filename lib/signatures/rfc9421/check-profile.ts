import type { FoundSignature } from './read-signature.js';
import { readNonce } from '../read-nonce.js';
import type { SignatureProfile } from './signature-profile.js';
import type { SignedMessage } from '../signed-message.js';

/** The parameters of a signature that keeps to the profile. */
export interface CheckedParameters {
  readonly keyId: string;
  /** What the message says that the algorithm is; `null` when it leaves that to the key, as it may. */
  readonly algorithm: string | null;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** From when on it must be refused for its age, epoch milliseconds. */
  readonly usableUntil: number;
  readonly nonce: Uint8Array;
}

const keyIdPattern = /^[0-9A-Za-z_-]{1,64}$/;

/**
 * Checks everything of a signature that can be checked without its key (RFC 9421 section 3.2.1): a signature proves only
 * what it covers, so one that covers less than what the request does, or could be used at any time, proves nothing.
 *
 * @param credentialHeaders - headers in lower case that the app reads keys from; covered when they are sent
 * @returns what is wrong, as a sentence for the caller, or the parameters
 */
export function checkProfile(
  { components, parameters }: FoundSignature,
  message: SignedMessage,
  credentialHeaders: readonly string[],
  { maxAgeMs, skewMs }: SignatureProfile,
  now: number,
): CheckedParameters | string {
  const covered = new Set(components.map(({ name }) => name));
  const lacking = findMissingComponent(covered, message, credentialHeaders);
  if (lacking !== null) return `It must cover ${lacking}.`;

  const { created, expires, nonce, keyid, alg } = Object.fromEntries(parameters);
  if (!isSeconds(created)) return 'It must have created, in whole seconds since 1970.';
  if (expires !== undefined && !(isSeconds(expires) && expires > created)) {
    return 'Its expires must be whole seconds since 1970, after created.';
  }
  if (created * 1000 > now + skewMs) return 'It was created in the future. Set your clock.';
  // It ends with its age, or just before its expires.
  const endsAt = expires === undefined ? Infinity : expires * 1000 - 1;
  const usableUntil = Math.min(created * 1000 + maxAgeMs, endsAt);
  if (isTooOld(usableUntil, now)) return 'It is too old. Sign each request anew, and set your clock.';
  const bytes = typeof nonce === 'string' ? readNonce(nonce) : null;
  if (bytes === null) return 'It must have a nonce: 16 to 64 random bytes in base64.';
  if (typeof keyid !== 'string' || !keyIdPattern.test(keyid)) return 'It must have keyid, the id of the key.';
  if (alg !== undefined && typeof alg !== 'string') return 'Its alg must be a string.';
  return { keyId: keyid, algorithm: alg ?? null, createdAt: created * 1000, usableUntil, nonce: bytes };
}

/** At its very end a signature is still good; a nonce is remembered for longer than that. */
export function isTooOld(usableUntil: number, now: number): boolean {
  return now > usableUntil;
}

/** What a signature lacks that says nothing of the body of its request. */
export const missingContentDigest = 'content-digest, because there is a body';

function findMissingComponent(
  covered: ReadonlySet<string>,
  { bodyPresence, rawHeaders }: SignedMessage,
  credentialHeaders: readonly string[],
): string | null {
  if (!covered.has('@method')) return '@method';
  const coversTarget =
    covered.has('@target-uri') || ['@authority', '@path', '@query'].every((name) => covered.has(name));
  if (!coversTarget) return '@target-uri, or @authority, @path and @query';
  if (bodyPresence === 'some' && !covered.has('content-digest')) return missingContentDigest;
  const sent = new Set(rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase()));
  return credentialHeaders.find((name) => sent.has(name) && !covered.has(name)) ?? null;
}

function isSeconds(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
