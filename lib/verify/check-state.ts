import type { VerifiableKey } from '../domain/api-key.js';
import { credentialHasEnded, type VerifiableCredential } from '../domain/credential.js';
import { stateOf } from '../domain/key-state.js';
import type { RefusalCode } from '../domain/verdict.js';

/** Why a key that was proven may not be used now, or `null`. Decided at this moment, whoever supplied the record. */
export function checkState(
  key: VerifiableKey,
  credential: VerifiableCredential,
  now: number,
): RefusalCode | null {
  const state = stateOf(key, now);
  if (state !== 'active') return `key_${state}`;
  return credentialHasEnded(credential, now) ? 'secret_rotated' : null;
}
