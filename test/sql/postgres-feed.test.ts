import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { startOfFeed } from '../../lib/ports/change-feed.js';
import type { FeedPosition, FeedWatch } from '../../lib/ports/change-feed.js';
import type { KeyStore } from '../../lib/ports/key-store.js';
import { postgresStore } from '../../lib/sql/postgres/postgres-store.js';
import type { PostgresStoreOptions } from '../../lib/sql/postgres/postgres-store.js';
import { insert, createSampleEvent, createSampleKey } from '../../lib/store/sample-keys.js';
import { createDatabase } from '../servers/postgres.cjs';
import { bundleStores, runInChild } from './child-process.js';
import { watchMachine } from '../harness/machine-watch.js';
import { waitsForLock } from './waits-for-lock.js';

const machine = watchMachine();

// Every test makes a database of its own, and some wait for connections that come back.
jest.setTimeout(180_000);

const logger = { warn: () => {}, error: () => {} };
const instance = { id: 'instance-1', acked: 0, leaseMs: 4_000 };

let database: Awaited<ReturnType<typeof createDatabase>>;
let opened: KeyStore[];
let pools: pg.Pool[];

beforeEach(async () => {
  opened = [];
  pools = [];
  database = await createDatabase(process.env['TEST_DATABASE_URL'] ?? '');
});

afterEach(async () => {
  for (const store of opened) await store.close();
  for (const pool of pools) await pool.end();
  await database.drop();
});

async function openStore(options: Partial<PostgresStoreOptions> = {}): Promise<KeyStore> {
  const store = postgresStore({ connection: database.url, logger, ...options });
  opened.push(store);
  await store.open();
  return store;
}

function makePool(options: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool({ connectionString: database.url, ...options });
  pool.on('error', () => undefined);
  pools.push(pool);
  return pool;
}

/** A connection of somebody else to the same database. */
async function withClient<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** By the last statement of a connection: it listens, and asks from time to time. */
const isListener = `datname = current_database() and query ~ '^(listen|select sequence::text)'`;

const countListeners = (): Promise<number | null> =>
  withClient(
    async (client) => (await client.query(`select 1 from pg_stat_activity where ${isListener}`)).rowCount,
  );

/** Waits, generously, until something is so. */
async function expectSoon(isSo: () => boolean | Promise<boolean>, seconds = 60): Promise<void> {
  const end = performance.now() + seconds * 1_000;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`It was not so within ${seconds} s: ${isSo.toString()}`);
    await sleep(5);
  }
}

interface CountedWatch extends FeedWatch {
  readonly hints: number;
}

function watchAndCount(store: KeyStore): CountedWatch {
  let hints = 0;
  const watch = store.feed.watch(() => (hints += 1));
  return {
    get hints() {
      return hints;
    },
    mode: () => watch.mode(),
    stop: () => watch.stop(),
  };
}

/** A watch that is listening, and has reported that it is. */
async function pushedWatch(store: KeyStore): Promise<CountedWatch> {
  const watch = watchAndCount(store);
  await expectSoon(() => watch.mode() === 'push');
  // A question that was sent before may still be answered.
  await sleep(500);
  return watch;
}

describe('a beat in PostgreSQL', () => {
  it('is refused when the process is taken off the list while the beat waits for its row', async () => {
    const store = await openStore();
    await store.feed.join(instance);
    await withClient(async (client) => {
      await client.query(`begin; delete from api_keys.instances where id = '${instance.id}'`);
      const beat = store.feed.beat(instance.id, startOfFeed, 9);
      await expectSomebodyToWaitForALock(client);
      await insert(store, createSampleKey());
      await client.query('commit');
      expect((await beat).isListed).toBe(false);
    });
  });

  it('keeps the process on the list when it comes before the removal', async () => {
    const store = await openStore();
    await store.feed.join(instance);
    await withClient(async (client) => {
      await client.query(`begin; update api_keys.instances set beat = beat + 1 where id = '${instance.id}'`);
      const removal = store.feed.remove({ id: instance.id, beat: 0 });
      await expectSomebodyToWaitForALock(client);
      await client.query('commit');
      expect(await removal).toBe(false);
      expect(await store.feed.instances()).toEqual([{ ...instance, beat: 1, place: null }]);
    });
  });

  it('does not wait for changes', async () => {
    const store = await openStore();
    for (const id of [instance.id, 'another']) await store.feed.join({ ...instance, id });
    await withClient(async (client) => {
      await client.query('begin; select 1 from api_keys.audit_head for update');
      expect((await store.feed.beat(instance.id, startOfFeed, 9)).isListed).toBe(true);
      expect(await store.feed.remove({ id: 'another', beat: 0 })).toBe(true);
      expect(await store.feed.lastSequence()).toBe(0);
      await client.query('rollback');
    });
  });

  it('of a process that joins comes when the change under way is over, and not beside one that takes too long', async () => {
    const store = await openStore();
    await withClient(async (client) => {
      await client.query('begin; select 1 from api_keys.audit_head for update');
      const late = store.feed.join(instance);
      await expectSomebodyToWaitForALock(client);
      await client.query('rollback');
      await late;
      await client.query('begin; select 1 from api_keys.audit_head for update');
      await expect(store.feed.join({ ...instance, id: 'another' })).rejects.toMatchObject({
        code: 'ERR_API_KEYS_UNAVAILABLE',
      });
      await client.query('rollback');
      expect((await store.feed.instances()).map(({ id }) => id)).toEqual([instance.id]);
      // A caller that waits for the same end waits for no other one.
      await client.query('begin; select 1 from api_keys.audit_head for share');
      await store.feed.join({ ...instance, id: 'another' });
      await client.query('rollback');
    });
  });

  it('is right whatever isolation is the default of the database', async () => {
    const name = new URL(database.url).pathname.slice(1);
    await withClient((client) =>
      client.query(`alter database ${name} set default_transaction_isolation = 'serializable'`),
    );
    const store = await openStore();
    await store.feed.join(instance);
    await Promise.all([
      ...Array.from({ length: 10 }, (_, index) => insert(store, createSampleKey({ id: `key${index}` }))),
      ...Array.from({ length: 10 }, () => store.feed.beat(instance.id, startOfFeed, 99)),
    ]);
    expect((await store.feed.beat(instance.id, startOfFeed, 99)).changes.length).toBe(10);
  });

  async function expectSomebodyToWaitForALock(client: pg.Client): Promise<void> {
    await expectSoon(() => waitsForLock(client));
  }
});

