import type { TimedAnswer } from '../harness/start-orders.js';

/** Something that is used, taken away and given back, again and again. Rounds are counted from 0. */
export interface TakenSubject {
  /** Uses it on every process at once. */
  use(round: number): Promise<readonly TimedAnswer[]>;
  take(round: number): Promise<TimedAnswer>;
  giveBack(round: number): Promise<TimedAnswer>;
}

interface Tally {
  rounds: number;
  /** Requests that were accepted after a plain 200. */
  accepted: number;
  /** Takings that were not answered with a plain 200. */
  unconfirmed: number;
  /** Refusals of what had been given back, with what had been answered before. */
  readonly surprises: string[];
}

/**
 * Takes something away from each of some subjects, all at once so that they share what a round waits for, and uses it right after
 * the answer; `rounds` times in all.
 */
export async function expectNothingAccepted(
  rounds: number,
  subjects: readonly TakenSubject[],
): Promise<void> {
  const tally: Tally = { rounds: 0, accepted: 0, unconfirmed: 0, surprises: [] };
  await Promise.all(subjects.map((subject) => takeFrom(subject, rounds / subjects.length, tally)));
  // Said in a sentence, as by the checker of histories: this is nothing that a second run could excuse.
  expect(tally.accepted === 0 ? '' : `${tally.accepted} times somebody was let in`).toBe('');
  expect(tally).toMatchObject({ rounds, accepted: 0, surprises: [] });
  // A plain 200 is the rule and a 202 the exception, or the test would show nothing.
  expect(tally.unconfirmed).toBeLessThan(rounds / 20);
}

async function takeFrom(subject: TakenSubject, rounds: number, tally: Tally): Promise<void> {
  const changes: string[] = [];
  const isConfirmed = async (change: () => Promise<TimedAnswer>): Promise<boolean> => {
    const from = performance.now();
    const { status, body } = await change();
    const times = `${Math.round(from)}–${Math.round(performance.now())} ms`;
    changes.push(`${times}: ${status}, version ${String(body['version'])}`);
    return status === 200;
  };
  for (let round = 0; round < rounds; round += 1) {
    for (const { status, code } of await subject.use(round)) {
      if (status >= 300)
        tally.surprises.push(`${status} ${code} in round ${round} after ${changes.slice(-4).join('; ')}`);
    }
    if (await isConfirmed(() => subject.take(round)))
      tally.accepted += (await subject.use(round)).filter(({ status }) => status < 300).length;
    else tally.unconfirmed += 1;
    tally.rounds += 1;
    while (!(await isConfirmed(() => subject.giveBack(round))));
  }
}
