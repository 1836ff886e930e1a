import type { ApiKeyIdentity } from '../domain/api-key-identity.js';
import type { ApiKeyRecord } from '../domain/api-key.js';
import { credentialHasEnded } from '../domain/credential.js';

/** With what a key acts, which may be worth less than the key. */
export interface ActingCredential {
  /** When it ends, epoch milliseconds; `null`: not before its key. */
  readonly endsAt: number | null;
  /** Whether it may give its own key another secret; what was given away or replaced must not lock the holder out. */
  readonly mayRotateItsKey: boolean;
}

/**
 * Reads from the key as it stands now what the actor may still do with the credential that it came in with.
 *
 * @param tokensActAsKeys - see `ChangeContext`
 * @param now - epoch milliseconds
 * @returns `null` when the credential has ended, or nobody can say when its token does
 */
export function readActingCredential(
  { credentialId, via, expiresAt }: Partial<ApiKeyIdentity>,
  { credentials }: Pick<ApiKeyRecord, 'credentials'>,
  tokensActAsKeys: boolean,
  now: number,
): ActingCredential | null {
  const [newest] = credentials;
  // An identity that the app wrote itself names none: such an actor is the key.
  const credential = credentialId === undefined ? newest : credentials.find(({ id }) => id === credentialId);
  if (credential === undefined || credentialHasEnded(credential, now)) return null;

  const isSuperseded = credential !== newest;
  // Until the newer secret is used, nobody knows when the grace is over; at the earliest it is this.
  const graceSeconds = isSuperseded ? (newest?.graceFromFirstUseSeconds ?? null) : null;
  const ends = [credential.endsAt ?? (graceSeconds === null ? Infinity : now + graceSeconds * 1000)];
  const isOnlyToken = via === 'token' && !tokensActAsKeys;
  if (isOnlyToken) ends.push(readTime(expiresAt));
  const endsAt = Math.min(...ends);
  if (!(now < endsAt)) return null;
  return { endsAt: endsAt === Infinity ? null : endsAt, mayRotateItsKey: !isSuperseded && !isOnlyToken };
}

/** Copies of an identity, through JSON too, have the time in another form; without one there is no token. */
function readTime(time: unknown): number {
  return time instanceof Date || typeof time === 'string' ? new Date(time).getTime() : NaN;
}
