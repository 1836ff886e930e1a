import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { startOfFeed } from '../../lib/ports/change-feed.js';
import type { KeyStore } from '../../lib/ports/key-store.js';
import { postgresStore } from '../../lib/sql/postgres/postgres-store.js';
import { insert, sampleKey } from '../../lib/testing/sample-keys.js';
import { createDatabase } from '../servers/postgres.cjs';
import { settle } from './settle.js';
import type { Settled } from './settle.js';

jest.setTimeout(60_000);

const logger = { warn: () => {}, error: () => {} };
const instance = { id: 'instance-1', acked: 0, leaseMs: 4_000 };

let database: Awaited<ReturnType<typeof createDatabase>>;
let pool: pg.Pool;
let opened: KeyStore[];

beforeEach(async () => {
  database = await createDatabase(process.env['TEST_DATABASE_URL'] ?? '');
  pool = new pg.Pool({ connectionString: database.url, max: 2 });
  opened = [];
});

afterEach(async () => {
  for (const store of opened) await store.close();
  await pool.end();
  await database.drop();
});

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
      await insert(store, sampleKey());
      return store;
    }

    it('is not in the way of beats, however slow the look-ups are', async () => {
      const store = await openStore();
      let slowest = 0;
      const somebody = new pg.Client({ connectionString: database.url });
      await somebody.connect();
      try {
        await somebody.query('begin; lock table api_keys.keys in access exclusive mode');
        const floods = [lookUpUnknown(store, 3_000)];
        for (let round = 0; round < 20; round += 1) {
          if (round % 5 === 4) floods.push(lookUpUnknown(store, 1_500));
          const calls = [
            store.feed.beat(instance.id, startOfFeed, 9),
            store.feed.lastSequence(),
            store.feed.instances(),
          ];
          for (const { error, milliseconds } of await Promise.all(calls.map(settle))) {
            expect(error).toBeUndefined();
            slowest = Math.max(slowest, milliseconds);
          }
          await sleep(100);
        }
        for (const { error } of (await Promise.all(floods)).flat()) {
          expect(error?.code).toBe('ERR_API_KEYS_UNAVAILABLE');
        }
      } finally {
        await somebody.end();
      }
      // Nothing holds them up but this busy process.
      expect(slowest).toBeLessThan(1_000);
      expect(await store.find('unknown')).toBe(null);
      expect(await store.find(sampleKey().id)).toEqual(sampleKey());
    });

    it('is not in the way of changes either, and is answered', async () => {
      const store = await openStore();
      let isOver = false;
      let answered = 0;
      const flood = Array.from({ length: 1_200 }, async (_, index) => {
        while (!isOver) {
          const { error } = await settle(store.find(`unknown${index}`));
          if (error === undefined) answered += 1;
          // Who was refused does not come again at once.
          else await sleep(100);
        }
      });
      try {
        for (let round = 0; round < 10; round += 1) {
          const beat = store.feed.beat(instance.id, startOfFeed, 9);
          const change = insert(store, sampleKey({ id: `key${round}` }));
          expect((await settle(beat)).error).toBeUndefined();
          expect((await settle(change)).error).toBeUndefined();
        }
      } finally {
        // Else the flood would go on beside all tests that come later.
        isOver = true;
        await Promise.all(flood);
      }
      expect(answered).toBeGreaterThan(0);
      expect(await store.feed.lastSequence()).toBe(11);
    });
  },
);
