import { testPepper } from '../../harness/instance.js';
import { pause } from '../pause.js';
import { startFleet, type Fleet, type Member } from '../fleet.js';

jest.setTimeout(180_000);

const readsOneKey = /select .*"keys"/s;
const times = 1_000;

let fleet: Fleet;
beforeAll(async () => {
  fleet = await startFleet({ place: 'PostgreSQL', processes: 2 });
});
afterAll(() => fleet.stop());

async function makeToken(): Promise<string> {
  const body = { name: 'CI', scopes: ['orders:read'] };
  const created = await fleet.member(0).app.manage('POST', '/keys', body);
  // A process that hears of the new key while it reads it, reads it again.
  await pause(500);
  return String(created.body['key']);
}

/** Counts the statements that read a key. */
function countReads({ database }: Member): () => number {
  let reads = 0;
  database?.onRequest((piece) => {
    reads += readsOneKey.test(piece.toString('latin1')) ? 1 : 0;
  });
  return () => reads;
}

it('R28: a thousand verifications of a key that is not cached cost each process one read', async () => {
  const token = await makeToken();
  for (const member of fleet.members) {
    const reads = countReads(member);
    const { verdicts } = await member.app.tell({ command: 'verify', token, times });
    expect(verdicts).toEqual(Array.from({ length: times }, () => 'allowed'));
    expect(reads()).toBe(1);
  }
});

it('R28: with the pepper lost, they cost it one bcrypt', async () => {
  const token = await makeToken();
  const late = await fleet.start({ API_KEYS_PEPPER: testPepper.split('').toReversed().join('') });
  const reads = countReads(late);
  const before = await late.app.tell({ command: 'report' });
  const after = await late.app.tell({ command: 'verify', token, times });
  expect(after.verdicts).toEqual(Array.from({ length: times }, () => 'allowed'));
  expect(after.workerQuestions - before.workerQuestions).toBe(1);
  // The copy, the slow hash, and the key as it is after the slow hash.
  expect(reads()).toBeLessThanOrEqual(4);
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
