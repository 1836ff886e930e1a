import { setImmediate } from 'node:timers/promises';
import pg from 'pg';
import { loadDriver } from '../../lib/sql/load-driver.js';
import { replayAll } from '../../lib/events/replay-all.js';
import { Housekeeper } from '../../lib/manage/housekeeper.js';
import type { EventStore } from '../../lib/ports/event-store.js';
import type { KeyStore } from '../../lib/ports/key-store.js';
import { postgresStore } from '../../lib/sql/postgres/postgres-store.js';
import { sqliteStore } from '../../lib/sql/sqlite/sqlite-store.js';
import {
  createQueuedEvent,
  createSampleWebhook,
  createWebhookEvent,
  writeWebhook,
} from '../../lib/store/sample-webhooks.js';
import { makeOwnDatabase, type OwnDatabase } from '../harness/own-database.js';
import { waitsForLock } from './waits-for-lock.js';

jest.setTimeout(120_000);

const logger = { warn: () => {}, error: () => {} };
const clock = { now: () => Date.now() };
const webhook = createSampleWebhook();
/** More than any statement may touch. */
const most = 200;

const running: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of running.splice(0).toReversed()) await stop();
});

type Kind = 'PostgreSQL' | 'SQLite';

async function start(kind: Kind): Promise<{ store: KeyStore; database: OwnDatabase }> {
  const database = await makeOwnDatabase(kind);
  running.push(() => database.remove());
  const store =
    kind === 'SQLite'
      ? sqliteStore({ file: database.url.slice('file:'.length), logger })
      : postgresStore({ connection: database.url, maxConnections: 3, logger });
  await store.open();
  running.push(() => store.close());
  return { store, database };
}

/** Adds deliveries that were given up, behind the cursor of a queue. */
async function addDead(events: EventStore, queueId: string, count: number): Promise<void> {
  const queue = (await events.listQueues()).find(({ id }) => id === queueId);
  let from = queue?.cursor ?? 0;
  for (let left = count; left > 0; left -= 100) {
    const size = Math.min(100, left);
    const dead = Array.from({ length: size }, (_, index) => createQueuedEvent(from + index + 1, 'a'));
    const to = from + size;
    const step = {
      queueId,
      from,
      to,
      events: [],
      dead: { events: dead, lastError: 'gave up' },
      dueAt: clock.now(),
    };
    expect(await events.advance(step)).toBe(true);
    from = to;
  }
}

async function countRows(kind: Kind, { url }: OwnDatabase): Promise<number> {
  const statement = 'select count(*) as count from';
  if (kind === 'SQLite') {
    const Database = (await loadDriver('libsql', 'test')) as new (file: string) => {
      prepare(text: string): { get(): { count: number } };
      close(): void;
    };
    const file = new Database(url.slice('file:'.length));
    const { count } = file.prepare(`${statement} event_deliveries`).get();
    file.close();
    return Number(count);
  }
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query(`${statement} api_keys.event_deliveries`);
  await client.end();
  return Number(rows[0]?.count);
}

describe.each(['PostgreSQL', 'SQLite'] as const)(
  'more deliveries than a statement may touch, on %s',
  (kind) => {
    it('are left by the change that deletes their webhook, and removed some at a time', async () => {
      const { store, database } = await start(kind);
      await writeWebhook(store, webhook);
      await addDead(store.events, webhook.id, 5 * most + 1);
      await store.transact((transaction) =>
        transaction.removeWebhook(webhook, createWebhookEvent(webhook, 'webhook.deleted')),
      );
      expect(await countRows(kind, database)).toBe(5 * most + 1);
      expect(await store.events.listDeliveries({ queueId: webhook.id, limit: 9 })).toEqual([]);
      expect(await store.events.removeOrphans(most)).toBe(most);
      expect(await countRows(kind, database)).toBe(4 * most + 1);
      expect(await housekeep(store)).toEqual([most, most, most, most, 1]);
      expect(await countRows(kind, database)).toBe(0);
    });

    it('are left by the removal of a queue of code, and gone before it is declared again', async () => {
      const { store, database } = await start(kind);
      const queueId = 'callback:crm';
      await store.events.addQueue(queueId, 1);
      await addDead(store.events, queueId, 2 * most + 1);
      expect(await store.events.removeQueue(queueId, 1)).toBe(true);
      expect(await countRows(kind, database)).toBe(2 * most + 1);
      await store.events.addQueue(queueId, 2);
      expect(await countRows(kind, database)).toBe(0);
      await addDead(store.events, queueId, 3);
      await store.events.addQueue(queueId, 3);
      expect(await countRows(kind, database)).toBe(3);
    });

    it('are replayed some at a time, each once', async () => {
      const { store } = await start(kind);
      await writeWebhook(store, webhook);
      // The first delivery has the sequence number 2.
      await addDead(store.events, webhook.id, 2 * most + 6);
      const batches: number[] = [];
      const { events: stored } = store;
      const events: Pick<EventStore, 'listDeliveries' | 'listQueues' | 'replay'> = {
        listDeliveries: (query) => stored.listDeliveries(query),
        // The last event when the replay begins.
        listQueues: async () =>
          (await stored.listQueues()).map((queue) => ({ ...queue, head: 2 * most + 1 })),
        replay: async (queueId, sequences, now) => {
          const replayed = await stored.replay(queueId, sequences, now);
          batches.push(replayed);
          // They die again at once.
          const dead = { attempts: 1, dueAt: now, isDead: true, lastStatus: 500, lastError: 'gave up' };
          const results = sequences.map(
            (sequence) => ({ sequence, id: `evt_${sequence}`, isTaken: false, ...dead }) as const,
          );
          await stored.settle(queueId, results);
          return replayed;
        },
      };
      expect(await replayAll({ events, clock }, webhook.id)).toBe(2 * most);
      expect(batches).toEqual([most, most]);
      expect(await replayAll({ events, clock }, 'wh_unknown')).toBe(0);
    });
  },
);

