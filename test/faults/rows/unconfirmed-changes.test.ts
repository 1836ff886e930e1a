import { expectConfirmed } from '../expect-confirmed.js';
import { onRedis } from '../fault-actions.js';
import { startFleet, type Fleet } from '../fleet.js';
import { checkHistory } from '../history-checker.js';
import { HistoryRecorder } from '../history-recorder.js';
import { makeChildOf, makeTestedKey } from '../make-tested-key.js';
import { takings, type TestedKey } from '../tested-key.js';
import { isWholeRun } from '../../harness/test-tier.js';

jest.setTimeout(isWholeRun ? 30 * 60_000 : 180_000);

let fleet: Fleet;
beforeAll(async () => {
  fleet = await startFleet({ place: 'PostgreSQL and Redis', processes: 2 });
});
afterAll(() => fleet.stop());

async function heldKey(recorder: HistoryRecorder): Promise<TestedKey> {
  const key = await makeTestedKey(recorder, fleet.member(0));
  await makeChildOf(key, fleet.member(0));
  await useEverywhere(key);
  return key;
}

async function useEverywhere(key: TestedKey): Promise<void> {
  for (const on of fleet.members) {
    for (const usable of key.withDescendants('read')) await key.use(usable, on);
  }
}

const messages = isWholeRun ? 60 : 10;

it.each(takings)(
  `R35: connections break at each of ${messages} messages of a change: a plain 200 only when it holds everywhere: %s`,
  async (taking) => {
    const recorder = new HistoryRecorder();
    const [changing] = fleet.members;
    const { database } = fleet.member(0);
    let message = 0;
    let breakAt = Infinity;
    database?.onRequest(() => {
      message += 1;
      if (message === breakAt) database.resetAll();
    });
    const statuses = new Set<number>();
    // The last one breaks nothing: a change may take more messages than are tried.
    for (const last of [...Array.from({ length: messages }, (_, index) => index + 1), Infinity]) {
      const key = await heldKey(recorder);
      await recorder.disturb('connections break', undefined, async () => {
        [message, breakAt] = [0, last];
        const answer = await key[taking](changing ?? fleet.member(0));
        statuses.add(answer?.status ?? 0);
        breakAt = Infinity;
        await useEverywhere(key);
        await useEverywhere(key);
      });
    }
    expect(checkHistory(recorder.history, await fleet.slowness())).toEqual([]);
    expect([...statuses].every((status) => [200, 202, 503].includes(status))).toBe(true);
    expect(statuses.has(200)).toBe(true);
    expect(statuses.has(503)).toBe(true);
  },
);

const rounds = isWholeRun
  ? { revoke: 1_000, suspend: 1_000, demote: 200 }
  : { revoke: 10, suspend: 10, demote: 10 };

it.each(takings.map((taking) => [rounds[taking], taking] as const))(
  'R36: %i times Redis stands still during a change and then does what it was sent before: %s',
  async (times, taking) => {
    const recorder = new HistoryRecorder();
    for (let round = 0; round < times; round += 1) {
      await expectConfirmed(fleet, async () => {
        const key = await makeTestedKey(recorder, fleet.member(0));
        await makeChildOf(key, fleet.member(1));
        await onRedis(fleet, (redis) => redis.flushall());
        fleet.redis?.pause();
        // These readings send their copies to a Redis that takes them only later.
        const readings = fleet.members.flatMap((on) =>
          key.withDescendants('read').map((usable) => key.use(usable, on)),
        );
        if (round % 2 === 0) await Promise.all(readings);
        const answer = await key[taking](fleet.member(round % 2));
        fleet.redis?.resume();
        await Promise.all(readings);
        for (let again = 0; again < 5; again += 1) await useEverywhere(key);
        return [answer, key];
      });
    }
    expect(checkHistory(recorder.history, await fleet.slowness())).toEqual([]);
  },
);
