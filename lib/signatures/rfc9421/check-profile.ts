import type { FoundSignature } from './read-signature.js';
import { readNonce } from '../read-nonce.js';
import type { SignatureProfile } from './signature-profile.js';
import type { SignedMessage } from '../signed-message.js';

/** The parameters of a signature that conforms to the profile. */
export interface CheckedParameters {
  readonly keyId: string;
  /** The algorithm that the message names; `null` when it names none, which is allowed. */
  readonly algorithm: string | null;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** The last moment at which it is not too old, epoch milliseconds. */
  readonly usableUntil: number;
  readonly nonce: Uint8Array;
}

const keyIdPattern = /^[0-9A-Za-z_-]{1,64}$/;

/**
 * Checks everything about a signature that can be checked without its key (RFC 9421 section 3.2.1): a signature proves only
 * what it covers, so one that covers less than the effect of the request, or that never expires, proves nothing.
 *
 * @param credentialHeaders - headers in lower case that the app reads keys from; they must be covered when they are sent
 * @returns the parameters, or the reason for a refusal as a sentence for the caller
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
  // It expires by its age, or just before its `expires`.
  const endsAt = expires === undefined ? Infinity : expires * 1000 - 1;
  const usableUntil = Math.min(created * 1000 + maxAgeMs, endsAt);
  if (isTooOld(usableUntil, now)) return 'It is too old. Sign each request again, and set your clock.';
  const bytes = typeof nonce === 'string' ? readNonce(nonce) : null;
  if (bytes === null) return 'It must have a nonce: 16 to 64 random bytes in base64.';
  if (typeof keyid !== 'string' || !keyIdPattern.test(keyid)) return 'It must have keyid, the id of the key.';
  if (alg !== undefined && typeof alg !== 'string') return 'Its alg must be a string.';
  return { keyId: keyid, algorithm: alg ?? null, createdAt: created * 1000, usableUntil, nonce: bytes };
}

/** At the exact end of its validity a signature is still accepted; its nonce is kept longer than that. */
export function isTooOld(usableUntil: number, now: number): boolean {
  return now > usableUntil;
}

/** The missing component of a signature that does not cover the body of its request. */
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
