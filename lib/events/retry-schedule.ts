const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** How long after each failed attempt the next one follows: the schedule that Standard Webhooks recommends. */
const delaysMs: readonly number[] = [
  5_000,
  5 * minuteMs,
  30 * minuteMs,
  2 * hourMs,
  5 * hourMs,
  10 * hourMs,
  14 * hourMs,
  20 * hourMs,
  24 * hourMs,
];
/** A share by which a delay may be longer, so that receivers are not asked for everything at once when they are back. */
const jitter = 0.2;
/** The longest `Retry-After` that counts. */
const maxRetryAfterMs = 24 * hourMs;

/** How often an event is attempted before it is given up. */
export const maxAttempts: number = delaysMs.length + 1;

/**
 * How long after a failed attempt the next one follows, in milliseconds; `null` when there is none.
 *
 * @param attempts - how many were made, at least 1
 * @param retryAfterMs - how long the receiver wants not to be asked
 * @param share - a random number from 0 to 1
 */
export function getRetryDelay(attempts: number, retryAfterMs: number, share: number): number | null {
  const delay = delaysMs[attempts - 1];
  if (delay === undefined) return null;
  return Math.max(Math.round(delay * (1 + jitter * share)), Math.min(retryAfterMs, maxRetryAfterMs));
}
