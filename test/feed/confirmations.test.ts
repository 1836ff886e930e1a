import { Confirmations, type ConfirmationParts } from '../../lib/feed/confirmations.js';
import { InstanceWatch } from '../../lib/feed/instance-watch.js';
import { memoryStore } from '../../lib/testing/index.js';
import type { Instance } from '../../lib/store/index.js';
import { startOfFeed } from '../../lib/ports/change-feed.js';
import { watchMachine } from '../harness/machine-watch.js';

const machine = watchMachine();

const clock = { now: () => Date.now() };
const wait = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

let others: Instance[];
let ownApplied: number;
let ownHash: string;
let ownId: string;
let look: () => Promise<readonly Instance[]>;

const point = (sequence: number, maxLeaseMs = 0, unlistedLeaseMs = 0) => ({
  position: { sequence, hash: 'ours' },
  maxLeaseMs,
  unlistedLeaseMs,
});
const listed = (id: string, acked: number): Instance => ({ id, acked, beat: 1, leaseMs: 4_000, place: null });

beforeEach(() => {
  others = [];
  ownApplied = 100;
  [ownHash, ownId] = ['ours', 'me'];
  look = async () => others;
});

/**
 * Expects that a change is not confirmed before something comes about, and is confirmed then. A machine that stands still until the
 * time to confirm it is nearly over has shown neither: it is tried again.
 *
 * @param begin - makes it so that it cannot be confirmed yet
 * @param comeAbout - that without which it is not confirmed
 */
async function expectToWaitFor(begin: () => void, comeAbout: () => void): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    begin();
    const started = performance.now();
    const confirmed = confirmations().confirm(point(7));
    const before = await Promise.race([confirmed, wait(100).then(() => 'waiting')]);
    comeAbout();
    const answer = await confirmed;
    if (performance.now() - started > 900 && attempt < 10) continue;
    expect([before, answer]).toEqual(['waiting', null]);
    return;
  }
}

function confirmations(): Confirmations {
  return new Confirmations(parts());
}

/** What is left is told from then on, however late the test looks at it. */
let settledAt: number;
const noteTime = (): ConfirmationParts => ({ ...parts(), onSettled: () => void (settledAt = Date.now()) });

function parts(): ConfirmationParts {
  return {
    instances: { look: () => look() },
    hasApplied: ({ sequence, hash }) => ownApplied >= sequence && ownHash === hash,
    instanceId: () => ownId,
    leaseMs: 4_000,
    clock,
  };
}

describe('Confirmations', () => {
  it('are given at once where nobody else is listed', async () => {
    const started = performance.now();
    expect(await confirmations().confirm(point(7))).toBeNull();
    await machine.expectWithin(500, performance.now() - started);
  });

  it('are counted once each, by whether they came in time', async () => {
    const settled: boolean[] = [];
    const counted = new Confirmations({
      ...parts(),
      onSettled: (isConfirmed) => void settled.push(isConfirmed),
    });
    expect(await counted.confirm(point(7))).toBeNull();
    others = [listed('one', 7)];
    expect(await counted.confirm(point(8))).not.toBeNull();
    // A read of the list that comes back late confirms nothing any more.
    others = [listed('one', 8)];
    await wait(100);
    expect(settled).toEqual([true, false]);
  });

  it('wait for the last one', async () => {
    await expectToWaitFor(
      () => (others = [listed('one', 7), listed('two', 6)]),
      () => (others = [listed('one', 7), listed('two', 8)]),
    );
  });

  it('wait for this process too: another one may have made the change', async () => {
    await expectToWaitFor(
      () => (ownApplied = 6),
      () => (ownApplied = 7),
    );
  });

  it('P2: wait for the very change, not for another one that has its number since a failover', async () => {
    others = [listed('one', 9)];
    await expectToWaitFor(
      () => (ownHash = 'lost'),
      () => (ownHash = 'ours'),
    );
  });

  it('P2: use no list that was read while this process joined again', async () => {
    let looks = 0;
    look = async () => {
      looks += 1;
      if (looks === 1) ownId = 'me again';
      return looks === 1 ? [] : [listed('one', 6)];
    };
    expect(await confirmations().confirm(point(7))).not.toBeNull();
    expect(looks).toBeGreaterThan(1);
  });

  it('give up after a second, with the longest lease that the change has counted and a second more', async () => {
    others = [listed('one', 6)];
    const started = Date.now();
    const effectiveBy = (await new Confirmations(noteTime()).confirm(point(7, 9_000))) ?? 0;
    expect(Date.now() - started).toBeGreaterThanOrEqual(990);
    await machine.expectWithin(3_000, Date.now() - started);
    expect(effectiveBy - settledAt).toBeGreaterThan(9_000);
    expect(effectiveBy - Date.now()).toBeLessThanOrEqual(10_000);
  });

  it('P2: name the time until which a process may go on that is not on the list, though all that are have applied the change', async () => {
    const own = confirmations();
    others = [listed('one', 7)];
    const started = Date.now();
    const effectiveBy = (await own.confirm(point(7, 0, 2_000))) ?? 0;
    expect(effectiveBy).toBeGreaterThanOrEqual(started + 2_000);
    expect(effectiveBy).toBeLessThanOrEqual(Date.now() + 2_000);
    // A clock of the database that was set forward says that it is over.
    const again = (await own.confirm(point(7))) ?? 0;
    expect(again).toBeGreaterThanOrEqual(started + 2_000);
    await wait(again - Date.now() + 50);
    expect(await own.confirm(point(7))).toBeNull();
  });

  it('P2: name the later time, where a listed process has not applied the change either', async () => {
    others = [listed('one', 6)];
    const own = new Confirmations(noteTime());
    const started = Date.now();
    const [short, long] = await Promise.all([
      own.confirm(point(7, 9_000, 1_500)),
      confirmations().confirm(point(7, 9_000, 60_000)),
    ]);
    expect((short ?? 0) - settledAt).toBeGreaterThan(9_000);
    expect((short ?? 0) - Date.now()).toBeLessThanOrEqual(10_000);
    expect((long ?? 0) - started).toBeGreaterThan(59_000);
  });

  it('give up after a second when the list is not answered at all', async () => {
    look = () => new Promise<never>(() => undefined);
    const started = Date.now();
    const effectiveBy = (await new Confirmations(noteTime()).confirm(point(1))) ?? 0;
    await machine.expectWithin(3_000, Date.now() - started);
    expect(effectiveBy).toBeGreaterThan(settledAt + 4_000);
  });

  it('share one look at the list, and none uses one that was read before it came', async () => {
    let looks = 0;
    let release: () => void = () => undefined;
    look = async () => {
      looks += 1;
      // The first look sees a list of before the second change.
      if (looks === 1) await new Promise<void>((resolve) => (release = resolve));
      return [listed('one', looks === 1 ? 9 : 1)];
    };
    const own = confirmations();
    const first = own.confirm(point(1));
    await wait(5);
    const late = own.confirm(point(9));
    release();
    expect(await first).toBeNull();
    // What the first look has seen would have been enough, but it was begun too early.
    expect(await late).not.toBeNull();
    expect(looks).toBeGreaterThan(1);
  });
});

