import type { Redis } from 'ioredis';
import { waitUntil } from '../servers/wait-until.cjs';
import { effectiveByOf } from './effective-by.js';
import { pause } from './pause.js';
import { onPostgres, onRedis, readEntries, writeEntries } from './fault-actions.js';
import type { Fleet, Member } from './fleet.js';
import { checkHistory } from './history-checker.js';
import { HistoryRecorder } from './history-recorder.js';
import { makeChildOf, makeTestedKey } from './make-tested-key.js';
import type { TestedKey } from './tested-key.js';

/** Less than a reading may take. */
const readStallMs = 550;
const readsOneKey = /select .*"keys"/s;
const movesHead = /audit_head" set|pg_notify/;
const beats = /update .*"instances"/s;

/** A schedule in which one protection is all that stands between a revoked key and the app. */
export type Schedule = (fleet: Fleet) => Promise<readonly string[]>;

const makeKey = (recorder: HistoryRecorder, fleet: Fleet): Promise<TestedKey> =>
  makeTestedKey(recorder, fleet.member(0));

/** Makes one and uses it everywhere, so that every process holds it. */
async function makeHeldKey(recorder: HistoryRecorder, fleet: Fleet): Promise<TestedKey> {
  const key = await makeKey(recorder, fleet);
  for (const on of [...fleet.members, ...fleet.members]) await key.use(key.usable('read'), on);
  return key;
}

/** Uses all that is below a key on every process. */
async function askAllBelow(fleet: Fleet, key: TestedKey): Promise<void> {
  for (const on of fleet.members) {
    for (const usable of key.ofDescendants('read')) await key.use(usable, on);
  }
}

/** Asks every process for the key that was revoked. */
async function askAll(fleet: Fleet, key: TestedKey): Promise<void> {
  for (const on of fleet.members) await key.use(key.usable('read'), on);
}

const proxyOf = (fleet: Fleet, index: number, server: 'database' | 'redis') => {
  const proxy = fleet.member(index)[server];
  if (proxy === null) throw new Error(`${fleet.place} has no proxy for that`);
  return proxy;
};

/** Two changes at once, and the one that took its number first is committed last. */
export const laterNumberFirst: Schedule = async (fleet) => {
  const recorder = new HistoryRecorder();
  const first = await makeHeldKey(recorder, fleet);
  const second = await makeHeldKey(recorder, fleet);
  await recorder.disturb('a commit is held up', undefined, async () => {
    const isStalled = proxyOf(fleet, 0, 'database').stallOnce('request', movesHead, 700);
    const slow = first.revoke(fleet.member(0));
    await isStalled;
    await second.revoke(fleet.member(1));
    // Every follower of the feed reads it between the two commits.
    await slow;
  });
  await askAll(fleet, first);
  await askAll(fleet, second);
  return checkHistory(recorder.history, await fleet.slowness());
};

/** A process that is cut off from everything while a key that it holds is revoked; asked again after the bound. */
export const cutOffBeyondLease: Schedule = async (fleet) => {
  const recorder = new HistoryRecorder();
  const key = await makeHeldKey(recorder, fleet);
  const proxies = [fleet.member(1).database, fleet.member(1).redis];
  for (const proxy of proxies) proxy?.set({ kind: 'black-hole' });
  await recorder.disturb('cut off', undefined, async () => {
    const revoked = await key.revoke(fleet.member(0));
    await pause(effectiveByOf(revoked) - Date.now() + 10);
    await askAll(fleet, key);
  });
  for (const proxy of proxies) proxy?.set({ kind: 'pass' });
  await fleet.untilNormal(30_000);
  return checkHistory(recorder.history, await fleet.slowness());
};

/** A key is revoked between the moment a process has read it and the moment it gets to hold it. */
export const revokedBetweenReadAndFill: Schedule = async (fleet) => {
  const recorder = new HistoryRecorder();
  const key = await makeKey(recorder, fleet);
  if (fleet.redis !== null) await onRedis(fleet, (redis) => redis.flushall());
  await recorder.disturb('a reading is held up', undefined, async () => {
    const isStalled = proxyOf(fleet, 1, 'database').stallOnce('reply', readsOneKey, readStallMs);
    const early = key.use(key.usable('read'), fleet.member(1));
    await isStalled;
    await pause(30);
    await key.revoke(fleet.member(0));
    await askAll(fleet, key);
    await early;
  });
  await askAll(fleet, key);
  return checkHistory(recorder.history, await fleet.slowness());
};