describe('changes in PostgreSQL', () => {
  it('are read in the order of their numbers also when the first one takes long to commit', async () => {
    const [slow, fast, reader] = [await openStore(), await openStore(), await openStore()];
    await reader.feed.join(instance);
    let slowHasNumber = (): void => undefined;
    const hasNumber = new Promise<void>((resolve) => (slowHasNumber = resolve));
    const slowChange = slow.transact(async (transaction) => {
      const record = createSampleKey({ id: 'slow' });
      await transaction.insert(record, createSampleEvent(record));
      expect(transaction.position.sequence).toBe(1);
      slowHasNumber();
      await sleep(400);
    });
    await hasNumber;
    const fastChange = insert(fast, createSampleKey({ id: 'fast' }));
    const told: string[] = [];
    let applied: FeedPosition = startOfFeed;
    while (told.length < 2) {
      const { changes } = await reader.feed.beat(instance.id, applied, 9);
      for (const { sequence, keyId } of changes) told.push(`${sequence} ${keyId}`);
      applied = changes.at(-1) ?? applied;
    }
    expect(told).toEqual(['1 slow', '2 fast']);
    await Promise.all([slowChange, fastChange]);
  });
});

describe('a watch of PostgreSQL', () => {
  it('is notified of a commit at once', async () => {
    const [store, other] = [await openStore(), await openStore()];
    const watch = await pushedWatch(store);
    const delays: [from: number, to: number][] = [];
    for (let round = 0; round < 20; round += 1) {
      const { hints } = watch;
      await insert(other, createSampleKey({ id: `key${round}` }));
      const committed = performance.now();
      await expectSoon(() => watch.hints > hints);
      delays.push([committed, performance.now()]);
    }
    // While it is notified, it does not poll.
    await expectSoon(() => watch.mode() === 'push');
    const slowness = await machine.slowness();
    const added = delays.map(([from, to]) => slowness.addedMs(from, to)).toSorted((a, b) => a - b);
    expect(added[10]).toBeLessThan(500);
  });

  it('is not notified of changes that failed', async () => {
    const store = await openStore();
    const watch = await pushedWatch(store);
    for (let tries = 1; ; tries += 1) {
      const { hints } = watch;
      const failing = store.transact(async (transaction) => {
        await transaction.insert(createSampleKey(), createSampleEvent(createSampleKey()));
        throw new Error('no');
      });
      await expect(failing).rejects.toThrow('no');
      await sleep(200);
      // On a busy machine an answer to a question of before may come late, but not each time.
      if (watch.hints === hints) break;
      if (tries === 5) expect(watch.hints).toBe(hints);
    }
  });

  it('comes back when its connection is cut, and tells of changes in between', async () => {
    const [store, other] = [await openStore(), await openStore()];
    const watch = await pushedWatch(store);
    for (let round = 0; round < 3; round += 1) {
      const { hints } = watch;
      await withClient((client) =>
        client.query(`select pg_terminate_backend(pid) from pg_stat_activity where ${isListener}`),
      );
      await insert(other, createSampleKey({ id: `key${round}` }));
      await expectSoon(() => watch.hints > hints && watch.mode() === 'push');
    }
    const { hints } = watch;
    await insert(other, createSampleKey());
    await expectSoon(() => watch.hints > hints);
  });

  it('does not wake those who watch another schema', async () => {
    const long = `a${'b'.repeat(62)}`;
    const stores = [
      await openStore({ schema: 'one' }),
      await openStore({ schema: 'two' }),
      await openStore({ schema: long }),
      await openStore({ schema: `${long.slice(0, -1)}c` }),
    ];
    const watches = await Promise.all(stores.map(pushedWatch));
    for (const [index, store] of stores.entries()) {
      for (let tries = 1; ; tries += 1) {
        const before = watches.map((watch) => watch.hints);
        await insert(store, createSampleKey({ id: `key${tries}` }));
        await expectSoon(() => (watches[index]?.hints ?? 0) > (before[index] ?? 0));
        await sleep(100);
        const woken = watches.flatMap((watch, each) => (watch.hints > (before[each] ?? 0) ? [each] : []));
        // As above, one of another watch may come late.
        if (woken.length > 1 && tries < 5) continue;
        expect(woken).toEqual([index]);
        break;
      }
    }
  });

  it('takes no connection of a pool that was handed in', async () => {
    const pool = makePool({ max: 1 });
    const store = await openStore({ connection: pool });
    const other = await openStore();
    const watch = await pushedWatch(store);
    expect(await countListeners()).toBe(1);
    await insert(store, createSampleKey({ id: 'through the pool' }));
    const client = await pool.connect();
    const { hints } = watch;
    await insert(other, createSampleKey());
    await expectSoon(() => watch.hints > hints);
    await expectSoon(() => watch.mode() === 'push');
    client.release();
    await store.close();
    expect(await countListeners()).toBe(0);
  });

  it('asks again and again where a pool does not show how to make a client', async () => {
    const pool = makePool({ max: 2 });
    const store = await openStore({ connection: { connect: () => pool.connect() } });
    const watch = watchAndCount(store);
    await expectSoon(() => watch.hints > 0);
    const { hints } = watch;
    await insert(store, createSampleKey());
    await expectSoon(() => watch.hints > hints);
    expect(watch.mode()).toBe('poll');
  });

  it('asks again and again where listening succeeds but nothing is heard', async () => {
    // What a transaction pooler does: "listen" reaches some connection, and the messages are lost.
    class DeafClient extends pg.Client {
      override query(...args: unknown[]): never {
        const [text, ...others] = args;
        const isListen = typeof text === 'string' && text.startsWith('listen');
        return (super.query as (...all: unknown[]) => never)(isListen ? 'select 1' : text, ...others);
      }
    }
    const store = await openStore({ connection: makePool({ Client: DeafClient } as pg.PoolConfig) });
    const other = await openStore();
    const watch = await pushedWatch(store);
    await insert(other, createSampleKey({ id: 'unheard' }));
    await expectSoon(() => watch.mode() === 'poll');
    const { hints } = watch;
    await insert(other, createSampleKey());
    await expectSoon(() => watch.hints > hints);
  });

  it('is over when it was stopped, and when its store is closed', async () => {
    const store = await openStore();
    const stopped = await pushedWatch(store);
    const running = await pushedWatch(store);
    await stopped.stop();
    await stopped.stop();
    expect(stopped.mode()).toBe('poll');
    await store.close();
    expect(running.mode()).toBe('poll');
  });

  it('stopped right after its beginning leaves nothing behind', async () => {
    const store = await openStore();
    for (const milliseconds of [0, 1, 5, 20]) {
      const watch = watchAndCount(store);
      await sleep(milliseconds);
      await watch.stop();
    }
    await expectSoon(async () => (await countListeners()) === 0);
    await store.close();
    await expect(store.feed.lastSequence()).rejects.toEqual(
      expect.objectContaining({ code: 'ERR_API_KEYS_UNAVAILABLE' }),
    );
  });
});

describe('a process that watches PostgreSQL', () => {
  const bundle = bundleStores();

  it.each([
    ['a URL', (url: string) => JSON.stringify(url)],
    ['a pool that lets it exit', (url: string) => poolIn(url)],
  ])('through %s ends when it has nothing else to do', async (_, connection) => {
    const child = runInChild(
      bundle,
      `const store = stores.postgresStore({ connection: ${connection(database.url)}, logger: console });
      await store.open();
      const watch = store.feed.watch(() => undefined);
      for (let wait = 0; watch.mode() !== 'push' && wait < 1000; wait++) await new Promise((go) => setTimeout(go, 10));
      if (watch.mode() !== 'push') throw new Error('it does not listen');`,
      'idle',
    );
    const timeout = sleep(30_000, 'it is still there', { ref: false });
    expect(await Promise.race([child.ended, timeout])).toBeUndefined();
  });

  function poolIn(url: string): string {
    const path = JSON.stringify(require.resolve('pg'));
    return `new (require(${path}).Pool)({ connectionString: ${JSON.stringify(url)}, allowExitOnIdle: true })`;
  }
});