describe('InstanceWatch', () => {
  it('removes who has stood still for longer than its lease and a second, on its own clock, and nobody else', async () => {
    const { feed } = memoryStore();
    for (const id of ['dead', 'alive', 'me']) await feed.join({ id, acked: 0, leaseMs: 100 });
    const watch = new InstanceWatch(feed, () => 'me');
    const seen = async (): Promise<string[]> => (await watch.look()).map(({ id }) => id).sort();
    const started = performance.now();
    while (performance.now() - started < 1_050) {
      expect(await seen()).toEqual(['alive', 'dead']);
      await feed.beat('alive', startOfFeed, 10);
      await wait(40);
    }
    await wait(100);
    await feed.beat('alive', startOfFeed, 10);
    expect(await seen()).toEqual(['alive']);
    expect((await feed.beat('dead', startOfFeed, 10)).isListed).toBe(false);
    expect((await feed.beat('me', startOfFeed, 10)).isListed).toBe(true);
  });

  it('describes the others as it saw them last, the most silent first, and reads nothing for it', async () => {
    const { feed } = memoryStore();
    let reads = 0;
    const counting = {
      instances: () => {
        reads += 1;
        return feed.instances();
      },
      remove: feed.remove,
    };
    for (const id of ['quiet', 'alive', 'me']) await feed.join({ id, acked: 0, leaseMs: 60_000 });
    const watch = new InstanceWatch(counting, () => 'me');
    expect(watch.describeOthers(0)).toEqual([]);
    await watch.look();
    await wait(80);
    await feed.beat('alive', startOfFeed, 10);
    await watch.look();
    const described = watch.describeOthers(3);
    expect(described.map(({ id }) => id)).toEqual(['quiet', 'alive']);
    expect(described.map(({ changesBehind }) => changesBehind)).toEqual([3, 3]);
    const [quiet, alive] = described.map(({ silentMs }) => silentMs);
    expect(quiet).toBeGreaterThanOrEqual(79);
    expect(Number(quiet) - Number(alive)).toBeGreaterThanOrEqual(79);
    // How silent one is since it was looked at last is not known: that is no silence.
    await wait(80);
    expect(watch.describeOthers(3)[0]?.silentMs).toBe(quiet);
    expect(reads).toBe(2);
    watch.noteNext({ id: 'quiet', beat: 0, leaseMs: 60_000 });
    expect(watch.describeOthers(3)[0]?.silentMs).toBeGreaterThanOrEqual(159);
    expect(reads).toBe(2);
    await feed.leave('quiet');
    await watch.look();
    expect(watch.describeOthers(0)).toEqual([
      { id: 'alive', silentMs: expect.any(Number) as number, changesBehind: 0 },
    ]);
  });

  it('describes 100 others at most, however many there are', async () => {
    const { feed } = memoryStore();
    for (let number = 0; number < 130; number += 1) {
      await feed.join({ id: `process ${number}`, acked: 0, leaseMs: 60_000 });
    }
    const watch = new InstanceWatch(feed, () => 'me');
    await watch.look();
    expect(watch.describeOthers(0)).toHaveLength(100);
  });
});
