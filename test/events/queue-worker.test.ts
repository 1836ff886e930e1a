import { DeliverySlots } from '../../lib/events/delivery-slots.js';
import type { AttemptOutcome, Deliver } from '../../lib/events/attempt.js';
import { QueueWorker, type Receiver } from '../../lib/events/queue-worker.js';
import { ReceiverPause } from '../../lib/events/receiver-pause.js';
import type { EventQueue } from '../../lib/ports/event-store.js';
import { createSampleKey, insert, update } from '../../lib/store/sample-keys.js';
import type { KeyStore } from '../../lib/store/index.js';
import { fixedClock, memoryStore } from '../../lib/testing/index.js';
import { waitUntil } from '../servers/wait-until.cjs';

jest.setTimeout(60_000);

const queueId = 'callback:crm';
const taken: AttemptOutcome = { kind: 'taken' };

let store: KeyStore;
let clock: ReturnType<typeof fixedClock>;
let log: string[];
const workers: QueueWorker[] = [];
beforeEach(async () => {
  store = memoryStore();
  clock = fixedClock(Date.UTC(2026, 5, 1));
  log = [];
  await store.events.addQueue(queueId, clock.now());
});
afterEach(async () => {
  for (const worker of workers.splice(0)) await worker.stop();
});

async function readQueue(): Promise<EventQueue> {
  const [queue] = await store.events.listQueues();
  if (queue === undefined) throw new Error('There is no queue.');
  return queue;
}

function createReceiver(deliver: Deliver, changes: Partial<Receiver> = {}): Receiver {
  return { label: 'the receiver', types: null, address: null, givesUp: true, deliver, ...changes };
}

function work(queue: EventQueue, receiver: Receiver, slots = new DeliverySlots(9)): QueueWorker {
  const note = (message: string): void => void log.push(message);
  const parts = { store, clock, slots, logger: { warn: note, error: note } };
  const worker = new QueueWorker(queue, receiver, parts, () => true);
  workers.push(worker);
  return worker;
}

async function changeKey(id: string, times: number): Promise<void> {
  await insert(store, createSampleKey({ id }));
  for (let version = 2; version <= times; version += 1) await update(store, createSampleKey({ id, version }));
}

const listSequences = async (isDead: boolean): Promise<readonly number[]> =>
  (await store.events.listDeliveries({ queueId, isDead, limit: 600 })).map(({ sequence }) => sequence);