/** The entries of keys in Redis, where each gets one with a use of it, if Redis answers in time. */
async function entriesOf(
  redis: Redis,
  ids: readonly string[],
  useAll: () => Promise<void>,
): Promise<readonly [string, string][]> {
  let entries: (readonly [string, string][])[] = [];
  await waitUntil('Redis has entries of the keys', async () => {
    entries = await Promise.all(ids.map((id) => readEntries(redis, id)));
    if (entries.every((each) => each.length > 0)) return true;
    await useAll();
    return false;
  });
  return entries.flat();
}

/** Uses a key everywhere, and goes on with its entries in Redis, to write them back later as a command does that comes late. */
async function withOldEntries(
  recorder: HistoryRecorder,
  fleet: Fleet,
  work: (key: TestedKey, writeBack: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const key = await makeHeldKey(recorder, fleet);
  await onRedis(fleet, async (redis) => {
    const entries = await entriesOf(redis, [key.id], () => askAll(fleet, key));
    await work(key, () => writeEntries(redis, entries));
  });
}

/** The owner of a key of which Redis, and every process, has a copy is suspended, or gets a plan that does not include it. */
export const ownerChangedWithCopies: Schedule = async (fleet) => {
  const recorder = new HistoryRecorder();
  for (const [take, giveBack] of [
    ['suspend', 'resume'],
    ['demote', 'promote'],
  ] as const) {
    await withOldEntries(recorder, fleet, async (key, writeBack) => {
      await key[take](fleet.member(0));
      await askAll(fleet, key);
      await key[giveBack](fleet.member(1));
      await askAll(fleet, key);
      await key[take](fleet.member(0));
      await writeBack();
      await askAll(fleet, key);
    });
  }
  return checkHistory(recorder.history, await fleet.slowness());
};

/** A key is disabled while Redis, and every process, has copies of a key that its child has made. */
export const parentChangedWithCopies: Schedule = async (fleet) => {
  const recorder = new HistoryRecorder();
  const key = await makeKey(recorder, fleet);
  for (const on of [fleet.member(0), fleet.member(1)]) await makeChildOf(key, on);
  for (let time = 0; time < 2; time += 1) await askAllBelow(fleet, key);
  await onRedis(fleet, async (redis) => {
    const entries = await entriesOf(redis, key.descendantIds, () => askAllBelow(fleet, key));
    await key.disable(fleet.member(0));
    await askAllBelow(fleet, key);
    await key.enable(fleet.member(1));
    await askAllBelow(fleet, key);
    await key.disable(fleet.member(0));
    await writeEntries(redis, entries);
    await askAllBelow(fleet, key);
  });
  return checkHistory(recorder.history, await fleet.slowness());
};

/** A key is revoked between the moment a process has read a child of it and the moment it may cache that. */
export const parentRevokedBetweenReadAndFill: Schedule = async (fleet) => {
  const recorder = new HistoryRecorder();
  const key = await makeKey(recorder, fleet);
  await makeChildOf(key, fleet.member(0));
  const [child] = key.ofDescendants('read');
  if (child === undefined) throw new Error('No child could be made');
  await onRedis(fleet, (redis) => redis.flushall());
  await recorder.disturb('a reading is held up', undefined, async () => {
    const isStalled = proxyOf(fleet, 1, 'database').stallOnce('reply', readsOneKey, readStallMs);
    const early = key.use(child, fleet.member(1));
    await isStalled;
    await pause(30);
    await key.revoke(fleet.member(0));
    // Joins the read that is held up.
    await key.use(child, fleet.member(1));
    await early;
  });
  await askAllBelow(fleet, key);
  return checkHistory(recorder.history, await fleet.slowness());
};

/** A key is revoked whose access token every process has checked before. */
export const revokedWithHeldTokens: Schedule = async (fleet) => {
  const recorder = new HistoryRecorder();
  const key = await makeHeldKey(recorder, fleet);
  await key.exchange(fleet.member(0));
  const useAll = async (): Promise<void> => {
    for (const on of fleet.members) for (const usable of key.everything()) await key.use(usable, on);
  };
  await useAll();
  await useAll();
  await key.revoke(fleet.member(0));
  await useAll();
  return checkHistory(recorder.history, await fleet.slowness());
};

/**
 * A token is revoked again and again on one process while another one makes changes, and another token of the same key is
 * revoked there.
 */
export const revokedAmongRepetitions: Schedule = async (fleet) => {
  const recorder = new HistoryRecorder();
  const [one, two] = [fleet.member(0), fleet.member(1)];
  const other = await makeKey(recorder, fleet);
  for (let round = 0; round < 3; round += 1) {
    const key = await makeHeldKey(recorder, fleet);
    await key.exchange(one);
    await key.exchange(one);
    let isOn = true;
    const changing = (async () => {
      while (isOn) {
        await other.disable(two);
        await other.enable(two);
      }
    })();
    for (let wave = 0; wave < 3; wave += 1) {
      // A process that repeats a revocation has not heard of all that others have changed.
      void one.database?.stallOnce('request', beats, 200);
      await Promise.all(Array.from({ length: 6 }, () => key.revokeToken(1, one)));
    }
    isOn = false;
    await changing;
    const useAll = async (): Promise<void> => {
      for (const on of fleet.members) for (const usable of key.everything()) await key.use(usable, on);
    };
    await useAll();
    await useAll();
    await key.revokeToken(2, two);
    await useAll();
    await key.revoke(two);
    await Promise.all(Array.from({ length: 6 }, () => key.revoke(one)));
    await useAll();
  }
  return checkHistory(recorder.history, await fleet.slowness());
};

/** The entry of a revoked key is brought back to Redis as it was, and a process starts that has seen nothing. */
export const startsOnOldEntries: Schedule = async (fleet) => {
  const recorder = new HistoryRecorder();
  await withOldEntries(recorder, fleet, async (key, writeBack) => {
    await key.revoke(fleet.member(0));
    await pause(100);
    await writeBack();
    const late = await fleet.start();
    // Asked first: the others do not believe the old entry, and put a new one in its place.
    await key.use(key.usable('read'), late);
    await askAll(fleet, key);
  });
  return checkHistory(recorder.history, await fleet.slowness());
};

/**
 * A process that has read a key before its change offers it to Redis after it. Processes would not believe that copy
 * (they remember the version), so what is looked at is Redis itself: a newer version must not be replaced.
 */
export const fillsAfterChange: Schedule = async (fleet) => {
  const recorder = new HistoryRecorder();
  const key = await makeKey(recorder, fleet);
  const versions = await onRedis(fleet, async (redis) => {
    await redis.flushall();
    return recorder.disturb('a reading is held up', undefined, async () => {
      const database = proxyOf(fleet, 1, 'database');
      const isStalled = database.stallOnce('reply', readsOneKey, readStallMs);
      const early = key.use(key.usable('read'), fleet.member(1));
      await isStalled;
      await pause(30);
      // Else the process would hear of the change, and offer nothing.
      const isDeaf = database.stallOnce('request', beats, readStallMs + 300);
      const revoked = key.revoke(fleet.member(0));
      await isDeaf;
      await pause(30);
      const published = versionsOf(await readEntries(redis, key.id));
      await early;
      await pause(100);
      const filled = versionsOf(await readEntries(redis, key.id));
      await revoked;
      return { published, filled };
    });
  });
  await askAll(fleet, key);
  const { published, filled } = versions;
  const isOlder = filled.some((version, index) => version < (published[index] ?? 0));
  const sentence = `Redis held version ${published.join()}, and then ${filled.join()}`;
  return [...checkHistory(recorder.history, await fleet.slowness()), ...(isOlder ? [sentence] : [])];
};

/** `mac.version.sequence.hash.…` */
function versionsOf(entries: readonly [string, string][]): readonly number[] {
  return entries.map(([, value]) => Number(value.split('.')[1]));
}

async function untilQuiet(member: Member): Promise<void> {
  while ((await member.app.status())['quiet'] !== true) await pause(20);
}

/** A key is revoked while a process is quiet that has it in its cache. */
export const revokedWhileQuiet: Schedule = async (fleet) => {
  const recorder = new HistoryRecorder();
  const member = await fleet.start({ QUIET_AFTER_SECONDS: '1' });
  const key = await makeHeldKey(recorder, fleet);
  await untilQuiet(member);
  await key.revoke(fleet.member(0));
  await askAll(fleet, key);
  await fleet.end(member);
  return checkHistory(recorder.history, await fleet.slowness());
};

/** What {@link laterNumberFirst} needs when numbers are taken without the lock. */
export async function makeUnlockedNumbers(fleet: Fleet): Promise<void> {
  await onPostgres(fleet, (client) => client.query('create sequence api_keys.unlocked'));
}
