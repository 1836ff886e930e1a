import { describeSlowness, noteExcused } from '../harness/machine-watch.js';
import type { TimedAnswer } from '../harness/start-orders.js';
import type { Fleet } from './fleet.js';
import { wasMachineSlow } from './was-machine-slow.js';

const tries = 5;
/** Among the tries: a disk that stands still is not seen by the watch. */
const unexcused = 1;

/** What was changed, and the answer to that. */
export type Attempt<T> = readonly [answer: TimedAnswer | null, subject: T];

/**
 * Expects that a change is confirmed with a plain 200. A process waits for a confirmation for a second: where the machine did not run
 * for that long, the change is tried again, with something new. All that was tried is left to the other checks.
 *
 * @param attempt - makes something, changes it, and returns both the answer and what was changed
 * @returns what was changed by the confirmed change
 */
export async function expectConfirmed<T>(
  fleet: Pick<Fleet, 'slowness'>,
  attempt: () => Promise<Attempt<T>>,
): Promise<T> {
  let missed = 0;
  for (let count = 1; ; count += 1) {
    const startedAt = performance.now();
    const [answer, subject] = await attempt();
    const endedAt = performance.now();
    if (answer?.status === 200) return subject;
    const slowness = await fleet.slowness();
    const isExcused = wasMachineSlow(slowness, startedAt, endedAt);
    if (!isExcused) missed += 1;
    // 202: not in time. 503: not carried out in time.
    if (count === tries || missed > unexcused || ![202, 503].includes(answer?.status ?? 0)) {
      throw new Error(
        `A change was answered with ${answer?.status} at try ${count}, ${describeSlowness(slowness, startedAt, endedAt)}`,
      );
    }
    if (isExcused) noteExcused(`had a change answered with ${answer?.status}, which is tried again`);
  }
}
