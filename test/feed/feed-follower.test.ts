import { ChangeListeners } from '../../lib/feed/change-listeners.js';
import { FeedFollower } from '../../lib/feed/feed-follower.js';
import { KnownChanges } from '../../lib/feed/known-changes.js';
import { Lease } from '../../lib/feed/lease.js';
import { RecentVersions } from '../../lib/feed/recent-versions.js';
import type { BeatAnswer, ChangeFeed, FeedChange, FeedPosition } from '../../lib/store/index.js';
import { memoryStore } from '../../lib/testing/index.js';
import { createService } from '../harness/service.js';
import { waitUntil } from '../servers/wait-until.cjs';
import { copyOf } from './dated-copy.js';

const clock = { now: () => Date.now() };
const silentLogger = { warn: () => undefined, error: () => undefined };

interface Followed {
  readonly follower: FeedFollower;
  readonly lease: Lease;
  readonly versions: RecentVersions;
  readonly forgotten: string[];
  readonly told: (string | null)[];
}

const running: Followed[] = [];

function follow(feed: ChangeFeed, leaseMs = 4_000): Followed {
  const lease = new Lease(leaseMs, clock);
  const versions = new RecentVersions(1_000);
  const forgotten: string[] = [];
  const told: (string | null)[] = [];
  const listeners = new ChangeListeners(silentLogger);
  listeners.add('k', (change) => told.push(change?.action ?? null));
  const caches = {
    forget: (id: string) => void forgotten.push(id),
    forgetOwner: (ownerId: string) => void forgotten.push(`owner ${ownerId}`),
    forgetAll: () => void forgotten.push('*'),
  };
  const target = new KnownChanges(versions, caches, listeners);
  const follower = new FeedFollower({ feed, lease, target, logger: silentLogger });
  const followed = { follower, lease, versions, forgotten, told };
  running.push(followed);
  return followed;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map(({ follower }) => follower.stop()));
});

const change = (sequence: number, keyVersion = sequence, keyId = 'k'): FeedChange => ({
  sequence,
  keyId,
  keyVersion,
  action: 'key.updated',
  hash: `hash ${sequence}`,
});

/** A feed with preset answers. It stands for a database, not for code of ours. */
function scriptedFeed(
  history: FeedChange[],
): ChangeFeed & { changes: FeedChange[]; beats: number[]; joins: number } {
  const listed = new Set<string>();
  const scripted = {
    changes: history,
    beats: [] as number[],
    joins: 0,
    join: async ({ id }: { id: string }) => {
      scripted.joins += 1;
      listed.add(id);
    },
    leave: async (id: string) => void listed.delete(id),
    beat: async (id: string, applied: FeedPosition, limit: number): Promise<BeatAnswer> => {
      scripted.beats.push(applied.sequence);
      const after = scripted.changes.filter(({ sequence }) => sequence > applied.sequence).slice(0, limit);
      const own = scripted.changes.find(({ sequence }) => sequence === applied.sequence);
      const isKnown = applied.sequence === 0 || own?.hash === applied.hash;
      return { isListed: listed.has(id), isKnown, changes: after };
    },
    latest: async (limit: number) => scripted.changes.slice(-limit),
    lastSequence: async () => scripted.changes.length,
    instances: async () => [],
    remove: async ({ id }: { id: string }) => listed.delete(id),
    claimPlace: async () => ({ isListed: true, since: null }),
    watch: () => ({ mode: () => 'poll' as const, stop: async () => undefined }),
  };
  return scripted;
}

