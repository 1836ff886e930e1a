import { effectiveByOf } from '../effective-by.js';
import { startFleet, type Fleet, type Member } from '../fleet.js';
import { checkHistory } from '../history-checker.js';
import { HistoryRecorder } from '../history-recorder.js';
import { pause } from '../pause.js';
import { TestedKey } from '../tested-key.js';

jest.setTimeout(180_000);

const shortLeaseMs = 2_000;
const longLeaseMs = 6_000;
const listsProcesses = /select "instance"\.\*.*"instances"/s;

let fleet: Fleet;
let recorder: HistoryRecorder;

beforeEach(async () => {
  recorder = new HistoryRecorder();
  fleet = await startFleet({
    ...{ place: 'PostgreSQL', processes: 1 },
    environment: { LEASE_SECONDS: String(shortLeaseMs / 1_000) },
  });
});
afterEach(() => fleet.stop());

const startWithLongLease = (): Promise<Member> => fleet.start({ LEASE_SECONDS: String(longLeaseMs / 1_000) });

/** From then on a process gets no answer when it reads the list of processes; all other statements pass. */
function withoutList(member: Member): void {
  if (member.database === null) throw new Error('There is no proxy in front of the database');
  void member.database.stallOnce('request', listsProcesses, 60_000).then(() => withoutList(member));
}

async function heldKey(): Promise<TestedKey> {
  const key = await TestedKey.create(recorder, fleet.member(0));
  if (key === null) throw new Error('No key could be made');
  for (const on of [...fleet.members, ...fleet.members]) {
    expect((await key.use(key.usable('read'), on))?.status).toBe(200);
  }
  return key;
}

describe('mixed leases', () => {
  it('P3: a 202 names a time at which the longest lease is over, also when the list of processes cannot be read', async () => {
    const short = fleet.member(0);
    withoutList(short);
    const long = await startWithLongLease();
    const key = await heldKey();
    await recorder.disturb('cut off', undefined, async () => {
      long.database?.set({ kind: 'black-hole' });
      const revokedAt = Date.now();
      const answer = await key.revoke(short);
      expect(answer?.status).toBe(202);
      const effectiveBy = effectiveByOf(answer);
      expect(effectiveBy - revokedAt).toBeGreaterThan(longLeaseMs);
      // It goes on until its own lease is over, which is what the others have to count with.
      await pause(shortLeaseMs + 1_000);
      await key.use(key.usable('read'), long);
      await pause(effectiveBy - Date.now() + 10);
      for (const on of fleet.members) await key.use(key.usable('read'), on);
    });
    expect(checkHistory(recorder.history, await fleet.slowness())).toEqual([]);
  });

  it('P3: a 202 counts no lease of a process that has exited', async () => {
    const short = fleet.member(0);
    const long = await startWithLongLease();
    const key = await heldKey();
    await fleet.end(long);
    const late = await fleet.start();
    await recorder.disturb('stands still', late.name, async () => {
      late.app.pause();
      const answer = await key.revoke(short);
      expect(answer?.status).toBe(202);
      expect(effectiveByOf(answer) - Date.now()).toBeLessThan(longLeaseMs - 2_000);
      late.app.resume();
    });
    await fleet.untilNormal(30_000);
    expect(checkHistory(recorder.history, await fleet.slowness())).toEqual([]);
  });
});
