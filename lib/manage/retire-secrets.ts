import type { ApiKeyRecord } from '../domain/api-key.js';
import { credentialHasEnded, type Credential } from '../domain/credential.js';

/** How many ended credentials are kept, so that who still uses one can be told that it was rotated. */
const keptEndedCredentials = 4;
/** How many old secrets can be in their grace period at once; the oldest ends when there is one more. */
const maxRetiringCredentials = 2;

/** How long the secrets before a rotation live on. */
export interface Grace {
  /** 0 ends them at once. */
  readonly periodSeconds: number;
  /** Whether the period begins with the first use of the new secret; until then they have no end. */
  readonly startsOnFirstUse: boolean;
}

/** What becomes of the secrets that a key has, newest first, when it gets another one. */
export function retireSecrets(
  { credentials, expiresAt }: Pick<ApiKeyRecord, 'credentials' | 'expiresAt'>,
  { periodSeconds, startsOnFirstUse }: Grace,
  now: number,
): readonly Credential[] {
  const retired = credentials.map((credential) => {
    // Nobody was seen with it yet: whoever asks for another one has lost it, or does not want it.
    if (credential.graceFromFirstUseSeconds !== null) return endCredential(credential, now);
    return startsOnFirstUse && !credentialHasEnded(credential, now)
      ? credential
      : endWithin(credential, periodSeconds, expiresAt, now, now);
  });
  return dropOldest(limitRetiring(retired, now), now);
}

/**
 * Lets a secret live on for some seconds, and never longer than its key. An end that was set before is only ever brought
 * forward. An immediate end asks no clock.
 *
 * @param from - when the period begins, epoch milliseconds
 */
export function endWithin(
  credential: Credential,
  periodSeconds: number,
  keyExpiresAt: number | null,
  from: number,
  now: number,
): Credential {
  if (periodSeconds === 0 || credentialHasEnded(credential, now)) return endCredential(credential, now);
  const limits = [credential.endsAt, keyExpiresAt].filter((limit) => limit !== null);
  return { ...credential, endsAt: Math.min(from + periodSeconds * 1000, ...limits) };
}

function endCredential(credential: Credential, now: number): Credential {
  return { ...credential, endedAt: credential.endedAt ?? now, endsAt: null, graceFromFirstUseSeconds: null };
}

/** Every secret that lives on is one more to check and one more to lose: repeated rotation must not gather them. */
function limitRetiring(credentials: readonly Credential[], now: number): readonly Credential[] {
  const living = credentials.filter((credential) => !credentialHasEnded(credential, now));
  const surplus = new Set(living.slice(maxRetiringCredentials));
  return credentials.map((credential) =>
    surplus.has(credential) ? endCredential(credential, now) : credential,
  );
}

function dropOldest(credentials: readonly Credential[], now: number): readonly Credential[] {
  const all = credentials.filter((credential) => credentialHasEnded(credential, now));
  const dropped = new Set(all.slice(keptEndedCredentials));
  return credentials.filter((credential) => !dropped.has(credential));
}