describe('FeedFollower', () => {
  it('holds the lease after the start, and knows the last changes', async () => {
    const feed = scriptedFeed([change(1), change(2)]);
    const { follower, lease, versions } = follow(feed);
    expect(lease.isHeld()).toBe(false);
    await follower.start();
    expect(lease.isHeld()).toBe(true);
    expect(follower.applied.sequence).toBe(2);
    expect(versions.isCurrent(copyOf('k', 1), change(2))).toBe(false);
    expect(versions.isCurrent(copyOf('k', 2), change(2))).toBe(true);
  });

  it('tells nobody of changes from before the start', async () => {
    const { follower, told } = follow(scriptedFeed([change(1), change(2)]));
    await follower.start();
    expect(told).toEqual([]);
  });

  it('applies what is new when it is woken, and acknowledges it with the next beat at once', async () => {
    const feed = scriptedFeed([]);
    const { follower, forgotten, told } = follow(feed);
    await follower.start();
    feed.changes.push(change(1));
    follower.wake();
    await waitUntil('the change is acknowledged', () => feed.beats.at(-1) === 1);
    expect(forgotten).toEqual(['*', 'k']);
    expect(told).toEqual(['key.updated']);
  });

  it('comes by itself as well, several times in a lease', async () => {
    const feed = scriptedFeed([]);
    const { follower } = follow(feed, 80);
    await follower.start();
    feed.changes.push(change(1));
    await waitUntil('the change is applied', () => follower.applied.sequence === 1);
    expect(feed.joins).toBe(1);
  });

  it('does not miss a wake that comes while it beats', async () => {
    const feed = scriptedFeed([]);
    const beat = feed.beat.bind(feed);
    const { follower } = follow(feed);
    await follower.start();
    let isFirst = true;
    feed.beat = async (...args) => {
      const answer = await beat(...args);
      if (!isFirst) return answer;
      isFirst = false;
      // Committed after the beat has read, and hinted before its answer is here.
      feed.changes.push(change(1));
      follower.wake();
      return answer;
    };
    follower.wake();
    // Long before the next beat is due, a second later.
    await waitUntil('the change is applied', () => follower.applied.sequence === 1, 900);
    expect(isFirst).toBe(false);
  });

  it('reads on when a page was full, and renews the lease only with the last one', async () => {
    const feed = scriptedFeed([]);
    const { follower, lease } = follow(feed);
    await follower.start();
    lease.end();
    const heldAfter: [number, boolean][] = [];
    const beat = feed.beat.bind(feed);
    feed.beat = async (id, applied, limit) => {
      heldAfter.push([applied.sequence, lease.isHeld()]);
      return beat(id, applied, limit);
    };
    for (let sequence = 1; sequence <= 1_200; sequence += 1) feed.changes.push(change(sequence));
    follower.wake();
    await waitUntil('all is acknowledged', () => heldAfter.at(-1)?.[0] === 1_200);
    expect(heldAfter).toEqual([
      [0, false],
      [500, false],
      [1_000, false],
      [1_200, true],
    ]);
  });

  it('lets go of everything and joins again when others have removed it', async () => {
    const feed = scriptedFeed([change(1)]);
    const { follower, lease, forgotten, told } = follow(feed);
    await follower.start();
    const before = follower.instanceId;
    await feed.remove({ id: before, beat: 0 });
    const held: boolean[] = [];
    const join = feed.join.bind(feed);
    feed.join = async (instance) => {
      held.push(lease.isHeld());
      return join(instance);
    };
    follower.wake();
    await waitUntil('the lease is held again', () => held.length > 0 && lease.isHeld());
    expect(held).toEqual([false]);
    expect(forgotten).toEqual(['*', '*']);
    expect(told).toEqual([null]);
    // What was sent about the old one may still arrive, and must not meet the new one.
    expect(follower.instanceId).not.toBe(before);
  });

  it('lets go of everything when the database is not the one that it was: its last entry has another hash', async () => {
    const feed = scriptedFeed([change(1), change(2), change(3)]);
    const { follower, versions, forgotten, told } = follow(feed);
    await follower.start();
    // Restored from a copy, and changed since.
    feed.changes = [change(1), { ...change(2, 5), hash: 'another' }];
    follower.wake();
    await waitUntil('the present history is applied', () => follower.applied.hash === 'another');
    expect(forgotten).toEqual(['*', '*']);
    expect(told).toEqual([null]);
    expect(follower.applied.sequence).toBe(2);
    expect(versions.isCurrent(copyOf('k', 3), change(3))).toBe(false);
    // A copy of the lost history, though its number is known and its version higher.
    expect(versions.isCurrent(copyOf('k', 9), change(2))).toBe(false);
    expect(feed.joins).toBe(2);
  });

  it('loses the lease when the store stops answering, and has it back by itself', async () => {
    const feed = scriptedFeed([]);
    const { follower, lease } = follow(feed, 200);
    await follower.start();
    const beat = feed.beat.bind(feed);
    feed.beat = () => Promise.reject(new Error('away'));
    await waitUntil('the lease is over', () => !lease.isHeld());
    feed.beat = beat;
    await waitUntil('the lease is held again', () => lease.isHeld());
    expect(feed.joins).toBe(1);
  });

  it('gives up the lease and leaves the list at the end', async () => {
    const { feed } = memoryStore();
    const { follower, lease } = follow(feed);
    await follower.start();
    expect(await feed.instances()).toHaveLength(1);
    await follower.stop();
    expect(lease.isHeld()).toBe(false);
    expect(await feed.instances()).toEqual([]);
  });

  it('follows a real store', async () => {
    const { service, store, close } = createService();
    const { follower, versions } = follow(store.feed);
    await follower.start();
    const watch = store.feed.watch(() => follower.wake());
    const context = {
      actor: { kind: 'application' },
      address: null,
      requestId: null,
      managementScope: null,
    } as const;
    const { record } = await service.create(context, { name: 'x', scopes: [], ownerId: 'alice' });
    await service.revoke(context, record.id);
    await waitUntil(
      'both changes are acknowledged',
      async () => (await store.feed.instances())[0]?.acked === 2,
    );
    expect(follower.applied.sequence).toBe(2);
    expect(versions.isCurrent(copyOf(record.id, 1), follower.applied)).toBe(false);
    await watch.stop();
    await close();
  });
});

