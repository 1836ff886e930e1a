import { setTimeout as sleep } from 'node:timers/promises';
import { isProblem } from '../../lib/errors.js';

/** What a change is answered with: in code, by supertest or by a process of a fleet. */
interface ChangeAnswer {
  readonly status?: unknown;
  readonly effectiveBy?: unknown;
  readonly body?: { readonly effectiveBy?: unknown } | null;
}

const giveUpAfterMs = 60_000;
const againAfterMs = 100;

/**
 * Makes a change as a client does that follows the documents: it asks again at a 503, and waits until the time that a 202 names. So a
 * machine that stands still for a second changes nothing about what the test looks at afterwards, which has to hold from then on.
 *
 * A change that was answered with 503 may have happened. What is repeated must be a change that may be made twice, or the test counts
 * with both.
 *
 * @param clock - of the process that answers; what it names is told by its clock, also where that stands still
 * @returns the last answer
 * @throws what the change throws, but for `unavailable`; that as well after a minute
 */
export async function makeEffective<T>(
  change: () => Promise<T>,
  clock: { now(): number } = { now: () => Date.now() },
): Promise<T> {
  const giveUpAt = performance.now() + giveUpAfterMs;
  for (;;) {
    try {
      const answer = await change();
      const known = answer as ChangeAnswer | null | undefined;
      if (known?.status !== 503 || performance.now() > giveUpAt) {
        await sleep(Math.max(0, effectiveByOf(known ?? {}) - clock.now() + 10));
        return answer;
      }
    } catch (error) {
      if (!isProblem(error, 'unavailable') || performance.now() > giveUpAt) throw error;
    }
    await sleep(againAfterMs);
  }
}

/** On the clock of who answers, in milliseconds; in the past when the change holds everywhere already. */
function effectiveByOf({ effectiveBy, body }: ChangeAnswer): number {
  const named = effectiveBy ?? body?.effectiveBy;
  if (named instanceof Date) return named.getTime();
  return typeof named === 'string' ? Date.parse(named) : -Infinity;
}