const count = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('the worker of a queue', () => {
  it('delivers one event at a time while all other receivers have every slot', async () => {
    await changeKey('a', 1);
    await changeKey('b', 1);
    let inProgress = 0;
    let mostInProgress = 0;
    const heard: number[] = [];
    const receiver = createReceiver(async ({ sequence }) => {
      inProgress += 1;
      mostInProgress = Math.max(mostInProgress, inProgress);
      await new Promise((resolve) => setTimeout(resolve, 20));
      inProgress -= 1;
      heard.push(sequence);
      return taken;
    });
    work(await readQueue(), receiver, new DeliverySlots(0));
    await waitUntil('both have come', () => heard.length === 2);
    expect(mostInProgress).toBe(1);
  });

  it('goes on where the database says after that has lost its last entries', async () => {
    await changeKey('a', 3);
    const heard: number[] = [];
    const receiver = createReceiver(async ({ sequence }) => {
      heard.push(sequence);
      return taken;
    });
    const queue = await readQueue();
    const worker = work({ ...queue, cursor: 99, head: 99 }, receiver);
    worker.update(queue, receiver);
    await waitUntil('all have come', () => heard.length === 3);
    expect(heard.toSorted()).toEqual([1, 2, 3]);
  });

  it('goes no further than the look at its receiver', async () => {
    await changeKey('a', 2);
    const heard: number[] = [];
    const deliver: Deliver = async ({ sequence }) => {
      heard.push(sequence);
      return taken;
    };
    const queue = await readQueue();
    const worker = work({ ...queue, head: 1 }, createReceiver(deliver, { types: ['api_key.created'] }));
    await waitUntil('the first has come', () => heard.length === 1);
    worker.update(queue, createReceiver(deliver, { types: ['api_key.updated'] }));
    await waitUntil('the second one has come, of a type that was added', () => heard.length === 2);
    expect(heard).toEqual([1, 2]);
  });

  it('records an attempt that rejects, and frees what it took', async () => {
    await changeKey('a', 1);
    let attempts = 0;
    const receiver = createReceiver(async () => {
      attempts += 1;
      if (attempts === 1) throw new Error('never');
      return taken;
    });
    work(await readQueue(), receiver, new DeliverySlots(0));
    await waitUntil('the failure is recorded', async () => {
      const [first] = await store.events.listDeliveries({ queueId, limit: 1 });
      return first?.lastError === 'the attempt did not end';
    });
    clock.advance(10_000);
    await waitUntil('it was taken', async () => (await listSequences(false)).length === 0);
    expect(attempts).toBe(2);
  });

  it('lets one key whose events are refused have half of the queue at most', async () => {
    await changeKey('refused', 510);
    await changeKey('other', 1);
    const heard: number[] = [];
    const receiver = createReceiver(async ({ sequence, subject }) => {
      if (subject === 'key refused') return { kind: 'failed', status: 400, error: 'answered 400' };
      heard.push(sequence);
      return taken;
    });
    work(await readQueue(), receiver);
    await waitUntil('that of the other key has come', () => heard.length === 1);
    await waitUntil('that is recorded', async () => (await listSequences(false)).length === 500);
    expect(await listSequences(false)).toEqual(count(1, 500));
    expect(await listSequences(true)).toEqual(count(501, 510));
    const [first] = await store.events.listDeliveries({ queueId, isDead: true, limit: 1 });
    expect(first).toMatchObject({ attempts: 0, lastError: 'too many events of its key wait' });
    expect(log).toEqual([
      'api-keys: event 501 and 9 more are put aside, because too many of one key wait for the receiver',
    ]);
  });

  it.each([
    ['gives up at last', true],
    ['gives nothing up', false],
  ])('takes back in order what was put aside, for a receiver that %s', async (_what, givesUp) => {
    await changeKey('refused', 510);
    let isBroken = true;
    const heard: number[] = [];
    const receiver = createReceiver(
      async ({ sequence }) => {
        if (isBroken) return { kind: 'failed', status: null, error: 'threw Error' };
        heard.push(sequence);
        return taken;
      },
      { givesUp },
    );
    const worker = work(await readQueue(), receiver);
    await waitUntil('some are put aside', async () => (await listSequences(true)).length === 10);
    await worker.stop();
    isBroken = false;
    await update(store, createSampleKey({ id: 'refused', version: 511 }));
    clock.advance(10_000);
    work(await readQueue(), receiver);
    await waitUntil('all have come', () => heard.length === 511);
    expect(heard).toEqual(count(1, 511));
  });

  it('attempts nothing while the receiver is down, and goes on at once where it is elsewhere', async () => {
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) await changeKey(id, 1);
    let attempts = 0;
    let outcome: AttemptOutcome = {
      ...{ kind: 'failed', status: 503, error: 'answered 503', isReceiverDown: true },
      retryAfterMs: 3_600_000,
    };
    const deliver: Deliver = async () => {
      attempts += 1;
      return outcome;
    };
    const queue = await readQueue();
    const worker = work(queue, createReceiver(deliver, { address: 'one' }));
    await waitUntil('the answer is recorded', async () => {
      const [first] = await store.events.listDeliveries({ queueId, limit: 1 });
      return first?.attempts === 1;
    });
    for (let look = 0; look < 5; look += 1) {
      worker.update(await readQueue(), createReceiver(deliver, { address: 'one' }));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(attempts).toBe(1);
    outcome = taken;
    worker.update(await readQueue(), createReceiver(deliver, { address: 'two' }));
    await waitUntil('all others were taken', () => attempts === 6);
  });
});

describe('the pause of a receiver', () => {
  const down: AttemptOutcome = { kind: 'failed', status: 503, error: 'answered 503', isReceiverDown: true };
  const measure = (pause: ReceiverPause): number => {
    let seconds = 0;
    for (; !pause.isOver(); seconds += 1) clock.advance(1_000);
    return seconds;
  };

  it('is twice as long after each failure in a row, up to a minute', () => {
    const pause = new ReceiverPause(clock);
    const lengths = count(1, 9).map(() => {
      pause.note(down);
      return measure(pause);
    });
    expect(lengths).toEqual([0, 2, 4, 8, 16, 32, 60, 60, 60]);
    pause.note(taken);
    pause.note(down);
    expect(measure(pause)).toBe(0);
  });

  it('grows once by attempts that were in progress together', () => {
    const pause = new ReceiverPause(clock);
    for (let made = 0; made < 8; made += 1) pause.note(down);
    expect(measure(pause)).toBe(2);
  });

  it('is as long as the receiver wants, up to a day, also where others were taken meanwhile', () => {
    const pause = new ReceiverPause(clock);
    pause.note({ ...down, retryAfterMs: 30_000 });
    pause.note(down);
    pause.note(taken);
    expect(measure(pause)).toBe(30);
    pause.note({ ...down, retryAfterMs: 1e12 });
    expect(measure(pause)).toBe(86_400);
  });

  it('is none for a failure that is the fault of one event', () => {
    const pause = new ReceiverPause(clock);
    for (let made = 0; made < 9; made += 1) {
      pause.note({ kind: 'failed', status: 400, error: 'answered 400', retryAfterMs: 9_000 });
    }
    expect(pause.isOver()).toBe(true);
  });
});