describe('A quiet time', () => {
  /** A follower that has started, on a feed whose steps can be held up. */
  async function startQuietable(history: FeedChange[] = []) {
    const feed = scriptedFeed(history);
    const steps: string[] = [];
    const held = new Map<'join' | 'leave' | 'beat', Promise<void>>();
    for (const name of ['join', 'leave', 'beat'] as const) {
      const step = feed[name].bind(feed) as (...args: unknown[]) => Promise<unknown>;
      (feed as Record<typeof name, unknown>)[name] = async (...args: unknown[]) => {
        steps.push(name);
        const answer = await step(...args);
        await held.get(name);
        steps.push(`${name} answered`);
        return answer;
      };
    }
    const followed = follow(feed, 60_000);
    await followed.follower.start();
    steps.length = 0;
    /** The answers to a step wait until the returned function is called. */
    const hold = (name: 'join' | 'leave' | 'beat'): (() => void) => {
      let release = (): void => undefined;
      held.set(name, new Promise((resolve) => (release = resolve)));
      return () => {
        held.delete(name);
        release();
      };
    };
    return { ...followed, feed, steps, hold };
  }
  const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

  it('ends the lease before it leaves, and sends nothing until the lease is needed', async () => {
    const { follower, lease, steps } = await startQuietable();
    const leaving = follower.becomeQuiet();
    expect(lease.isHeld()).toBe(false);
    await leaving;
    follower.wake();
    await turn();
    expect(steps).toEqual(['leave', 'leave answered']);
    expect(follower.isQuiet).toBe(true);
  });

  it('ends with one join for all that need the lease, which applies what has changed and keeps the rest', async () => {
    const { follower, lease, feed, steps, forgotten, told } = await startQuietable([change(1)]);
    await follower.becomeQuiet();
    feed.changes.push(change(2), change(3, 1, 'other'));
    steps.length = 0;
    forgotten.length = 0;
    await Promise.all(Array.from({ length: 5 }, () => follower.ensureLease()));
    expect(lease.isHeld()).toBe(true);
    expect(forgotten).toEqual(['k', 'other']);
    // Whose the other key is, is not known to the listener of the first.
    expect(told).toEqual(['key.updated', null]);
    expect(steps.filter((step) => step === 'join')).toHaveLength(1);
    expect(follower.applied.sequence).toBe(3);
  });

  it('begins while a beat is under way, whose answer renews nothing, and whose row is removed after it', async () => {
    const { follower, lease, steps, hold } = await startQuietable();
    const release = hold('beat');
    follower.wake();
    await turn();
    const leaving = follower.becomeQuiet();
    await turn();
    expect(steps).toEqual(['beat']);
    release();
    await leaving;
    expect(lease.isHeld()).toBe(false);
    expect(steps).toEqual(['beat', 'beat answered', 'leave', 'leave answered']);
  });

  it('ends while a beat from before is under way, and still joins again before the lease is held', async () => {
    const { follower, lease, steps, hold } = await startQuietable();
    const id = follower.instanceId;
    const release = hold('beat');
    follower.wake();
    await turn();
    void follower.becomeQuiet();
    const needed = follower.ensureLease();
    await turn();
    expect(lease.isHeld()).toBe(false);
    release();
    await needed;
    expect(lease.isHeld()).toBe(true);
    expect(follower.instanceId).not.toBe(id);
    expect(steps.slice(0, 6)).toEqual([
      'beat',
      'beat answered',
      'leave',
      'leave answered',
      'join',
      'join answered',
    ]);
  });

  it('is over only when a beat that was sent after the join has its answer: until then nothing cached is used', async () => {
    const { follower, lease, feed, forgotten, steps, hold } = await startQuietable([change(1)]);
    await follower.becomeQuiet();
    feed.changes.push(change(2));
    forgotten.length = 0;
    const release = hold('beat');
    const needed = follower.ensureLease();
    await turn();
    expect(steps.slice(-3)).toEqual(['join', 'join answered', 'beat']);
    expect(lease.isHeld()).toBe(false);
    release();
    await needed;
    expect(forgotten).toEqual(['k']);
    expect(lease.isHeld()).toBe(true);
  });

  it('ends while it leaves: it joins after that, with another id', async () => {
    const { follower, lease, steps, hold } = await startQuietable();
    const release = hold('leave');
    void follower.becomeQuiet();
    const needed = follower.ensureLease();
    await turn();
    expect(steps).toEqual(['leave']);
    release();
    await needed;
    expect(lease.isHeld()).toBe(true);
    expect(steps.slice(0, 4)).toEqual(['leave', 'leave answered', 'join', 'join answered']);
  });

  it('begins again while it joins: the row of that join is removed, and the next need joins again', async () => {
    const { follower, lease, feed, steps, hold } = await startQuietable();
    await follower.becomeQuiet();
    const release = hold('join');
    const needed = follower.ensureLease().then(
      () => 'held',
      () => 'refused',
    );
    await turn();
    const leaving = follower.becomeQuiet();
    const neededAgain = follower.ensureLease();
    release();
    await Promise.all([needed, leaving, neededAgain]);
    expect(lease.isHeld()).toBe(true);
    expect(steps.filter((step) => step === 'leave answered')).toHaveLength(2);
    expect((await feed.beat(follower.instanceId, follower.applied, 1)).isListed).toBe(true);
  });

  it('begins again while it joins, and nothing needs it: it is off the list, without the lease', async () => {
    const { follower, lease, feed, hold } = await startQuietable();
    await follower.becomeQuiet();
    const release = hold('join');
    const needed = follower.ensureLease().catch(() => undefined);
    await turn();
    const leaving = follower.becomeQuiet();
    release();
    await Promise.all([needed, leaving]);
    expect(lease.isHeld()).toBe(false);
    expect((await feed.beat(follower.instanceId, follower.applied, 1)).isListed).toBe(false);
  });

  it('begins although leaving has no answer, and ends as always', async () => {
    const { follower, lease, feed } = await startQuietable();
    const id = follower.instanceId;
    feed.leave = () => Promise.reject(new Error('no answer'));
    await follower.becomeQuiet();
    expect(lease.isHeld()).toBe(false);
    await follower.ensureLease();
    expect(lease.isHeld()).toBe(true);
    expect(follower.instanceId).not.toBe(id);
  });

  it('does not end while the database accepts no join: each need is refused, and the next one tries again', async () => {
    const { follower, lease, feed } = await startQuietable();
    await follower.becomeQuiet();
    const { join } = feed;
    feed.join = () => Promise.reject(new Error('away'));
    await expect(follower.ensureLease()).rejects.toThrow();
    expect(lease.isHeld()).toBe(false);
    feed.join = join;
    await follower.ensureLease();
    expect(lease.isHeld()).toBe(true);
  });

  it('drops all that is cached where the history is another one afterwards, or very long', async () => {
    const { follower, lease, feed, forgotten } = await startQuietable([change(1)]);
    await follower.becomeQuiet();
    feed.changes.splice(0, 1, { ...change(1), hash: 'of another history' });
    forgotten.length = 0;
    await follower.ensureLease();
    expect(forgotten).toEqual(['*']);
    await follower.becomeQuiet();
    feed.changes.push(...Array.from({ length: 600 }, (_, index) => change(index + 2)));
    forgotten.length = 0;
    await follower.ensureLease();
    expect(lease.isHeld()).toBe(true);
    expect(forgotten).toEqual(['*']);
    expect(follower.applied.sequence).toBe(601);
  });

  it('is over with the process: no second leave, and no join after it', async () => {
    const { follower, steps } = await startQuietable();
    await follower.becomeQuiet();
    await follower.stop();
    await expect(follower.ensureLease()).rejects.toThrow();
    expect(steps).toEqual(['leave', 'leave answered']);
  });
});
