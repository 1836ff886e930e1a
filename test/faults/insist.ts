import type { TimedAnswer } from '../harness/start-orders.js';
import { pause } from './pause.js';

const giveUpAfterMs = 60_000;
const againAfterMs = 100;

/**
 * Asks again while there is no answer, or a 503, as a client does that follows the documents; for a minute. What was answered so may
 * have happened: only what may be done twice is asked for in this way.
 *
 * @returns the last answer
 * @throws when the last request got no answer
 */
export async function insist<T extends Pick<TimedAnswer, 'status'>>(
  ask: () => Promise<T | null>,
): Promise<T> {
  const giveUpAt = performance.now() + giveUpAfterMs;
  for (;;) {
    const answer = await ask();
    const isLate = performance.now() > giveUpAt;
    if (answer !== null && (answer.status !== 503 || isLate)) return answer;
    if (isLate) throw new Error('There was no answer for a minute');
    await pause(againAfterMs);
  }
}
