import { crashDuringChanges } from '../crash-points.js';
import { startFleet, type Fleet, type Member } from '../fleet.js';
import { pause } from '../pause.js';
import { seededRandom } from '../seeded-random.js';
import { isWholeRun } from '../../harness/test-tier.js';

jest.setTimeout(isWholeRun ? 20 * 60_000 : 300_000);

const environment = { LEASE_SECONDS: '2' };
/** Each kills a process in the middle of six changes. */
const rounds = isWholeRun ? 100 : 4;
/** As long as nothing was committed, or nothing undone. */
const moreRounds = 12;

let fleet: Fleet;
afterEach(() => fleet.stop());

async function expectWholeChanges(
  crashOf: (victim: Member, part: number, pace: number) => () => Promise<void>,
): Promise<void> {
  const total = { committed: 0, undone: 0, violations: [] as string[] };
  const isSeen = (): boolean => total.committed > 0 && total.undone > 0;
  // How long the changes take depends on the machine.
  let pace = 1;
  for (let round = 0; round < rounds || (!isSeen() && round < rounds + moreRounds); round += 1) {
    if (round >= rounds) pace *= total.committed === 0 ? 2 : 0.5;
    const victim = await fleet.start();
    const crash = crashOf(victim, (round % rounds) / rounds, pace);
    const { committed, undone, violations } = await crashDuringChanges(fleet, victim, crash);
    total.committed += committed;
    total.undone += undone;
    total.violations.push(...violations.map((violation) => `round ${round}: ${violation}`));
  }
  expect(total.violations).toEqual([]);
  // Otherwise the process was killed before or after everything.
  expect(total.committed).toBeGreaterThan(0);
  expect(total.undone).toBeGreaterThan(0);
}

it('F24, F25: a process is killed at the n-th message to PostgreSQL while it creates, rotates, revokes, narrows, suspends and demotes', async () => {
  fleet = await startFleet({ place: 'PostgreSQL', processes: 1, environment });
  await expectWholeChanges((victim, part) => async () => {
    // The six changes take about 90 messages.
    const last = 1 + Math.floor(part * 90);
    let messages = 0;
    await new Promise<void>((resolve) => {
      victim.database?.onRequest(() => {
        messages += 1;
        if (messages === last) resolve();
      });
    });
  });
});

it('F24, F25: a process is killed at any moment while it creates, rotates, revokes, narrows, suspends and demotes on SQLite', async () => {
  fleet = await startFleet({ place: 'one SQLite file', processes: 1, environment });
  const random = seededRandom(1);
  await expectWholeChanges((_, part, pace) => () => pause((part * 240 + random.between(0, 3)) * pace));
});
