import type { ApiKeyRecord } from './api-key.js';
import { getExpiresAt, isIdle, type LivingKey } from './key-lifetime.js';

/** The state of a key. Only `active` keys are accepted. */
export type KeyState = 'active' | 'disabled' | 'revoked' | 'expired';

/** Every state, in order of precedence. */
export const keyStates: readonly KeyState[] = ['revoked', 'disabled', 'expired', 'active'];

/**
 * Returns the state of a key at a given time. `revoked` is final and does not depend on the clock; a key is valid while
 * `now < expiresAt`, and as long as it is not idle.
 *
 * @param now - epoch milliseconds
 */
export function getKeyState(
  key: Pick<ApiKeyRecord, 'revokedAt' | 'enabled'> & LivingKey,
  now: number,
): KeyState {
  if (key.revokedAt !== null) return 'revoked';
  if (!key.enabled) return 'disabled';
  return hasExpired(key, now) || isIdle(key, now) ? 'expired' : 'active';
}

/** Whether the end of a key has come; that it is idle is another reason why it is `expired`. */
export function hasExpired(
  key: Pick<LivingKey, 'expiresAt' | 'createdAt' | 'enforced'>,
  now: number,
): boolean {
  const expiresAt = getExpiresAt(key);
  return expiresAt !== null && now >= expiresAt;
}
