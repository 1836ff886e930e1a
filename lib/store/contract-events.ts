import type { AttemptResult, EventDelivery, EventQueue } from '../ports/event-store.js';
import type { KeyStore } from '../ports/key-store.js';
import type { ContractContext } from './contract-context.js';
import { createSampleKey, insert, sampleTime } from './sample-keys.js';
import { createQueuedEvent } from './sample-webhooks.js';

const queueId = 'callback:crm';

/** Events on their way: queues, and deliveries in order. */
export function describeEvents({ describe, it, expect }: ContractContext): void {
  describe('queues of events', () => {
    it('begin at the end of the trail, once', async ({ store, other }) => {
      await insert(store, createSampleKey({ id: 'a' }));
      await store.events.addQueue(queueId, sampleTime);
      await insert(store, createSampleKey({ id: 'b' }));
      expect(await store.events.hold(queueId, 'one', 0)).toBe(true);
      await other.events.addQueue(queueId, sampleTime + 5);
      expect(await other.events.listQueues()).toEqual([
        {
          ...{ id: queueId, cursor: 1, head: 2, hasWaiting: false, holder: 'one', beat: 1 },
          ...{ declaredAt: sampleTime + 5, webhook: null },
        },
      ]);
    });

    it('are removed with their deliveries, unless they were declared again meanwhile', async ({
      store,
      other,
    }) => {
      await addDeliveries(store, ['a', 'b']);
      await store.events.addQueue('callback:other', sampleTime);
      await other.events.addQueue(queueId, sampleTime + 1);
      expect(await store.events.removeQueue(queueId, sampleTime)).toBe(false);
      expect(await listLeft(store)).toEqual([1, 2]);
      const removed = await Promise.all([
        store.events.removeQueue(queueId, sampleTime + 1),
        other.events.removeQueue(queueId, sampleTime + 1),
      ]);
      expect(removed.filter(Boolean).length).toBe(1);
      expect(await listLeft(other)).toEqual([]);
      expect((await other.events.listQueues()).map(({ id }) => id)).toEqual(['callback:other']);
      const step = { queueId, from: 2, to: 3, events: [createQueuedEvent(3, 'a')], dueAt: sampleTime };
      expect(await store.events.advance(step)).toBe(false);
      await store.events.addQueue(queueId, sampleTime);
      expect(await listLeft(other)).toEqual([]);
    });

    it('leave deliveries behind that no method shows, which are removed some at a time', async ({
      store,
      other,
    }) => {
      await addDeliveries(store, ['a', 'b', 'c', 'd', 'e']);
      await store.events.settle(queueId, [fail(1, 1, { isDead: true })]);
      const kept = 'callback:kept';
      await store.events.addQueue(kept, sampleTime);
      const events = [createQueuedEvent(1, 'a'), createQueuedEvent(2, 'b')];
      await store.events.advance({ queueId: kept, from: 0, to: 2, events, dueAt: sampleTime });
      await store.events.removeQueue(queueId, sampleTime);
      expect([await listLeft(other), await listDue(other, sampleTime)]).toEqual([[], []]);
      expect(await other.events.countWaiting(queueId, 9)).toBe(0);
      expect((await other.events.countBySubject(queueId, ['a', 'b'], false)).size).toBe(0);
      expect(await other.events.replay(queueId, [1], sampleTime)).toBe(0);
      let removed = 0;
      do {
        removed = await store.events.removeOrphans(2);
        expect(removed <= 2).toBe(true);
      } while (removed === 2);
      expect(await store.events.removeOrphans(2)).toBe(0);
      expect((await other.events.listDeliveries({ queueId: kept, limit: 9 })).length).toBe(2);
      await other.events.addQueue(queueId, sampleTime);
      expect(await listLeft(store)).toEqual([]);
    });

    it('belong to one process, until another one takes them at the beat that it has seen', async ({
      store,
      other,
    }) => {
      await store.events.addQueue(queueId, sampleTime);
      const taken = await Promise.all([
        store.events.hold(queueId, 'one', 0),
        other.events.hold(queueId, 'two', 0),
      ]);
      expect(taken.filter(Boolean).length).toBe(1);
      const winner = taken[0] === true ? 'one' : 'two';
      expect(await getHolder(store)).toEqual([winner, 1]);
      expect(await store.events.hold(queueId, winner, 1)).toBe(true);
      expect(await other.events.hold(queueId, 'three', 1)).toBe(false);
      expect(await other.events.hold(queueId, 'three', 2)).toBe(true);
      await store.events.release(queueId, winner);
      expect(await getHolder(store)).toEqual(['three', 3]);
      await store.events.release(queueId, 'three');
      expect(await getHolder(other)).toEqual([null, 4]);
      expect(await store.events.hold('unknown', 'one', 0)).toBe(false);
    });

    it('move their cursor and add deliveries in one step, once', async ({ store, other }) => {
      await store.events.addQueue(queueId, sampleTime);
      const events = [createQueuedEvent(1, 'a'), createQueuedEvent(2, 'b')];
      const step = { queueId, from: 0, to: 3, events, dueAt: sampleTime };
      const moved = await Promise.all([store.events.advance(step), other.events.advance(step)]);
      expect(moved.filter(Boolean).length).toBe(1);
      expect(await store.events.advance({ ...step, queueId: 'unknown' })).toBe(false);
      const [found] = await other.events.listQueues();
      expect([found?.cursor, found?.hasWaiting]).toEqual([3, true]);
      const waiting = { attempts: 0, dueAt: sampleTime, isDead: false, lastStatus: null, lastError: null };
      expect(await other.events.listDeliveries({ queueId, limit: 9 })).toEqual(
        events.map((event) => ({ ...event, ...waiting })),
      );
      expect(await store.events.countWaiting(queueId, 9)).toBe(2);
      expect(await store.events.countWaiting(queueId, 1)).toBe(1);
      expect(await store.events.countWaiting('unknown', 9)).toBe(0);
    });
  });

  describe('deliveries of events', () => {
    it('are due when their time has come and no earlier one of their subject waits', async ({
      store,
      other,
    }) => {
      await addDeliveries(store, ['a', 'b', 'a', 'b', 'c']);
      // Queued by a clock that was ahead.
      expect(await listDue(other, sampleTime - 1)).toEqual([1, 2, 5]);
      expect(await listDue(other, sampleTime)).toEqual([1, 2, 5]);
      expect(await listDue(other, sampleTime, 2)).toEqual([1, 2]);
      // Not yet due, an earlier one holds up the later ones all the same.
      await other.events.settle(queueId, [fail(1, 1, { dueAt: sampleTime + 10 })]);
      expect(await listDue(store, sampleTime)).toEqual([2, 5]);
      await other.events.settle(queueId, [take(2)]);
      expect(await listDue(store, sampleTime)).toEqual([4, 5]);
      expect(await listDue(store, sampleTime + 10)).toEqual([1, 4, 5]);
      // Attempted by a clock that was days ahead.
      expect(await listDue(store, sampleTime - 7 * 24 * 60 * 60 * 1000)).toEqual([1, 4, 5]);
    });

    it('keep what came of their last attempt, and are removed when they were taken', async ({
      store,
      other,
    }) => {
      await addDeliveries(store, ['a', 'b']);
      await store.events.settle(queueId, [
        fail(1, 1, { lastStatus: 503, lastError: 'answered 503', dueAt: sampleTime + 5 }),
        take(2),
        take(99),
        fail(98, 1),
      ]);
      const [left, ...more] = await other.events.listDeliveries({ queueId, limit: 9 });
      expect(more).toEqual([]);
      expect(pickResult(left)).toEqual([1, 1, sampleTime + 5, false, 503, 'answered 503']);
    });

    it('are those of one event: another one with its number is left as it is', async ({ store, other }) => {
      await addDeliveries(store, ['a', 'b']);
      await other.events.settle(queueId, [
        { ...take(1), id: 'evt_other' },
        { ...fail(2, 1), id: 'evt_other' },
      ]);
      const left = await store.events.listDeliveries({ queueId, limit: 9 });
      expect(left.map(({ id, attempts }) => [id, attempts])).toEqual([
        ['evt_1', 0],
        ['evt_2', 0],
      ]);
    });

    it('are counted by subject, those that wait and those that were put aside', async ({ store, other }) => {
      await addDeliveries(store, ['a', 'b', 'a', 'c', 'a']);
      // Given up, which is something else than put aside.
      await store.events.settle(queueId, [fail(1, 1, { isDead: true })]);
      const aside = [createQueuedEvent(6, 'a')];
      const dead = { events: aside, lastError: 'too many' };
      await store.events.advance({ queueId, from: 5, to: 6, events: [], dead, dueAt: sampleTime });
      const listed = await other.events.listDeliveries({ queueId, isAside: true, limit: 9 });
      expect(listed.map(({ sequence }) => sequence)).toEqual([6]);
      const count = async (subjects: readonly string[], isAside: boolean): Promise<readonly unknown[]> =>
        [...(await other.events.countBySubject(queueId, subjects, isAside))].sort();
      expect(await count(['a', 'b', 'x'], false)).toEqual([
        ['a', 2],
        ['b', 1],
      ]);
      expect(await count(['a', 'b', 'x'], true)).toEqual([['a', 1]]);
      expect(await count([], false)).toEqual([]);
      expect((await other.events.countBySubject('unknown', ['a'], false)).size).toBe(0);
    });

    it('can be dead from the beginning', async ({ store, other }) => {
      await store.events.addQueue(queueId, sampleTime);
      const dead = { events: [createQueuedEvent(2, 'a')], lastError: 'too many' };
      const events = [createQueuedEvent(1, 'a')];
      await store.events.advance({ queueId, from: 0, to: 2, events, dead, dueAt: sampleTime });
      await store.events.advance({
        ...{ queueId, from: 2, to: 3, events: [] },
        dead: { ...dead, events: [] },
        dueAt: 1,
      });
      const all = await other.events.listDeliveries({ queueId, limit: 9 });
      expect(all.map(pickResult)).toEqual([
        [1, 0, sampleTime, false, null, null],
        [2, 0, sampleTime, true, null, 'too many'],
      ]);
      expect(await store.events.replay(queueId, [2], sampleTime)).toBe(1);
    });

    it('record an attempt once, however often it is reported', async ({ store, other }) => {
      await addDeliveries(store, ['a']);
      await store.events.settle(queueId, [fail(1, 1, { lastStatus: 500 })]);
      await other.events.settle(queueId, [fail(1, 1, { lastStatus: 404, dueAt: sampleTime + 99 })]);
      const [first] = await store.events.listDeliveries({ queueId, limit: 9 });
      expect(pickResult(first)).toEqual([1, 1, sampleTime, false, 500, 'failed']);
      await other.events.settle(queueId, [fail(1, 2)]);
      expect((await store.events.listDeliveries({ queueId, limit: 9 }))[0]?.attempts).toBe(2);
    });

    it('hold up nothing once they are dead, and wait again when they are replayed', async ({
      store,
      other,
    }) => {
      await addDeliveries(store, ['a', 'a', 'b', 'b']);
      await store.events.settle(queueId, [
        fail(1, 1, { isDead: true, lastError: 'gave up' }),
        fail(3, 1, { isDead: true }),
      ]);
      expect(await listDue(other, sampleTime)).toEqual([2, 4]);
      expect(await other.events.countWaiting(queueId, 9)).toBe(2);
      const list = async (isDead: boolean): Promise<readonly number[]> =>
        (await other.events.listDeliveries({ queueId, isDead, limit: 9 })).map(({ sequence }) => sequence);
      expect([await list(true), await list(false)]).toEqual([
        [1, 3],
        [2, 4],
      ]);
      // What is dead cannot fail again.
      await store.events.settle(queueId, [fail(1, 2)]);
      expect(await list(true)).toEqual([1, 3]);
      expect(await store.events.replay(queueId, [1, 2, 99], sampleTime + 7)).toBe(1);
      expect(await listDue(other, sampleTime + 7)).toEqual([1, 4]);
      const [replayed] = await other.events.listDeliveries({ queueId, limit: 1 });
      expect(pickResult(replayed)).toEqual([1, 0, sampleTime + 7, false, null, 'gave up']);
      expect(await store.events.replay(queueId, [3], sampleTime)).toBe(1);
      expect(await store.events.replay(queueId, [1, 2, 3, 4], sampleTime)).toBe(0);
      expect(await store.events.replay('unknown', [1], sampleTime)).toBe(0);
      expect(await store.events.replay(queueId, [], sampleTime)).toBe(0);
    });

    it('are listed in pages, by their sequence numbers', async ({ store, other }) => {
      await addDeliveries(store, ['a', 'b', 'c', 'd']);
      const list = async (after: number | undefined, limit: number): Promise<readonly number[]> =>
        (await other.events.listDeliveries({ queueId, after, limit })).map(({ sequence }) => sequence);
      expect(await list(undefined, 2)).toEqual([1, 2]);
      expect(await list(2, 9)).toEqual([3, 4]);
      expect(await other.events.listDeliveries({ queueId: 'unknown\0', limit: 9 })).toEqual([]);
    });

    it('are deleted when they died long ago, some at a time', async ({ store, other }) => {
      await addDeliveries(store, ['a', 'b', 'c', 'd']);
      await store.events.settle(queueId, [
        fail(1, 1, { isDead: true, dueAt: sampleTime + 3 }),
        fail(2, 1, { isDead: true, dueAt: sampleTime + 1 }),
        fail(3, 1, { isDead: true, dueAt: sampleTime + 2 }),
      ]);
      expect(await other.events.prune(sampleTime + 3, 1)).toBe(1);
      expect((await listLeft(store)).length).toBe(3);
      expect(await other.events.prune(sampleTime + 3, 9)).toBe(1);
      expect(await other.events.prune(sampleTime + 3, 9)).toBe(0);
      expect(await listLeft(store)).toEqual([1, 4]);
    });
  });
}