it('deliveries of a queue that another process removes while it is declared do not come back, on PostgreSQL', async () => {
  const { store, database } = await start('PostgreSQL');
  const queueId = 'callback:crm';
  await store.events.addQueue(queueId, 1);
  await addDead(store.events, queueId, 3);
  const other = new pg.Client({ connectionString: database.url });
  await other.connect();
  running.push(() => other.end());
  // It can read the queue, and waits before its first write to it.
  await other.query('begin');
  await other.query('lock table api_keys.event_queues in share row exclusive mode');
  const declared = store.events.addQueue(queueId, 2);
  while (!(await waitsForLock(other, 'relation'))) await setImmediate();
  await other.query('delete from api_keys.event_queues where id = $1 and declared_at = 1', [queueId]);
  await other.query('commit');
  await declared;
  expect(await store.events.listQueues()).toMatchObject([{ id: queueId, declaredAt: 2 }]);
  expect(await store.events.listDeliveries({ queueId, limit: 9 })).toEqual([]);
  expect(await countRows('PostgreSQL', database)).toBe(0);
});

it('deliveries that another process deletes while their queue is declared again leave no others to it, on PostgreSQL', async () => {
  const { store, database } = await start('PostgreSQL');
  const queueId = 'callback:crm';
  await store.events.addQueue(queueId, 1);
  await addDead(store.events, queueId, 2 * most + 1);
  expect(await store.events.removeQueue(queueId, 1)).toBe(true);
  const other = new pg.Client({ connectionString: database.url });
  await other.connect();
  running.push(() => other.end());
  await other.query('begin');
  const deleted = await other.query(
    'delete from api_keys.event_deliveries where sequence in (select sequence from api_keys.event_deliveries order by sequence limit $1)',
    [most],
  );
  expect(deleted.rowCount).toBe(most);
  const declared = store.events.addQueue(queueId, 2);
  while (!(await waitsForLock(other, 'transactionid'))) await setImmediate();
  await other.query('commit');
  await declared;
  expect(await store.events.listQueues()).toMatchObject([{ id: queueId, declaredAt: 2 }]);
  expect(await store.events.listDeliveries({ queueId, limit: 9 })).toEqual([]);
  expect(await countRows('PostgreSQL', database)).toBe(0);
});

/** Removes what is no longer needed, as processes do in the background; returns how many deliveries each batch had. */
async function housekeep(store: KeyStore): Promise<readonly number[]> {
  const batches: number[] = [];
  const { events } = store;
  const observed: Pick<EventStore, 'listQueues' | 'removeOrphans'> = {
    listQueues: () => events.listQueues(),
    removeOrphans: async (limit) => {
      const removed = await events.removeOrphans(limit);
      batches.push(removed);
      return removed;
    },
  };
  const { housekeeping, usage } = store;
  const parts = { clock, logger, endedKeysMs: null, auditMs: null };
  const needed = { events: observed, housekeeping, usage } as unknown as KeyStore;
  await new Housekeeper({ ...parts, store: needed, sealer: undefined as never }).run();
  return batches;
}
