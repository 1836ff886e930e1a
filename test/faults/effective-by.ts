import type { TimedAnswer } from '../harness/start-orders.js';

/** The time by which a change holds everywhere, wall clock in milliseconds: now, when the answer names none. */
export function effectiveByOf(answer: TimedAnswer | null): number {
  const named = answer?.body['effectiveBy'];
  return typeof named === 'string' ? Date.parse(named) : Date.now();
}
