import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { startOfFeed } from '../../lib/ports/change-feed.js';
import type { KeyStore } from '../../lib/ports/key-store.js';
import { postgresStore } from '../../lib/sql/postgres/postgres-store.js';
import { insert, createSampleKey } from '../../lib/store/sample-keys.js';
import { createDatabase } from '../servers/postgres.cjs';
import { isFastTier } from '../harness/test-tier.js';
import { noteExcused, watchMachine } from '../harness/machine-watch.js';
import { settle } from './settle.js';
import type { Settled } from './settle.js';

jest.setTimeout(180_000);

const machine = watchMachine();

/** How many lookups come at once in a flood. */
const [many, more, callers] = isFastTier ? [600, 300, 300] : [3_000, 1_500, 1_200];

const logger = { warn: () => {}, error: () => {} };
const instance = { id: 'instance-1', acked: 0, leaseMs: 4_000 };

let database: Awaited<ReturnType<typeof createDatabase>>;
let pool: pg.Pool;
let opened: KeyStore[];

beforeEach(async () => {
  database = await createDatabase(process.env['TEST_DATABASE_URL'] ?? '');
  pool = new pg.Pool({ connectionString: database.url, max: 2 });
  // It may still hold a connection, which it is closing, when the database is dropped.
  pool.on('error', () => undefined);
  bare = new pg.Client({ connectionString: database.url });
  await bare.connect();
  await bare.query('create table written (n integer)');
  opened = [];
});

afterEach(async () => {
  for (const store of opened) await store.close();
  await pool.end();
  await bare.end();
  await database.drop();
});

/** What calls of the store are compared with: statements on a connection of its own, sent at the same moment. */
let bare: pg.Client;

/** A quarter of the deadline: when statements of no caller take so long, nothing is left to be judged. */
const unjudgedMs = 500;

/** However slow the machine is, so many callers make a flood: the pool has two connections. */
const fewestCallers = 100;

/** A change is some statements, each of which waits for the answer to the one before. */
const statementsOfChange = 9;

/** The last one commits what was written, so that it waits for the disk as a beat and a change do. */
async function queryBare(statements: number): Promise<void> {
  for (let sent = 1; sent < statements; sent += 1) await bare.query('select 1');
  await bare.query('insert into written values (1)');
}

/** Calls and bare statements, all at once. */
async function beside(
  statements: number,
  ...calls: readonly Promise<unknown>[]
): Promise<{ settled: Settled[]; bareMs: number }> {
  const control = settle(queryBare(statements));
  const settled = await Promise.all(calls.map(settle));
  return { settled, bareMs: (await control).milliseconds };
}

/** No call may fail, but on a machine where nothing else comes through in time either. */
function expectNoError({ error }: Settled, bareMs: number): void {
  if (error !== undefined && bareMs >= unjudgedMs) {
    noteExcused(`was refused while bare statements took ${Math.round(bareMs)} ms`);
    return;
  }
  // Thrown as it is, with its cause.
  if (error !== undefined) throw error;
}

const lookUpUnknown = (store: KeyStore, count: number): Promise<readonly Settled[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => settle(store.find(`unknown${index}`))));

describe.each(['a pool of its own', 'a pool that was handed in'])(
  'a flood of look-ups of unknown keys, with %s',
  (whose) => {
    async function openStore(): Promise<KeyStore> {
      const connection = whose === 'a pool of its own' ? database.url : pool;
      const store = postgresStore({ connection, maxConnections: 2, logger });
      opened.push(store);
      await store.open();
      await store.feed.join(instance);
      await insert(store, createSampleKey());
      return store;
    }

    it('is not in the way of beats, however slow the lookups are', async () => {
      const store = await openStore();
      let slowest = { ms: 0, until: 0 };
      const somebody = new pg.Client({ connectionString: database.url });
      await somebody.connect();
      try {
        await somebody.query('begin; lock table api_keys.keys in access exclusive mode');
        const floods = [lookUpUnknown(store, many)];
        for (let round = 0; round < 20; round += 1) {
          if (round % 5 === 4) floods.push(lookUpUnknown(store, more));
          const { settled, bareMs } = await beside(
            1,
            store.feed.beat(instance.id, startOfFeed, 9),
            store.feed.lastSequence(),
            store.feed.instances(),
          );
          for (const call of settled) {
            expectNoError(call, bareMs);
            const ms = call.milliseconds - bareMs;
            if (ms > slowest.ms) slowest = { ms, until: performance.now() };
          }
          await sleep(100);
        }
        for (const { error } of (await Promise.all(floods)).flat()) {
          expect(error?.code).toBe('ERR_API_KEYS_UNAVAILABLE');
        }
      } finally {
        await somebody.end();
      }
      // Nothing holds them up but what holds up a bare statement too: this busy process.
      await machine.expectWithin(1_000, slowest.ms, slowest.until);
      expect(await store.find('unknown')).toBe(null);
      expect(await store.find(createSampleKey().id)).toEqual(createSampleKey());
    });

    it('is not in the way of changes either, and is answered', async () => {
      const store = await openStore();
      let isOver = false;
      let [answered, inserted] = [0, 0];
      // The flood shares the event loop with what is measured: it is as large as lets a bare statement through in time.
      let active = callers;
      const flood = Array.from({ length: callers }, async (_, index) => {
        while (!isOver && index < active) {
          const { error } = await settle(store.find(`unknown${index}`));
          if (error === undefined) answered += 1;
          // Who was refused does not come again at once.
          else await sleep(100);
        }
      });
      try {
        for (let round = 0; round < 10; round += 1) {
          const { settled, bareMs } = await beside(
            statementsOfChange,
            store.feed.beat(instance.id, startOfFeed, 9),
            insert(store, createSampleKey({ id: `key${round}` })),
          );
          for (const call of settled) expectNoError(call, bareMs);
          if (settled[1]?.error === undefined) inserted += 1;
          if (bareMs > unjudgedMs / 2) active = Math.max(fewestCallers, Math.floor(active / 2));
        }
      } finally {
        // Else the flood would go on beside all tests that come later.
        isOver = true;
        await Promise.all(flood);
      }
      expect(answered).toBeGreaterThan(0);
      // One from before; one that was refused may have been carried out all the same.
      const last = await store.feed.lastSequence();
      expect(last).toBeGreaterThanOrEqual(1 + inserted);
      expect(last).toBeLessThanOrEqual(11);
    });
  },
);
