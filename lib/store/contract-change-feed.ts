import { setTimeout as sleep } from 'node:timers/promises';
import { startOfFeed } from '../ports/change-feed.js';
import type { BeatAnswer, FeedChange, FeedPosition } from '../ports/change-feed.js';
import type { KeyStore } from '../ports/key-store.js';
import type { ContractContext } from './contract-context.js';
import { insert, createNextVersion, createSampleEvent, createSampleKey, update } from './sample-keys.js';

/** The change feed (lib/ports/change-feed.ts): which changes are reported, and which processes are listed. */
export function describeChangeFeed({ describe, it, expect }: ContractContext): void {
  const instance = { id: 'instance-1', acked: 0, leaseMs: 4_000, place: null };
  const getNumbers = (changes: readonly FeedChange[]): readonly number[] =>
    changes.map((change) => change.sequence);
  /** The place of the change with this number. */
  const findPosition = async (store: KeyStore, sequence: number): Promise<FeedPosition> => {
    const change = (await store.feed.latest(999)).find((each) => each.sequence === sequence);
    if (change === undefined) throw new Error(`There is no change ${sequence}`);
    return { sequence, hash: change.hash };
  };
  const omitNext = ({ next: _, ...answer }: BeatAnswer): Omit<BeatAnswer, 'next'> => answer;
  const wrongHash = 'f'.repeat(64);
  const insertMany = (store: KeyStore, count: number): Promise<void> =>
    insert(store, ...Array.from({ length: count }, (_, index) => createSampleKey({ id: `key${index}` })));

  describe('the change feed', () => {
    it('grants one place at a time, and another one when nobody is elsewhere', async ({ store, other }) => {
      const join = (id: string): Promise<void> => store.feed.join({ id, acked: 0, leaseMs: 4_000 });
      const claim = (
        instanceId: string,
        place: string,
        now: number,
        takesSignatures = true,
      ): Promise<unknown> =>
        (instanceId === 'one' ? store : other).feed.claimPlace({ instanceId, place, takesSignatures, now });
      await join('one');
      await join('two');
      await join('bystander');
      expect(await claim('nobody', 'a', 1)).toEqual({ isListed: false, since: null });
      expect(await claim('bystander', 'b', 1, false)).toEqual({ isListed: true, since: null });
      expect(await claim('one', 'a', 2)).toEqual({ isListed: true, since: 0 });
      expect(await claim('two', 'b', 3)).toEqual({ isListed: true, since: null });
      expect(await claim('one', 'a', 4)).toEqual({ isListed: true, since: 0 });
      const listed = await store.feed.instances();
      expect(listed.map(({ id, place }) => `${id} ${place}`).toSorted()).toEqual([
        'bystander b',
        'one a',
        'two b',
      ]);
      await store.feed.leave('one');
      expect(await claim('two', 'b', 5)).toEqual({ isListed: true, since: 5 });
      expect(await claim('two', 'b', 6)).toEqual({ isListed: true, since: 5 });
      await join('one');
      expect(await claim('one', 'a', 7)).toEqual({ isListed: true, since: null });
      await store.feed.leave('two');
      expect(await claim('one', 'a', 4)).toEqual({ isListed: true, since: 5 });
      expect(await claim('one', 'a', 4)).toEqual({ isListed: true, since: 5 });
      await store.feed.leave('bystander');
      await store.feed.leave('one');
    });

    it('tells every change with its key, version, action and hash, in order', async ({ store, other }) => {
      await other.feed.join(instance);
      const [a, b] = [createSampleKey({ id: 'a' }), createSampleKey({ id: 'b' })];
      await insert(store, a, b);
      const revoked = createNextVersion(a);
      await store.transact((transaction) =>
        transaction.update(revoked, createSampleEvent(revoked, { action: 'key.revoked' })),
      );
      const hashes = [...(await store.listEvents({ limit: 9 }))].reverse().map((event) => event.hash);
      const changes = [
        { sequence: 1, keyId: 'a', keyVersion: 1, action: 'key.created', hash: hashes[0] },
        { sequence: 2, keyId: 'b', keyVersion: 1, action: 'key.created', hash: hashes[1] },
        { sequence: 3, keyId: 'a', keyVersion: 2, action: 'key.revoked', hash: hashes[2] },
      ];
      expect(omitNext(await other.feed.beat(instance.id, startOfFeed, 9))).toEqual({
        isListed: true,
        isKnown: true,
        changes,
      });
      expect(omitNext(await other.feed.beat(instance.id, await findPosition(store, 2), 9))).toEqual({
        isListed: true,
        isKnown: true,
        changes: changes.slice(2),
      });
      expect(await other.feed.latest(9)).toEqual(changes);
    });

    it('is empty before the first change', async ({ store }) => {
      await store.feed.join(instance);
      const nothing = { isListed: true, isKnown: true, changes: [] };
      expect(omitNext(await store.feed.beat(instance.id, startOfFeed, 9))).toEqual(nothing);
      expect(await store.feed.latest(9)).toEqual([]);
      expect(await store.feed.lastSequence()).toBe(0);
    });

    it('is read in pages, and knows only numbers that were given', async ({ store }) => {
      await store.feed.join(instance);
      await insertMany(store, 7);
      const beat = async (applied: FeedPosition, limit: number) =>
        omitNext(await store.feed.beat(instance.id, applied, limit));
      expect(getNumbers((await beat(startOfFeed, 3)).changes)).toEqual([1, 2, 3]);
      expect(getNumbers((await beat(await findPosition(store, 3), 3)).changes)).toEqual([4, 5, 6]);
      expect(getNumbers((await beat(await findPosition(store, 6), 3)).changes)).toEqual([7]);
      const last = await findPosition(store, 7);
      expect(await beat(last, 3)).toEqual({ isListed: true, isKnown: true, changes: [] });
      const unknown = { isListed: true, isKnown: false, changes: [] };
      expect(await beat({ ...last, sequence: 8 }, 3)).toEqual(unknown);
      expect(await beat({ ...startOfFeed, sequence: 8 }, 3)).toEqual(unknown);
    });

    it('shows the last changes, oldest first', async ({ store }) => {
      await insertMany(store, 5);
      expect(getNumbers(await store.feed.latest(2))).toEqual([4, 5]);
      expect(getNumbers(await store.feed.latest(5))).toEqual([1, 2, 3, 4, 5]);
      expect(await store.feed.latest(0)).toEqual([]);
    });

    it('shows as many of the last changes as are wanted', async ({ store }) => {
      const records = Array.from({ length: 700 }, (_, index) => createSampleKey({ id: `key${index}` }));
      for (let start = 0; start < records.length; start += 100) {
        await store.transact(async (transaction) => {
          for (const record of records.slice(start, start + 100)) {
            await transaction.insert({ ...record, credentials: [] }, createSampleEvent(record));
          }
        });
      }
      const numbers = Array.from({ length: 700 }, (_, index) => index + 1);
      expect(getNumbers(await store.feed.latest(9_999))).toEqual(numbers);
      expect(getNumbers(await store.feed.latest(600))).toEqual(numbers.slice(100));
    });

    it('tells nothing of a change that is not committed, or failed', async ({ store, other }) => {
      await other.feed.join(instance);
      const failing = store.transact(async (transaction) => {
        await transaction.insert(createSampleKey(), createSampleEvent(createSampleKey()));
        expect(await other.feed.lastSequence()).toBe(0);
        expect(await other.feed.latest(9)).toEqual([]);
        throw new Error('no');
      });
      await expect(failing).rejects.toThrow();
      expect((await other.feed.beat(instance.id, startOfFeed, 9)).changes).toEqual([]);
      await insert(store, createSampleKey());
      expect(await other.feed.lastSequence()).toBe(1);
    });

    it('never leaves a number out, with changes from two instances at once', async ({ store, other }) => {
      const count = 200;
      await store.feed.join(instance);
      // Eight at a time: all at once, the last ones would wait past the deadline on a slow machine.
      const ids = Array.from({ length: count }, (_, index) => `key${index}`);
      const change = async (by: KeyStore): Promise<void> => {
        for (let id = ids.pop(); id !== undefined; id = ids.pop()) await insert(by, createSampleKey({ id }));
      };
      const changes = Array.from({ length: 8 }, (_, index) => change(index % 2 === 0 ? store : other));
      const told: number[] = [];
      let applied: FeedPosition = startOfFeed;
      const follow = async (): Promise<void> => {
        while (told.length < count) {
          const answer = await store.feed.beat(instance.id, applied, 50);
          expect(answer.isKnown).toBe(true);
          told.push(...getNumbers(answer.changes));
          applied = answer.changes.at(-1) ?? applied;
          // A store that answers without waiting for anything would leave no turn to the changes.
          await sleep(1);
          // A gap that is filled later would be missed: the next beat asks for what comes after.
          expect(told).toEqual(Array.from({ length: told.length }, (_, index) => index + 1));
        }
      };
      await Promise.all([follow(), ...changes]);
      expect(await other.feed.lastSequence()).toBe(count);
    });
  });

  describe('the list of instances', () => {
    it('holds who joined until it leaves', async ({ store, other }) => {
      const second = { id: 'instance-2', acked: 7, leaseMs: 1_000, place: null };
      await store.feed.join(instance);
      await other.feed.join(second);
      const listed = [...(await store.feed.instances())].sort((a, b) => (a.id < b.id ? -1 : 1));
      expect(listed).toEqual([
        { ...instance, beat: 0 },
        { ...second, beat: 0 },
      ]);
      await store.feed.leave(instance.id);
      await store.feed.leave(instance.id);
      expect(await other.feed.instances()).toEqual([{ ...second, beat: 0 }]);
    });

    it('shows each instance the next one with its beat, so that all of them are watched', async ({
      store,
      other,
    }) => {
      const ids = ['instance-1', 'instance-2', 'instance-3'];
      await store.feed.join(instance);
      const alone = (await store.feed.beat(instance.id, startOfFeed, 9)).next;
      // A store that does not say it is asked for the whole list instead.
      if (alone === undefined) return;
      expect(alone).toEqual(null);
      for (const id of ids.slice(1)) await other.feed.join({ ...instance, id });
      await other.feed.beat('instance-3', startOfFeed, 9);
      const next: unknown[] = [];
      for (const id of ids) next.push((await store.feed.beat(id, startOfFeed, 9)).next);
      expect(next).toEqual([
        { id: 'instance-2', beat: 0, leaseMs: 4_000 },
        { id: 'instance-3', beat: 1, leaseMs: 4_000 },
        { id: 'instance-1', beat: 2, leaseMs: 4_000 },
      ]);
    });

    it('says how often an instance has beaten and what it has applied, which never goes back', async ({
      store,
      other,
    }) => {
      await store.feed.join(instance);
      await insertMany(store, 3);
      await store.feed.beat(instance.id, await findPosition(store, 2), 9);
      await store.feed.beat(instance.id, await findPosition(store, 1), 9);
      expect(await other.feed.instances()).toEqual([{ ...instance, beat: 2, acked: 2 }]);
      // A number that no change has says nothing about the change that will have it.
      await store.feed.beat(instance.id, { sequence: 4, hash: wrongHash }, 9);
      expect(await other.feed.instances()).toEqual([{ ...instance, beat: 3, acked: 2 }]);
      // To join again changes nothing.
      await store.feed.join(instance);
      expect(await other.feed.instances()).toEqual([{ ...instance, beat: 3, acked: 2 }]);
    });

    it('takes down nothing as applied that another history has under the same number', async ({
      store,
      other,
    }) => {
      await store.feed.join(instance);
      await insertMany(store, 3);
      const [first, second] = [await findPosition(store, 1), await findPosition(store, 2)];
      expect((await store.feed.beat(instance.id, first, 9)).isKnown).toBe(true);
      const wrong: readonly FeedPosition[] = [
        { sequence: 2, hash: wrongHash },
        { sequence: 2, hash: first.hash },
        { sequence: 3, hash: startOfFeed.hash },
        { sequence: 0, hash: first.hash },
      ];
      for (const position of wrong) {
        const answer = await store.feed.beat(instance.id, position, 9);
        expect([answer.isListed, answer.isKnown]).toEqual([true, false]);
      }
      expect(await other.feed.instances()).toEqual([{ ...instance, beat: 5, acked: 1 }]);
      expect((await store.feed.beat(instance.id, startOfFeed, 9)).isKnown).toBe(true);
      expect((await store.feed.beat(instance.id, second, 9)).isKnown).toBe(true);
      expect(await other.feed.instances()).toEqual([{ ...instance, beat: 7, acked: 2 }]);
    });

    it('loses who is removed: its beats are refused until it joins again', async ({ store, other }) => {
      await store.feed.join(instance);
      await store.feed.beat(instance.id, startOfFeed, 9);
      expect(await other.feed.remove({ id: instance.id, beat: 1 })).toBe(true);
      expect(await other.feed.remove({ id: instance.id, beat: 1 })).toBe(false);
      await insertMany(store, 1);
      expect((await store.feed.beat(instance.id, startOfFeed, 9)).isListed).toBe(false);
      expect(await store.feed.instances()).toEqual([]);
      await store.feed.join({ ...instance, acked: 1 });
      expect((await store.feed.beat(instance.id, await findPosition(store, 1), 9)).isListed).toBe(true);
    });

    it('keeps who has beaten since it was looked at', async ({ store, other }) => {
      await store.feed.join(instance);
      await store.feed.beat(instance.id, startOfFeed, 9);
      expect(await other.feed.remove({ id: instance.id, beat: 0 })).toBe(false);
      expect(await other.feed.remove({ id: 'unknown', beat: 0 })).toBe(false);
      expect((await store.feed.beat(instance.id, startOfFeed, 9)).isListed).toBe(true);
    });

    it('never removes an instance whose beat has just succeeded', async ({ store, other }) => {
      for (let round = 0; round < 20; round += 1) {
        const id = `instance-${round}`;
        await store.feed.join({ ...instance, id });
        const [answer, wasRemoved] = await Promise.all([
          store.feed.beat(id, startOfFeed, 9),
          other.feed.remove({ id, beat: 0 }),
        ]);
        expect(answer.isListed).toBe(!wasRemoved);
        await store.feed.leave(id);
      }
    });
  });

  describe('a watch', () => {
    it('calls back after changes of another store, and no more once it was stopped', async ({
      store,
      other,
    }) => {
      let hints = 0;
      let lastTold = 0;
      const watch = other.feed.watch(() => {
        hints += 1;
        void other.feed.lastSequence().then(
          (sequence) => (lastTold = sequence),
          () => undefined,
        );
      });
      for (let round = 1; round <= 5; round += 1) {
        await insert(store, createSampleKey({ id: `key${round}` }));
        for (let wait = 0; lastTold < round && wait < 500; wait += 1) await sleep(10);
        expect(lastTold).toBe(round);
      }
      expect(['push', 'poll'].includes(watch.mode())).toBe(true);
      await watch.stop();
      const hintsBefore = hints;
      await insert(store, createSampleKey({ id: 'afterwards' }));
      await sleep(150);
      expect(hints).toBe(hintsBefore);
    });
  });

  describe('the longest lease', () => {
    it('is that of the processes on the list', async ({ store, other }) => {
      const getMaxLeaseMs = (on: KeyStore) => on.transact((transaction) => transaction.maxLeaseMs());
      expect(await getMaxLeaseMs(store)).toBe(0);
      await store.feed.join({ id: 'short', acked: 0, leaseMs: 2_000 });
      await other.feed.join({ id: 'long', acked: 0, leaseMs: 60_000 });
      expect([await getMaxLeaseMs(store), await getMaxLeaseMs(other)]).toEqual([60_000, 60_000]);
      await store.feed.leave('long');
      expect([await getMaxLeaseMs(store), await getMaxLeaseMs(other)]).toEqual([2_000, 2_000]);
    });

    it('is not unknown where no other server has taken over', async ({ store }) => {
      await store.feed.join(instance);
      expect(await store.transact(async ({ unlistedLeaseMs = 0 }) => unlistedLeaseMs)).toBe(0);
    });

    it('P3: counts everybody who may miss the change: who joins meanwhile is listed when it is over, and reads it', async ({
      store,
      other,
    }) => {
      let hasJoined = false;
      const record = createSampleKey();
      const joining = await store.transact(async (transaction) => {
        const joined = other.feed.join(instance).then(() => {
          hasJoined = true;
          return other.feed.latest(1);
        });
        await sleep(200);
        await transaction.insert(record, createSampleEvent(record));
        expect([hasJoined, await transaction.maxLeaseMs()]).toEqual([false, 0]);
        return { joined };
      });
      expect((await joining.joined).map(({ keyId }) => keyId)).toEqual([record.id]);
    });
  });

  describe('the position of a transaction', () => {
    it('is that of the last change, its own included', async ({ store, other }) => {
      const record = createSampleKey();
      const before = await store.transact(async (transaction) => ({ ...transaction.position }));
      expect(before).toEqual(startOfFeed);
      await insert(other, createSampleKey({ id: 'other' }));
      const positions = await store.transact(async (transaction) => {
        const atStart = transaction.position;
        await transaction.find(record.id);
        const afterRead = transaction.position;
        await transaction.insert(record, createSampleEvent(record));
        const afterInsert = transaction.position;
        const renamed = createNextVersion(record, { name: 'Renamed' });
        await transaction.update(renamed, createSampleEvent(renamed));
        return [atStart, afterRead, afterInsert, transaction.position];
      });
      await update(other, createNextVersion(createNextVersion(record)));
      const events = [...(await store.listEvents({ limit: 9 }))].reverse();
      const [first, second, third, fourth] = events.map(({ sequence, hash }) => ({ sequence, hash }));
      expect(positions).toEqual([first, first, second, third]);
      expect(await store.transact(async (transaction) => transaction.position)).toEqual(fourth);
      expect(await store.feed.lastSequence()).toBe(4);
    });
  });
}
