import type { ApiKeyIdentity } from '../domain/api-key-identity.js';
import type { ApiKeyRecord } from '../domain/api-key.js';
import { hasCredentialEnded } from '../domain/credential.js';

/** The credential that a key acts with, which may have fewer rights than the key. */
export interface ActingCredential {
  /** Its expiry, epoch milliseconds; `null`: not before the key. */
  readonly endsAt: number | null;
  /** Whether it may rotate its own key; a token or a superseded secret must not lock the owner of the key out. */
  readonly mayRotateItsKey: boolean;
  /** Whether it is a token that does not act as its key. */
  readonly isOnlyToken: boolean;
}

/**
 * Determines from the current state of the key what the actor may still do with the credential of its request.
 *
 * @param tokensActAsKeys - see `ChangeContext`
 * @param now - epoch milliseconds
 * @returns `null` when the credential has expired or was superseded, or when the expiry of its token is unknown
 */
export function readActingCredential(
  { credentialId, via, expiresAt }: Partial<ApiKeyIdentity>,
  { credentials }: Pick<ApiKeyRecord, 'credentials'>,
  tokensActAsKeys: boolean,
  now: number,
): ActingCredential | null {
  const [newest] = credentials;
  // An identity that the app created itself names no credential: such an actor has the rights of the key.
  const credential = credentialId === undefined ? newest : credentials.find(({ id }) => id === credentialId);
  if (credential === undefined || hasCredentialEnded(credential, now)) return null;

  const isSuperseded = credential !== newest;
  // Until the newer secret is used, the end of the grace period is unknown; this is the earliest possible one.
  const graceSeconds = isSuperseded ? (newest?.graceFromFirstUseSeconds ?? null) : null;
  const ends = [credential.endsAt ?? (graceSeconds === null ? Infinity : now + graceSeconds * 1000)];
  const isOnlyToken = via === 'token' && !tokensActAsKeys;
  if (isOnlyToken) ends.push(readTime(expiresAt));
  const endsAt = Math.min(...ends);
  if (!(now < endsAt)) return null;
  const mayRotateItsKey = !isSuperseded && !isOnlyToken;
  return { endsAt: endsAt === Infinity ? null : endsAt, mayRotateItsKey, isOnlyToken };
}

/** Copies of an identity, for example through JSON, have the time as a string; without a time there is no valid token. */
function readTime(time: unknown): number {
  return time instanceof Date || typeof time === 'string' ? new Date(time).getTime() : NaN;
}
