import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { startOfFeed } from '../../lib/ports/change-feed.js';
import type { KeyStore } from '../../lib/ports/key-store.js';
import { postgresStore } from '../../lib/sql/postgres/postgres-store.js';
import { sqliteStore } from '../../lib/sql/sqlite/sqlite-store.js';
import { createSampleEvent, createSampleKey, insert, sampleTime } from '../../lib/store/sample-keys.js';
import { makeEffective } from '../harness/make-effective.js';
import { makeOwnDatabase, type OwnDatabase } from '../harness/own-database.js';
import { settle } from './settle.js';

jest.setTimeout(120_000);

const logger = { warn: () => {}, error: () => {} };
const instance = { id: 'instance-1', acked: 0, leaseMs: 4_000 };
const chain = {
  ...{ id: 'chain', keyId: 'first', credentialId: 'c', scopes: [], session: null },
  ...{ expiresAt: Date.now() + 60_000, digest: 'd' },
};
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
  await store.tokens.refreshGrants.add(chain);
  return store;
}

/** As revocations do, and tokens that are used again. */
async function endChain(store: KeyStore): Promise<void> {
  const event = createSampleEvent(createSampleKey({ id: 'first' }), { action: 'token.revoked' });
  await store.transact((transaction) => transaction.revokeToken(chain, event), { lane: 'taking' });
}

/** Writes for requests, all at once; counts those that have settled, and how. */
function floodWith(count: number, write: (index: number) => Promise<unknown>) {
  const counts = { settled: 0, written: 0, refused: 0 };
  const all = Array.from({ length: count }, async (_, index) => {
    const { error } = await settle(write(index));
    counts.settled += 1;
    if (error === undefined) {
      counts.written += 1;
      return;
    }
    if (error.code !== 'ERR_API_KEYS_UNAVAILABLE') throw error;
    counts.refused += 1;
  });
  return { counts, ended: Promise.all(all) };
}

const until = Date.now() + 60_000;
const floods = {
  'nonces of signatures': (store: KeyStore) => (index: number) =>
    store.nonces.take(`nonce${index}`, until, Date.now()),
  'surplus chains that are removed': (store: KeyStore) => (index: number) =>
    store.tokens.refreshGrants.remove(`grant${index}`),
} as const;

describe.each(['PostgreSQL', 'SQLite'] as const)('on %s', (kind) => {
  it.each(Object.keys(floods) as (keyof typeof floods)[])(
    'P4: a flood of %s delays neither beats, nor changes, nor the end of a chain',
    async (name) => {
      const store = await start(kind);
      const { counts, ended } = floodWith(900, floods[name](store));
      // Such a change may be refused on a machine that stands still; what was written before the refusal counts all the same.
      const writtenBefore = async (work: () => Promise<unknown>): Promise<number> => {
        let most = 0;
        return makeEffective(async () => {
          // A slow machine refuses the rest of the flood at once, which delays nothing.
          const before = counts.written;
          await work().finally(() => (most = Math.max(most, counts.written - before)));
          return most;
        });
      };
      let inserted = 0;
      const waited = await Promise.all([
        writtenBefore(() => endChain(store)),
        writtenBefore(() => store.feed.beat(instance.id, startOfFeed, 9)),
        writtenBefore(() => store.transact(async () => undefined, { lane: 'taking' })),
        writtenBefore(() => insert(store, createSampleKey({ id: `later ${(inserted += 1)}` }))),
      ]);
      await ended;
      expect(await store.tokens.refreshGrants.find(chain.id)).toBe(null);
      expect(Math.max(...waited)).toBeLessThan(mayGoBefore);
      expect(counts.settled).toBe(900);
    },
  );

  it('P4: more of them than can wait are refused at once, and none of those that come later', async () => {
    const store = await start(kind);
    const { counts, ended } = floodWith(3_000, floods['nonces of signatures'](store));
    await sleep(0);
    expect(counts.refused).toBeGreaterThanOrEqual(3_000 - 1_100);
    await ended;
    let tries = 0;
    const taken = await makeEffective(() => store.nonces.take(`another ${(tries += 1)}`, until, Date.now()));
    expect(taken).toBe(true);
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

describe('the uses of a key that is being deleted', () => {
  it('do not take those of other keys with them', async () => {
    const database = await makeOwnDatabase('PostgreSQL');
    running.push(() => database.remove());
    const store = openStoreOf('PostgreSQL', database);
    await store.open();
    running.push(() => store.close());
    for (const id of ['deleted', 'kept']) await insert(store, createSampleKey({ id }));
    const somebody = new pg.Client({ connectionString: database.url });
    await somebody.connect();
    running.push(() => somebody.end());
    await somebody.query("begin; delete from api_keys.credentials where key_id = 'deleted'");
    await somebody.query("delete from api_keys.keys where id = 'deleted'");
    const recording = settle(
      store.recordUse(
        ['deleted', 'kept'].map((keyId) => ({
          ...{ keyId, at: sampleTime, count: 3, verdict: 'rate_limited' as const },
          ...{ address: null, parts: [] },
        })),
      ),
    );
    // Until the statement waits for what becomes of the key.
    for (let waiting = 0; waiting === 0;) {
      const { rows } = await findWaitingSessions(database);
      waiting = rows.length;
    }
    await somebody.query('commit');
    expect((await recording).error).toBeUndefined();
    const { rows } = await somebody.query('select key_id, count from api_keys.key_usage');
    expect(rows).toEqual([{ key_id: 'kept', count: expect.anything() as unknown }]);
    expect(Number(rows[0]?.count)).toBe(3);
  });
});

async function findWaitingSessions({ url }: OwnDatabase): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await client.query(
      "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
    );
  } finally {
    await client.end();
  }
}
