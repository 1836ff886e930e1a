import type { ApiKeyRecord } from '../domain/api-key.js';
import { limitLifetime } from '../domain/limit-lifetime.js';
import { getExpiresAt } from '../domain/key-lifetime.js';
import { InvalidFieldError } from '../domain/key-fields.js';
import type { LifetimeBounds } from '../domain/lifetime-bounds.js';
import { ApiKeysError } from '../errors.js';

/**
 * The end of a new key: what was asked for, or else the latest one.
 *
 * @param expiresAt - epoch milliseconds; `null`: never; `undefined`: left out
 * @param now - when the key is created, in epoch milliseconds
 * @throws ApiKeysError `invalid_request` with the latest end that is accepted
 */
export function resolveNewEnd(
  expiresAt: number | null | undefined,
  now: number,
  { maxLifetimeDays }: Pick<LifetimeBounds, 'maxLifetimeDays'>,
): number | null {
  return refuseInvalidEnd(() => limitLifetime(expiresAt, now, maxLifetimeDays));
}

/**
 * Checks the new end of an existing key: no later than its longest life allows, counted from its creation. An end that is
 * earlier than the current one is always accepted.
 *
 * @param expiresAt - epoch milliseconds; `null`: never
 * @throws ApiKeysError `invalid_request` with the latest end that is accepted
 */
export function assertMayEnd(
  current: ApiKeyRecord,
  expiresAt: number | null,
  { maxLifetimeDays }: Pick<LifetimeBounds, 'maxLifetimeDays'>,
): void {
  if ((expiresAt ?? Infinity) <= (getExpiresAt(current) ?? Infinity)) return;
  refuseInvalidEnd(() => limitLifetime(expiresAt, current.createdAt, maxLifetimeDays));
}

function refuseInvalidEnd<T>(limit: () => T): T {
  try {
    return limit();
  } catch (error) {
    if (!(error instanceof InvalidFieldError)) throw error;
    throw new ApiKeysError('invalid_request', { errors: [{ field: 'expiresAt', message: error.message }] });
  }
}
