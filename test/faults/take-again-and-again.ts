import type { TimedAnswer } from '../harness/start-orders.js';
import type { Fleet } from './fleet.js';
import { wasMachineSlow } from './was-machine-slow.js';

/** Something that is used, taken away and given back, again and again. Rounds are counted from 0. */
export interface TakenSubject {
  /** Uses it on every process at once. */
  use(round: number): Promise<readonly TimedAnswer[]>;
  take(round: number): Promise<TimedAnswer>;
  giveBack(round: number): Promise<TimedAnswer>;
}

/** By `performance.now()`. */
interface Span {
  readonly from: number;
  readonly to: number;
}

interface Tally {
  rounds: number;
  /** Requests that were accepted after a plain 200. */
  accepted: number;
  /** Takings that were not answered with a plain 200. */
  readonly unconfirmed: Span[];
  /** Uses of what had been given back that were answered with 503. */
  readonly unavailable: (Span & { readonly surprise: string })[];
  /** Refusals of what had been given back, with what had been answered before. */
  readonly surprises: string[];
}

/**
 * Takes something away from each of some subjects, all at once so that they share what a round waits for, and uses it right after
 * the answer; `rounds` times in all.
 */
export async function expectNothingAccepted(
  fleet: Pick<Fleet, 'slowness'>,
  rounds: number,
  subjects: readonly TakenSubject[],
): Promise<void> {
  const tally: Tally = { rounds: 0, accepted: 0, unconfirmed: [], unavailable: [], surprises: [] };
  await Promise.all(subjects.map((subject) => takeFrom(subject, rounds / subjects.length, tally)));
  // Said in a sentence, as by the checker of histories: this is nothing that a second run could excuse.
  expect(tally.accepted === 0 ? '' : `${tally.accepted} times somebody was let in`).toBe('');
  expect(tally).toMatchObject({ rounds, accepted: 0, surprises: [] });
  // What was not answered in time is the machine's when that did not run.
  const slowness = await fleet.slowness();
  const isProducts = ({ from, to }: Span): boolean => !wasMachineSlow(slowness, from, to);
  expect(tally.unavailable.filter(isProducts).map(({ surprise }) => surprise)).toEqual([]);
  // A plain 200 is the rule and a 202 the exception, or the test would show nothing.
  expect(tally.unconfirmed.filter(isProducts).length).toBeLessThan(rounds / 20);
  expect(tally.unconfirmed.length).toBeLessThan(rounds);
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
    const usedFrom = performance.now();
    const uses = await subject.use(round);
    const used: Span = { from: usedFrom, to: performance.now() };
    for (const { status, code } of uses.filter((use) => use.status >= 300)) {
      const surprise = `${status} ${code} in round ${round} after ${changes.slice(-4).join('; ')}`;
      if (status === 503) tally.unavailable.push({ ...used, surprise });
      else tally.surprises.push(surprise);
    }
    const takenFrom = performance.now();
    if (await isConfirmed(() => subject.take(round)))
      tally.accepted += (await subject.use(round)).filter(({ status }) => status < 300).length;
    else tally.unconfirmed.push({ from: takenFrom, to: performance.now() });
    tally.rounds += 1;
    while (!(await isConfirmed(() => subject.giveBack(round))));
  }
}
