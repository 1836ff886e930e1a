import type { Clock } from '../ports/clock.js';
import type { Housekeeping } from '../ports/housekeeping.js';

/**
 * The time by which rows are old enough to be removed: the earlier one of this process's clock and the store's. A single process
 * whose clock is ahead would otherwise remove what all others still need: a nonce that must not be taken twice, a token that was
 * revoked, a key whose end lies ahead.
 *
 * @returns epoch milliseconds; rejects with ApiKeysError `unavailable` when the store does not respond
 */
export async function readCarefulTime(
  housekeeping: Pick<Housekeeping, 'readClock'>,
  clock: Clock,
): Promise<number> {
  const ofStore = await housekeeping.readClock?.();
  return Math.min(clock.now(), ofStore ?? Infinity);
}
