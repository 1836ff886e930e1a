import type { ApiKeyRecord } from '../domain/api-key.js';
import { getExpiresAt } from '../domain/key-lifetime.js';
import { hasCredentialEnded, type Credential } from '../domain/credential.js';

/** How many superseded credentials are kept, so that a caller that still uses one learns that it was rotated. */
const keptEndedCredentials = 4;
/** Maximum number of old secrets in their grace period at once; one more invalidates the oldest. */
const maxRetiringCredentials = 2;

/** The grace period of the secrets before a rotation. */
export interface Grace {
  /** 0 invalidates them immediately. */
  readonly periodSeconds: number;
  /** Whether the period starts with the first use of the new secret; until then they do not expire. */
  readonly startsOnFirstUse: boolean;
}

/** Retires the secrets of a key, newest first, when it gets another one. */
export function retireSecrets(
  { credentials, ...key }: Pick<ApiKeyRecord, 'credentials' | 'expiresAt' | 'createdAt' | 'enforced'>,
  { periodSeconds, startsOnFirstUse }: Grace,
  now: number,
): readonly Credential[] {
  const expiresAt = getExpiresAt(key);
  const retired = credentials.map((credential) => {
    // It has never been used: a caller that requests another one has lost it, or does not want it.
    if (credential.graceFromFirstUseSeconds !== null) return endCredential(credential, now);
    return startsOnFirstUse && !hasCredentialEnded(credential, now)
      ? credential
      : endWithin(credential, periodSeconds, expiresAt, now, now);
  });
  return dropOldest(limitRetiring(retired, now), now);
}

/**
 * Sets the expiry of a secret, never later than that of its key. An existing expiry is only ever brought forward. An immediate
 * end does not depend on a clock.
 *
 * @param from - when the period starts, epoch milliseconds
 */
export function endWithin(
  credential: Credential,
  periodSeconds: number,
  keyExpiresAt: number | null,
  from: number,
  now: number,
): Credential {
  if (periodSeconds === 0 || hasCredentialEnded(credential, now)) return endCredential(credential, now);
  const limits = [credential.endsAt, keyExpiresAt].filter((limit) => limit !== null);
  return { ...credential, endsAt: Math.min(from + periodSeconds * 1000, ...limits) };
}

function endCredential(credential: Credential, now: number): Credential {
  return { ...credential, endedAt: credential.endedAt ?? now, endsAt: null, graceFromFirstUseSeconds: null };
}

/** Every valid secret is one more to check and one more to leak: repeated rotation must not accumulate them. */
function limitRetiring(credentials: readonly Credential[], now: number): readonly Credential[] {
  const living = credentials.filter((credential) => !hasCredentialEnded(credential, now));
  const surplus = new Set(living.slice(maxRetiringCredentials));
  return credentials.map((credential) =>
    surplus.has(credential) ? endCredential(credential, now) : credential,
  );
}

function dropOldest(credentials: readonly Credential[], now: number): readonly Credential[] {
  const all = credentials.filter((credential) => hasCredentialEnded(credential, now));
  const dropped = new Set(all.slice(keptEndedCredentials));
  return credentials.filter((credential) => !dropped.has(credential));
}
