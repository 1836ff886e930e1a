import type { AttemptResult, EventDelivery } from '../ports/event-store.js';
import type { AttemptOutcome } from './attempt.js';
import { getRetryDelay, maxAttempts } from './retry-schedule.js';

/**
 * What to record of an attempt.
 *
 * @param now - epoch milliseconds
 * @param givesUp - whether the event is given up after the last attempt; otherwise the last delay is repeated
 */
export function toAttemptResult(
  { sequence, id, attempts: before }: Pick<EventDelivery, 'sequence' | 'id' | 'attempts'>,
  outcome: AttemptOutcome,
  now: number,
  givesUp: boolean,
): AttemptResult {
  if (outcome.kind === 'taken') return { sequence, id, isTaken: true };
  const { status: lastStatus, error: lastError, retryAfterMs = 0 } = outcome;
  const attempts = before + 1;
  const counted = givesUp ? attempts : Math.min(attempts, maxAttempts - 1);
  const delay = getRetryDelay(counted, retryAfterMs, Math.random());
  const dueAt = now + (delay ?? 0);
  return { sequence, id, isTaken: false, attempts, dueAt, isDead: delay === null, lastStatus, lastError };
}
