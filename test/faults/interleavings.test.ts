import type { Redis } from 'ioredis';
import { testPepper } from '../harness/instance.js';
import { makeEffective } from '../harness/make-effective.js';
import { expectConfirmed } from './expect-confirmed.js';
import { onRedis, readEntries, writeEntries } from './fault-actions.js';
import { startFleet, type Fleet, type Member } from './fleet.js';
import { checkHistory } from './history-checker.js';
import { HistoryRecorder } from './history-recorder.js';
import { insist } from './insist.js';
import { makeTestedKey } from './make-tested-key.js';
import { pause } from './pause.js';
import { takings, type Taking, type TestedKey } from './tested-key.js';
import { waitUntil } from '../servers/wait-until.cjs';
import { startRedis } from '../servers/redis.cjs';

jest.setTimeout(180_000);

const environment = { LEASE_SECONDS: '2' };
const leaseAndMarginMs = 3_000;
let fleet: Fleet;
let recorder: HistoryRecorder;

beforeAll(async () => {
  fleet = await startFleet({ place: 'PostgreSQL and Redis', processes: 2, environment });
});
beforeEach(() => {
  recorder = new HistoryRecorder();
});
afterAll(() => fleet.stop());

async function heldKey(): Promise<TestedKey> {
  const key = await makeTestedKey(recorder, fleet.member(0));
  await useEverywhere(key);
  await useEverywhere(key);
  return key;
}

async function useEverywhere(key: TestedKey): Promise<void> {
  for (const on of fleet.members) await key.use(key.usable('read'), on);
}

/** The entries of a key in Redis, where it gets them with a use, if Redis answers in time. */
async function entriesOf(redis: Redis, key: TestedKey): Promise<readonly [string, string][]> {
  let entries = await readEntries(redis, key.id);
  await waitUntil('Redis has entries of the key', async () => {
    if (entries.length === 0) await useEverywhere(key);
    entries = await readEntries(redis, key.id);
    return entries.length > 0;
  });
  return entries;
}

/** Takes something away, and waits until that holds everywhere. */
async function take(key: TestedKey, taking: Taking, on: Member): Promise<void> {
  const { status } = await makeEffective(() => insist(() => key[taking](on)));
  expect([200, 202]).toContain(status);
}

const expectNoViolation = async (): Promise<void> =>
  expect(checkHistory(recorder.history, await fleet.slowness())).toEqual([]);

it.each(takings)(
  'a process that is stopped for longer than its lease accepts nothing old after: %s',
  async (taking) => {
    const [key, good] = [await heldKey(), await heldKey()];
    const [one, two] = [fleet.member(0), fleet.member(1)];
    await recorder.disturb('stands still', two.name, async () => {
      two.app.pause();
      const first = await insist(() => key[taking](one));
      expect(first.status).toBe(202);
      await pause(leaseAndMarginMs + 1_000);
      // Everyone else has stopped waiting for it.
      await expectConfirmed(fleet, async () => [await key[taking](one), key]);
      // These lie in its socket when it goes on.
      const waiting = [key.use(key.usable('read'), two), good.use(good.usable('read'), two)];
      await pause(100);
      two.app.resume();
      await Promise.all(waiting);
    });
    await useEverywhere(key);
    await useEverywhere(good);
    await fleet.untilNormal(30_000);
    await expectNoViolation();
  },
);

it('a process that starts while keys are revoked and owners suspended or demoted accepts none of them', async () => {
  const keys = await Promise.all(Array.from({ length: 20 }, heldKey));
  const starting = fleet.start();
  for (const [index, key] of keys.entries()) {
    await take(key, takings[index % takings.length] ?? 'revoke', fleet.member(0));
    await pause(30);
  }
  await starting;
  for (const key of keys) await useEverywhere(key);
  await expectNoViolation();
  await fleet.end(fleet.member(2));
});

it('after a kill -9 changes are soon confirmed again', async () => {
  const doomed = await fleet.start();
  const keys = [await heldKey(), await heldKey(), await heldKey()];
  await recorder.disturb('killed', doomed.name, () => fleet.kill(doomed));
  const first = await insist(async () => (await keys[0]?.revoke(fleet.member(0))) ?? null);
  expect([200, 202]).toContain(first.status);
  await pause(leaseAndMarginMs + 1_500);
  let next = keys[1];
  await expectConfirmed(fleet, async () => {
    const key = next ?? (await heldKey());
    next = undefined;
    return [await key.revoke(fleet.member(0)), key];
  });
  for (const key of keys) await useEverywhere(key);
  await expectNoViolation();
});

it.each(
  takings.flatMap(
    (taking) =>
      [
        ['before', taking],
        ['after', taking],
      ] as const,
  ),
)('an old entry that is written back is not believed: %s %s', async (when, taking) => {
  const key = await heldKey();
  await onRedis(fleet, async (redis) => {
    const old = await entriesOf(redis, key);
    await key.narrow(fleet.member(0));
    if (when === 'before') await writeEntries(redis, old);
    await key[taking](fleet.member(0));
    if (when === 'after') await writeEntries(redis, old);
    for (const on of fleet.members) for (const usable of key.everything()) await key.use(usable, on);
    // An old entry is there at the moment of each request.
    for (let round = 0; round < 20; round += 1) {
      await writeEntries(redis, old);
      await key.use(key.usable('write'), fleet.member(round % 2));
    }
  });
  await expectNoViolation();
});

it.each(takings)(
  'F14, F17: a flush or a failover that has lost a change brings nothing back: %s',
  async (taking) => {
    const key = await heldKey();
    await onRedis(fleet, async (redis) => {
      const old = await entriesOf(redis, key);
      await take(key, taking, fleet.member(0));
      await redis.flushall();
      await writeEntries(redis, old);
    });
    await useEverywhere(key);
    const late = await fleet.start();
    await key.use(key.usable('read'), late);
    await expectNoViolation();
    await fleet.end(late);
  },
);

it('F15: a process that still talks to the old primary accepts nothing that was revoked, suspended or demoted', async () => {
  const oldPrimary = await startRedis();
  const apart = await fleet.start({ REDIS_URL: oldPrimary.url });
  try {
    for (const taking of takings) {
      const key = await heldKey();
      const entries = await onRedis(fleet, (redis) => entriesOf(redis, key));
      await onRedis({ ...fleet, redis: oldPrimary }, (redis) => writeEntries(redis, entries));
      await take(key, taking, fleet.member(0));
      await onRedis({ ...fleet, redis: oldPrimary }, (redis) => writeEntries(redis, entries));
      await useEverywhere(key);
    }
    await expectNoViolation();
  } finally {
    await fleet.end(apart);
    await oldPrimary.stop();
  }
});

it('F31: processes with different lists of peppers share keys, entries and revocations', async () => {
  const newPepper = 'another-pepper-another-pepper-another!';
  const late = await fleet.start({ API_KEYS_PEPPER: `${newPepper},${testPepper}` });
  const knowsBoth = await fleet.start({ API_KEYS_PEPPER: `${testPepper},${newPepper}` });
  const key = await heldKey();
  expect((await insist(() => key.use(key.usable('read'), late))).status).toBe(200);
  for (const on of [late, knowsBoth]) {
    const other = await expectConfirmed(fleet, async () => {
      const tried = await heldKey();
      return [await tried.revoke(on), tried];
    });
    await useEverywhere(other);
  }
  await take(key, 'revoke', fleet.member(0));
  await useEverywhere(key);
  await expectNoViolation();
  await fleet.end(late);
  await fleet.end(knowsBoth);
});
