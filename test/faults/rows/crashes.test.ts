import { crashDuringChanges } from '../crash-points.js';
import { startFleet, type Fleet, type Member } from '../fleet.js';
import { pause } from '../pause.js';
import { seededRandom } from '../seeded-random.js';
import { isWholeRun } from '../../harness/test-tier.js';

jest.setTimeout(isWholeRun ? 20 * 60_000 : 120_000);

const environment = { LEASE_SECONDS: '2' };
/** Each kills a process in the middle of six changes. */
const rounds = isWholeRun ? 100 : 4;

let fleet: Fleet;
afterEach(() => fleet.stop());

async function expectWholeChanges(
  crashOf: (victim: Member, round: number) => () => Promise<void>,
): Promise<void> {
  const total = { committed: 0, undone: 0, violations: [] as string[] };
  for (let round = 0; round < rounds; round += 1) {
    const victim = await fleet.start();
    const { committed, undone, violations } = await crashDuringChanges(fleet, victim, crashOf(victim, round));
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
  await expectWholeChanges((victim, round) => async () => {
    // The six changes take about 90 messages.
    const last = 1 + Math.floor((round * 90) / rounds);
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
  await expectWholeChanges((_, round) => () => pause((round * 240) / rounds + random.between(0, 3)));
});
