import { changeOwner, type OwnerChange } from './change-owner.js';
import { insist } from './insist.js';
import { startFleet, type Fleet } from './fleet.js';
import { expectNothingAccepted, type TakenSubject } from './take-again-and-again.js';
import { isWholeRun } from '../harness/test-tier.js';

const rounds = isWholeRun ? 10_000 : 200;
const owners = 8;
jest.setTimeout(isWholeRun ? 40 * 60_000 : 120_000);

let fleet: Fleet;
beforeAll(async () => {
  fleet = await startFleet({ place: 'PostgreSQL and Redis', processes: 2, isDatabaseDirect: true });
}, 180_000);
afterAll(() => fleet.stop());

const takings: readonly [take: OwnerChange, giveBack: OwnerChange][] = [
  ['suspend', 'resume'],
  ['demote', 'promote'],
  ['suspend', 'resume'],
  ['restrict', 'promote'],
];

/** An owner that is changed on one process and the other, with a key and an access token, which are used on both at once. */
async function makeOwner(own: number): Promise<TakenSubject> {
  const app = (offset: number) => fleet.member((own + offset) % 2).app;
  const owner = `owner-${own}`;
  const body = { name: 'CI', scopes: ['orders:read', 'orders:write'] };
  const created = await insist(() => app(0).manage('POST', '/keys', body, { 'X-Test-Owner': owner }));
  const key = String(created.body['key']);
  const exchanged = await insist(() => app(0).exchange(key));
  expect([created.status, exchanged.status]).toEqual([201, 200]);
  const tokens = [key, String(exchanged.body['access_token'])];
  const takingOf = (round: number) => takings[round % takings.length] ?? ['suspend', 'resume'];
  return {
    // Overrides take only the right to write away.
    use: () => Promise.all([0, 1].flatMap((offset) => tokens.map((token) => app(offset).use(token, 'POST')))),
    take: (round) => changeOwner(app(round), owner, takingOf(round)[0]),
    giveBack: (round) => changeOwner(app(round + 1), owner, takingOf(round)[1]),
  };
}

it(`R34: ${rounds} times an owner is suspended or loses its plan, and no process accepts a key or token of it after the answer`, async () => {
  await expectNothingAccepted(
    fleet,
    rounds,
    await Promise.all(Array.from({ length: owners }, (_, own) => makeOwner(own))),
  );
});
