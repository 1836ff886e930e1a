import { testPepper } from '../../harness/instance.js';
import { startFleet, type Fleet, type Member } from '../fleet.js';

jest.setTimeout(60_000);

const readsOneKey = /select .*"keys"/s;
const requests = 1_000;

let fleet: Fleet;
beforeAll(async () => {
  fleet = await startFleet({ place: 'PostgreSQL', processes: 2 });
});
afterAll(() => fleet.stop());

async function makeToken(): Promise<string> {
  const body = { name: 'CI', scopes: ['orders:read'] };
  return String((await fleet.member(0).app.manage('POST', '/keys', body)).body['key']);
}

/** Counts the statements that read a key. */
function countReads({ database }: Member): () => number {
  let reads = 0;
  database?.onRequest((piece) => {
    reads += readsOneKey.test(piece.toString('latin1')) ? 1 : 0;
  });
  return () => reads;
}

const useAtOnce = (token: string, { app }: Member) =>
  Promise.all(Array.from({ length: requests }, () => app.use(token)));

it('R28: a thousand requests for a key that nobody holds cost each process one reading', async () => {
  const token = await makeToken();
  for (const member of fleet.members) {
    const reads = countReads(member);
    const answers = await useAtOnce(token, member);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(reads()).toBe(1);
  }
});

it('R28: with the pepper lost, they cost it one bcrypt', async () => {
  const token = await makeToken();
  const late = await fleet.start({ API_KEYS_PEPPER: testPepper.split('').toReversed().join('') });
  const before = await late.app.tell({ command: 'report' });
  const answers = await useAtOnce(token, late);
  const after = await late.app.tell({ command: 'report' });
  const good = answers.filter(({ status }) => status === 200).length;
  expect(good).toBeGreaterThan(0);
  expect(answers.filter(({ status }) => status !== 200 && status !== 503)).toEqual([]);
  expect(after.workerQuestions - before.workerQuestions).toBe(1);
});

it('R28: a reading that fails, fails for those who wait for it, and is not remembered', async () => {
  const token = await makeToken();
  const member = fleet.member(1);
  const stalled = member.database?.stallOnce('reply', readsOneKey, 1_500);
  const waiting = Array.from({ length: 50 }, () => member.app.use(token));
  await stalled;
  const answers = await Promise.all(waiting);
  expect(answers.filter(({ status }) => status !== 200 && status !== 503)).toEqual([]);
  expect(answers.filter(({ status }) => status === 503).length).toBeGreaterThan(0);
  expect((await member.app.use(token)).status).toBe(200);
});