async function addDeliveries(store: KeyStore, subjects: readonly string[]): Promise<void> {
  await store.events.addQueue(queueId, sampleTime);
  const events = subjects.map((subject, index) => createQueuedEvent(index + 1, subject));
  await store.events.advance({ queueId, from: 0, to: events.length, events, dueAt: sampleTime });
}

async function getHolder(store: KeyStore): Promise<readonly unknown[]> {
  const [first] = await store.events.listQueues();
  const { holder, beat }: Partial<EventQueue> = first ?? {};
  return [holder, beat];
}

async function listDue(store: KeyStore, now: number, limit = 9): Promise<readonly number[]> {
  return (await store.events.listDue(queueId, now, limit)).map(({ sequence }) => sequence);
}

async function listLeft(store: KeyStore): Promise<readonly number[]> {
  return (await store.events.listDeliveries({ queueId, limit: 9 })).map(({ sequence }) => sequence);
}

function take(sequence: number): AttemptResult {
  return { sequence, id: `evt_${sequence}`, isTaken: true };
}

function fail(sequence: number, attempts: number, changes: Partial<EventDelivery> = {}): AttemptResult {
  const { dueAt = sampleTime, isDead = false, lastStatus = null, lastError = 'failed' } = changes;
  return { sequence, id: `evt_${sequence}`, isTaken: false, attempts, dueAt, isDead, lastStatus, lastError };
}

function pickResult(delivery: EventDelivery | undefined): readonly unknown[] {
  const { sequence, attempts, dueAt, isDead, lastStatus, lastError } = delivery ?? ({} as EventDelivery);
  return [sequence, attempts, dueAt, isDead, lastStatus, lastError];
}
