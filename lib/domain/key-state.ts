import type { ApiKeyRecord } from './api-key.js';

/** In which state a key is. Only `active` keys are let in. */
export type KeyState = 'active' | 'disabled' | 'revoked' | 'expired';

/** Every state, in the order in which they decide. */
export const keyStates: readonly KeyState[] = ['revoked', 'disabled', 'expired', 'active'];

/**
 * The state of a key at a moment. `revoked` is final and asks no clock; a key is valid while `now < expiresAt`.
 *
 * @param now - epoch milliseconds
 */
export function stateOf(
  key: Pick<ApiKeyRecord, 'revokedAt' | 'enabled' | 'expiresAt'>,
  now: number,
): KeyState {
  if (key.revokedAt !== null) return 'revoked';
  if (!key.enabled) return 'disabled';
  if (key.expiresAt !== null && now >= key.expiresAt) return 'expired';
  return 'active';
}
