import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { startOfFeed } from '../../lib/ports/change-feed.js';
import type { KeyStore } from '../../lib/ports/key-store.js';
import { postgresStore } from '../../lib/sql/postgres/postgres-store.js';
import { sqliteStore } from '../../lib/sql/sqlite/sqlite-store.js';
import { createSampleKey, insert } from '../../lib/store/sample-keys.js';
import { makeOwnDatabase, type OwnDatabase } from '../harness/own-database.js';
import { settle } from './settle.js';

jest.setTimeout(120_000);

const logger = { warn: () => {}, error: () => {} };
const instance = { id: 'instance-1', acked: 0, leaseMs: 4_000 };
/** What is written for requests before something else gets its turn: what runs already, and one of each round. */
const mayGoBefore = 40;

const running: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of running.splice(0).toReversed()) await stop();
});

function openStoreOf(kind: 'PostgreSQL' | 'SQLite', { url }: OwnDatabase): KeyStore {
  if (kind === 'SQLite') return sqliteStore({ file: url.slice('file:'.length), logger });
  return postgresStore({ connection: url, maxConnections: 3, logger });
}

async function start(kind: 'PostgreSQL' | 'SQLite'): Promise<KeyStore> {
  const database = await makeOwnDatabase(kind);
  running.push(() => database.remove());
  const store = openStoreOf(kind, database);
  await store.open();
  running.push(() => store.close());
  await store.feed.join(instance);
  await insert(store, createSampleKey({ id: 'first' }));
  return store;
}

/** Writes for requests, all at once; counts those that have settled. */
function floodWith(count: number, write: (index: number) => Promise<unknown>) {
  const counts = { settled: 0, refused: 0 };
  const all = Array.from({ length: count }, async (_, index) => {
    const { error } = await settle(write(index));
    counts.settled += 1;
    if (error === undefined) return;
    if (error.code !== 'ERR_API_KEYS_UNAVAILABLE') throw error;
    counts.refused += 1;
  });
  return { counts, ended: Promise.all(all) };
}

const until = Date.now() + 60_000;
const floods = {
  'nonces of signatures': (store: KeyStore) => (index: number) =>
    store.nonces.take(`nonce${index}`, until, Date.now()),
  'ends of token chains': (store: KeyStore) => (index: number) =>
    store.tokens.refreshGrants.remove(`grant${index}`),
} as const;

describe.each(['PostgreSQL', 'SQLite'] as const)('on %s', (kind) => {
  it.each(Object.keys(floods) as (keyof typeof floods)[])(
    'P4: a flood of %s delays neither beats nor changes',
    async (name) => {
      const store = await start(kind);
      const { counts, ended } = floodWith(900, floods[name](store));
      const settledBefore = async (work: Promise<unknown>): Promise<number> => {
        const before = counts.settled;
        await work;
        return counts.settled - before;
      };
      const waited = await Promise.all([
        settledBefore(store.feed.beat(instance.id, startOfFeed, 9)),
        settledBefore(store.transact(async () => undefined, { lane: 'taking' })),
        settledBefore(insert(store, createSampleKey({ id: 'second' }))),
      ]);
      await ended;
      expect(Math.max(...waited)).toBeLessThan(mayGoBefore);
      expect(counts.settled).toBe(900);
    },
  );

  it('P4: more of them than can wait are refused at once, and the rest is written', async () => {
    const store = await start(kind);
    const { counts, ended } = floodWith(4_000, floods['nonces of signatures'](store));
    await sleep(0);
    expect(counts.refused).toBeGreaterThanOrEqual(4_000 - 1_100);
    await ended;
    expect(counts.refused).toBeLessThan(4_000);
    expect(await store.nonces.take('another', until, Date.now())).toBe(true);
  });
});

describe('a pool whose clients are all taken', () => {
  it('P4: fails requests first, and keeps what revokes waiting for the next client', async () => {
    const database = await makeOwnDatabase('PostgreSQL');
    running.push(() => database.remove());
    const pool = new pg.Pool({ connectionString: database.url, max: 6, connectionTimeoutMillis: 400 });
    running.push(() => pool.end());
    const store = postgresStore({ connection: pool, logger });
    await store.open();
    running.push(() => store.close());
    const taken = await Promise.all(Array.from({ length: 6 }, () => pool.connect()));
    const lookups = Promise.all(
      Array.from({ length: 30 }, (_, index) => settle(store.find(`unknown${index}`))),
    );
    await sleep(300);
    const revoking = settle(store.transact(async () => 'revoked', { lane: 'taking' }));
    // By now the clients that the look-ups had asked for have been refused.
    await sleep(250);
    for (const client of taken) client.release();
    expect((await revoking).error).toBeUndefined();
    await lookups;
  });
});
