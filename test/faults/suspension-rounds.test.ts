import { startFleet, type Fleet } from './fleet.js';
import { isWholeRun } from './whole-run.js';

const rounds = isWholeRun ? 10_000 : 200;
/** Changed at once, so that they share what a round waits for. */
const owners = 8;
jest.setTimeout(isWholeRun ? 40 * 60_000 : 120_000);

let fleet: Fleet;
beforeAll(async () => {
  fleet = await startFleet({ place: 'PostgreSQL and Redis', processes: 2, isDatabaseDirect: true });
}, 60_000);
afterAll(() => fleet.stop());

interface Tally {
  rounds: number;
  /** Requests that were accepted after a plain 200. */
  accepted: number;
  /** Suspensions that were not answered with a plain 200. */
  unconfirmed: number;
  /** Refusals of an owner that was resumed. */
  readonly surprises: string[];
}

/** Suspends and resumes an owner again and again, on one process and the other, and asks both for a key and an access token. */
async function suspendAndResume(own: number, tally: Tally): Promise<void> {
  const app = (offset: number) => fleet.member((own + offset) % 2).app;
  const owner = `owner-${own}`;
  const body = { name: 'CI', scopes: ['orders:read', 'orders:write'] };
  const created = await app(0).manage('POST', '/keys', body, { 'X-Test-Owner': owner });
  const key = String(created.body['key']);
  const tokens = [key, String((await app(0).exchange(key)).body['access_token'])];
  const use = () => Promise.all([0, 1].flatMap((offset) => tokens.map((token) => app(offset).use(token))));
  const change = async (offset: number, action: 'suspend' | 'resume'): Promise<boolean> => {
    const path = `/owners/${owner}/${action}`;
    return (await app(offset).manage('POST', path, {}, { 'X-Test-Admin': 'olga' })).status === 200;
  };
  for (let round = 0; round < rounds / owners; round += 1) {
    for (const { status, code } of await use()) {
      if (status >= 300) tally.surprises.push(`${status} ${code} in round ${round}`);
    }
    if (await change(round, 'suspend'))
      tally.accepted += (await use()).filter(({ status }) => status < 300).length;
    else tally.unconfirmed += 1;
    tally.rounds += 1;
    while (!(await change(round + 1, 'resume')));
  }
}

it(`R34: ${rounds} times an owner is suspended, and no process accepts a key or token of it after the answer`, async () => {
  const tally: Tally = { rounds: 0, accepted: 0, unconfirmed: 0, surprises: [] };
  await Promise.all(Array.from({ length: owners }, (_, own) => suspendAndResume(own, tally)));
  // Said in a sentence, as by the checker of histories: this is nothing that a second run could excuse.
  expect(tally.accepted === 0 ? '' : `${tally.accepted} times somebody was let in`).toBe('');
  expect(tally).toMatchObject({ rounds, accepted: 0, surprises: [] });
  // A plain 200 is the rule and a 202 the exception, or the test would show nothing.
  expect(tally.unconfirmed).toBeLessThan(rounds / 20);
});
