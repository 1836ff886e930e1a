import { startFleet, type Fleet } from './fleet.js';
import { isWholeRun } from './whole-run.js';

const rounds = isWholeRun ? 10_000 : 200;
const keys = 5;
jest.setTimeout(isWholeRun ? 40 * 60_000 : 120_000);

let fleet: Fleet;
beforeAll(async () => {
  fleet = await startFleet({ place: 'PostgreSQL and Redis', processes: 3, isDatabaseDirect: true });
}, 60_000);
afterAll(() => fleet.stop());

interface Tally {
  rounds: number;
  /** Requests that were accepted with what had been taken away. */
  accepted: number;
  /** Takings that were not answered with a plain 200. */
  unconfirmed: number;
  /** Refusals of what had been given back, with what had been answered before. */
  readonly surprises: string[];
}

/** Takes something away again and again: one key, one process after the other, and all are asked at once. */
async function takeAway(own: number, tally: Tally): Promise<void> {
  const member = (offset: number) => fleet.member((own + offset) % fleet.members.length);
  const body = { name: 'CI', scopes: ['orders:read', 'orders:write'] };
  const created = await member(0).app.manage('POST', '/keys', body);
  const path = `/keys/${String(created.body['id'])}`;
  const token = String(created.body['key']);
  const changes: string[] = [];
  const change = async (offset: number, fields: object): Promise<boolean> => {
    const from = performance.now();
    const { status, body: answer } = await member(offset).app.manage('PATCH', path, fields);
    const times = `${Math.round(from)}–${Math.round(performance.now())} ms`;
    changes.push(`${JSON.stringify(fields)} ${times}: ${status}, version ${String(answer['version'])}`);
    return status === 200;
  };
  const takings: [object, object, 'GET' | 'POST'][] = [
    [{ enabled: false }, { enabled: true }, 'GET'],
    [{ scopes: ['orders:read'] }, { scopes: body.scopes }, 'POST'],
    [{ ipAllowlist: ['203.0.113.9'] }, { ipAllowlist: null }, 'GET'],
  ];
  for (let round = 0; round < rounds / keys; round += 1) {
    const [take, give, method] = takings[round % takings.length] ?? [{}, {}, 'GET'];
    const use = () => Promise.all(fleet.members.map(({ app }) => app.use(token, method)));
    for (const { status, code } of await use()) {
      if (status >= 300) tally.surprises.push(`${status} ${code} after ${changes.slice(-4).join('; ')}`);
    }
    if (await change(round, take))
      tally.accepted += (await use()).filter(({ status }) => status < 300).length;
    else tally.unconfirmed += 1;
    tally.rounds += 1;
    while (!(await change(round + 1, give)));
  }
}

it(`R34: ${rounds} times something is taken away, and no process accepts it after the answer`, async () => {
  const tally: Tally = { rounds: 0, accepted: 0, unconfirmed: 0, surprises: [] };
  await Promise.all(Array.from({ length: keys }, (_, own) => takeAway(own, tally)));
  // Said in a sentence, as by the checker of histories: this is nothing that a second run could excuse.
  expect(tally.accepted === 0 ? '' : `${tally.accepted} times somebody was let in`).toBe('');
  expect(tally).toMatchObject({ rounds, accepted: 0, surprises: [] });
  // A plain 200 is the rule and a 202 the exception, or the test would show nothing.
  expect(tally.unconfirmed).toBeLessThan(rounds / 20);
});
