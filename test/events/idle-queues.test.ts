import { AbandonedQueues } from '../../lib/events/abandoned-queues.js';
import type { ApiKeysEvent } from '../../lib/domain/api-keys-event.js';
import type { EventsOption } from '../../lib/options/events-option.js';
import type { KeyStore } from '../../lib/ports/key-store.js';
import { postgresStore } from '../../lib/sql/postgres/postgres-store.js';
import { sqliteStore } from '../../lib/sql/sqlite/sqlite-store.js';
import { createQueuedEvent } from '../../lib/store/sample-webhooks.js';
import { fixedClock, memoryStore } from '../../lib/testing/index.js';
import { createInstance, type TestInstance } from '../harness/instance.js';
import { makeOwnDatabase } from '../harness/own-database.js';
import { theApp } from '../harness/the-app.js';
import { waitUntil } from '../servers/wait-until.cjs';
import { receiveWebhooks } from './webhook-receiver.js';

jest.setTimeout(120_000);

const dayMs = 24 * 60 * 60 * 1000;
const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function start(store: KeyStore, events: EventsOption | undefined): Promise<TestInstance> {
  const instance = createInstance({ store, events });
  cleanUps.push(() => instance.apiKeys.close());
  await instance.apiKeys.ready();
  return instance;
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A real store, which counts how often it is looked for deliveries that are due. */
function countLooks(store: KeyStore): () => number {
  let looks = 0;
  const { events } = store;
  const listDue = events.listDue.bind(events);
  events.listDue = (...query) => {
    looks += 1;
    return listDue(...query);
  };
  return () => looks;
}

describe('a queue of which all events wait', () => {
  it('is looked at every five seconds at most, and at once when one is due or there is a new one', async () => {
    const store = memoryStore();
    const looks = countLooks(store);
    const heard: ApiKeysEvent[] = [];
    let isBroken = true;
    const { key, clock } = await start(store, {
      name: 'crm',
      deliver(event) {
        if (isBroken) throw new Error('not now');
        heard.push(event);
      },
    });
    await key();
    const isAttempted = async (sequence: number): Promise<boolean> => {
      const deliveries = await store.events.listDeliveries({ queueId: 'callback:crm', limit: 9 });
      return deliveries.some((each) => each.sequence === sequence && each.attempts === 1);
    };
    await waitUntil('it was attempted', () => isAttempted(1));
    await sleep(1_500);
    const [before, began] = [looks(), performance.now()];
    await sleep(7_000);
    const seconds = (performance.now() - began) / 1_000;
    expect(looks() - before).toBeLessThanOrEqual(Math.ceil(seconds / 5));
    // A new event is attempted although the other one waits.
    await key();
    await waitUntil('the new one was attempted', () => isAttempted(2));
    isBroken = false;
    clock.advance(7_000);
    await waitUntil('both have come', () => heard.length === 2);
  });

  it('goes on when another process replays what was given up', async () => {
    const store = memoryStore();
    const receiver = await receiveWebhooks();
    cleanUps.push(() => receiver.close());
    receiver.answer = 400;
    const events = { webhooks: { allowInsecureHttp: true, allowPrivateNetworks: true } };
    const { apiKeys, key, clock } = await start(store, events);
    const webhooks = apiKeys.webhooks.as(theApp);
    const { id } = await webhooks.create({ url: receiver.url });
    await key();
    const countAttempts = async (): Promise<number> =>
      (await webhooks.listDeliveries({ id })).items[0]?.attempts ?? 0;
    for (let made = 1; made <= 10; made += 1) {
      await waitUntil(`attempt ${made} was recorded`, async () => (await countAttempts()) === made);
      clock.advance(30 * 60 * 60 * 1000);
    }
    receiver.answer = 204;
    // Below the instance, as another process does it.
    expect(await store.events.replay(id, [1, 2, 3, 4, 5, 6, 7, 8, 9], clock.now())).toBe(1);
    await waitUntil('it has come', () => receiver.requests.length === 11);
  });
});

type Kind = 'memory' | 'SQLite' | 'PostgreSQL';

async function openStore(kind: Kind): Promise<KeyStore> {
  if (kind === 'memory') return memoryStore();
  const { url, remove } = await makeOwnDatabase(kind);
  cleanUps.push(remove);
  const logger = { warn: () => undefined, error: () => undefined };
  const store =
    kind === 'SQLite'
      ? sqliteStore({ file: url.slice('file:'.length) })
      : postgresStore({ connection: url, logger });
  await store.open();
  cleanUps.push(() => store.close());
  return store;
}

describe.each(['memory', 'SQLite', 'PostgreSQL'] as const)('the queue of a callback in %s', (kind) => {
  let store: KeyStore;
  let clock: ReturnType<typeof fixedClock>;
  let log: string[];
  const queueId = 'callback:old-name';
  beforeEach(async () => {
    store = await openStore(kind);
    clock = fixedClock(Date.UTC(2026, 5, 1));
    log = [];
  });

  /** @param watchedMs - 0: a second look is enough; `null`: as long as outside of tests */
  const watch = (watchedMs: number | null = 0, aheadMs = 0): AbandonedQueues => {
    const note = (message: string): void => void log.push(message);
    return new AbandonedQueues({
      ...{ store, logger: { warn: note, error: note } },
      clock: { now: () => clock.now() + aheadMs },
      ...(watchedMs === null ? {} : { watchedMs }),
    });
  };
  const lookTwice = async (queues: AbandonedQueues, aheadMs = 0): Promise<void> => {
    await queues.remove(clock.now() + aheadMs);
    await queues.remove(clock.now() + aheadMs);
  };
  const listIds = async (): Promise<readonly string[]> =>
    (await store.events.listQueues()).map(({ id }) => id);

  it('is given up, with what waits in it, when no process has declared it for 30 days', async () => {
    await store.events.addQueue(queueId, clock.now());
    await store.events.addQueue('callback:new-name', clock.now());
    await store.events.advance({
      ...{ queueId, from: 0, to: 1, events: [createQueuedEvent(1, 'a')], dueAt: clock.now() },
    });
    const queues = watch();
    await lookTwice(queues);
    clock.advance(29 * dayMs);
    await store.events.addQueue('callback:new-name', clock.now());
    await lookTwice(queues);
    expect(await listIds()).toEqual(['callback:new-name', queueId]);
    clock.advance(dayMs + 1);
    await lookTwice(queues);
    expect(await listIds()).toEqual(['callback:new-name']);
    expect(await store.events.listDeliveries({ queueId, limit: 9 })).toEqual([]);
    expect(log).toEqual([
      'api-keys: events for the callback old-name are given up, because no process has had it for 30 days',
    ]);
  });

  it('is kept by a process whose clock is wrong, as long as its processes are there', async () => {
    await store.events.addQueue(queueId, clock.now());
    // A year ahead; it looks again and again, and the others declare their queue in between.
    const queues = watch(0, 365 * dayMs);
    for (let look = 0; look < 3; look += 1) {
      await queues.remove(clock.now() + 365 * dayMs);
      clock.advance(10 * 60_000);
      await store.events.addQueue(queueId, clock.now());
    }
    expect(await listIds()).toEqual([queueId]);
    // With the time that it takes outside of tests, standing still for a moment is nothing.
    await lookTwice(watch(null, 365 * dayMs), 365 * dayMs);
    expect(await listIds()).toEqual([queueId]);
    expect(log).toEqual([]);
  });

  it('is kept while the clock of the store is not as far as that of the process', async () => {
    await store.events.addQueue(queueId, clock.now());
    const queues = watch(0, 365 * dayMs);
    await lookTwice(queues);
    expect(await listIds()).toEqual([queueId]);
    await lookTwice(queues, 31 * dayMs);
    expect(await listIds()).toEqual([]);
  });

  it('is kept while processes of an earlier version serve it, which do not declare it', async () => {
    await store.events.addQueue(queueId, clock.now());
    const queues = watch();
    for (let beat = 0; beat < 5; beat += 1) {
      clock.advance(20 * dayMs);
      // They beat, or queue events.
      await store.events.hold(queueId, 'an earlier version', beat);
      await queues.remove(clock.now());
    }
    expect(await listIds()).toEqual([queueId]);
    clock.advance(31 * dayMs);
    await lookTwice(queues);
    expect(await listIds()).toEqual([]);
  });

  it('is given up 30 days after now where a clock was ahead that declared it', async () => {
    await store.events.addQueue(queueId, clock.now() + 3_650 * dayMs);
    const queues = watch();
    await lookTwice(queues);
    clock.advance(31 * dayMs);
    await lookTwice(queues);
    expect(await listIds()).toEqual([]);
  });
});

it('the queue of a callback is declared by a process that has it, and kept after a rename', async () => {
  const store = memoryStore();
  const first = await start(store, { name: 'old-name', deliver: () => undefined });
  const [queue] = await store.events.listQueues();
  expect(queue).toMatchObject({ id: 'callback:old-name', declaredAt: first.clock.now() });
  await first.apiKeys.close();
  const second = createInstance({ store, events: { name: 'new-name', deliver: () => undefined } });
  cleanUps.push(() => second.apiKeys.close());
  second.clock.advance(31 * dayMs);
  await second.apiKeys.ready();
  // Housekeeping begins after two seconds: one look, however late, removes nothing.
  await sleep(3_500);
  const queues = await store.events.listQueues();
  expect(queues.map(({ id, declaredAt }) => [id, declaredAt])).toEqual([
    ['callback:new-name', second.clock.now()],
    ['callback:old-name', first.clock.now()],
  ]);
});
