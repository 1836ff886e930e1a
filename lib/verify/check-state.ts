import type { VerifiableKey } from '../domain/api-key.js';
import { hasCredentialEnded, type VerifiableCredential } from '../domain/credential.js';
import { getKeyState } from '../domain/key-state.js';
import { isBelowIdleKey } from '../domain/narrow-to-ancestors.js';
import { isOwnerSuspended } from '../domain/owner.js';
import type { RefusalCode } from '../domain/verdict.js';

/**
 * The reason why an authenticated key may not be used now, or `null`. Evaluated at this moment, wherever the record
 * came from.
 */
export function checkState(
  key: VerifiableKey,
  credential: VerifiableCredential,
  now: number,
): RefusalCode | null {
  const state = getKeyState(key, now);
  if (state !== 'active') return `key_${state}`;
  if (key.parentId !== null && isBelowIdleKey(key, now)) return 'key_expired';
  if (isOwnerSuspended(key)) return 'owner_suspended';
  return hasCredentialEnded(credential, now) ? 'secret_rotated' : null;
}
