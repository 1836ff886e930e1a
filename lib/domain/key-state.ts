import type { ApiKeyRecord } from './api-key.js';

/** The state of a key. Only `active` keys are accepted. */
export type KeyState = 'active' | 'disabled' | 'revoked' | 'expired';

/** Every state, in order of precedence. */
export const keyStates: readonly KeyState[] = ['revoked', 'disabled', 'expired', 'active'];

/**
 * Returns the state of a key at a given time. `revoked` is final and does not depend on the clock; a key is valid while
 * `now < expiresAt`.
 *
 * @param now - epoch milliseconds
 */
export function getKeyState(
  key: Pick<ApiKeyRecord, 'revokedAt' | 'enabled' | 'expiresAt'>,
  now: number,
): KeyState {
  if (key.revokedAt !== null) return 'revoked';
  if (!key.enabled) return 'disabled';
  if (key.expiresAt !== null && now >= key.expiresAt) return 'expired';
  return 'active';
}
