import { insist } from './insist.js';
import { startFleet, type Fleet } from './fleet.js';
import { expectNothingAccepted, type TakenSubject } from './take-again-and-again.js';
import { isWholeRun } from '../harness/test-tier.js';

const rounds = isWholeRun ? 10_000 : 200;
const keys = 5;
jest.setTimeout(isWholeRun ? 40 * 60_000 : 120_000);

let fleet: Fleet;
beforeAll(async () => {
  fleet = await startFleet({ place: 'PostgreSQL and Redis', processes: 3, isDatabaseDirect: true });
}, 180_000);
afterAll(() => fleet.stop());

const scopes = ['orders:read', 'orders:write'];
const takings: readonly [take: object, giveBack: object, method: 'GET' | 'POST'][] = [
  [{ enabled: false }, { enabled: true }, 'GET'],
  [{ scopes: ['orders:read'] }, { scopes }, 'POST'],
  [{ ipAllowlist: ['203.0.113.9'] }, { ipAllowlist: null }, 'GET'],
];

/** A key that is changed on one process after the other, and used on all at once, as is a key that a child of it has made. */
async function makeKey(own: number): Promise<TakenSubject> {
  const app = (offset: number) => fleet.member((own + offset) % fleet.members.length).app;
  const created = await insist(() => app(0).manage('POST', '/keys', { name: 'CI', scopes }));
  expect(created.status).toBe(201);
  const path = `/keys/${String(created.body['id'])}`;
  const token = String(created.body['key']);
  const makeChildOf = async (parent: string): Promise<string> => {
    const child = await insist(() => app(1).makeChild(parent, { name: 'child', scopes }));
    expect(child.status).toBe(201);
    return String(child.body['key']);
  };
  const tokens = [token, await makeChildOf(await makeChildOf(token))];
  const takingOf = (round: number) => takings[round % takings.length] ?? [{}, {}, 'GET'];
  return {
    use: (round) =>
      Promise.all(
        fleet.members.flatMap(({ app: used }) => tokens.map((each) => used.use(each, takingOf(round)[2]))),
      ),
    take: (round) => app(round).manage('PATCH', path, takingOf(round)[0]),
    giveBack: (round) => app(round + 1).manage('PATCH', path, takingOf(round)[1]),
  };
}

it(`R34: ${rounds} times something is taken away, and no process accepts it after the answer`, async () => {
  await expectNothingAccepted(
    fleet,
    rounds,
    await Promise.all(Array.from({ length: keys }, (_, own) => makeKey(own))),
  );
});
