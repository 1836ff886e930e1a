import { setTimeout as sleep } from 'node:timers/promises';
import { startOfFeed } from '../../lib/ports/change-feed.js';
import type { KeyStore } from '../../lib/ports/key-store.js';
import { postgresStore } from '../../lib/sql/postgres/postgres-store.js';
import { insert, createSampleEvent, createSampleKey, createSampleUse } from '../../lib/store/sample-keys.js';
import { signalPostgres } from '../harness/signal-postgres.js';
import { startPostgres } from '../servers/postgres.cjs';
import { waitUntil } from '../servers/wait-until.cjs';
import { settle } from './settle.js';
import { watchMachine } from '../harness/machine-watch.js';

const machine = watchMachine();

jest.setTimeout(180_000);

describe('a PostgreSQL server that stands still', () => {
  const logger = { warn: () => {}, error: () => {} };
  let server: Awaited<ReturnType<typeof startPostgres>>;
  let store: KeyStore;

  beforeAll(async () => {
    server = await startPostgres();
    store = postgresStore({ connection: server.url, logger });
    await store.open();
    await insert(store, createSampleKey());
  });

  afterAll(async () => {
    signalPostgres(server.pid, 'SIGCONT');
    await store.close();
    await server.stop();
  });

  async function expectRecovery(): Promise<void> {
    signalPostgres(server.pid, 'SIGCONT');
    await waitUntil('it answers', async () => (await store.find(createSampleKey().id)) !== null);
    expect(await store.find(createSampleKey().id)).toEqual(createSampleKey());
    const before = await store.listEvents({ limit: 1 });
    await insert(store, createSampleKey({ id: `after${before[0]?.sequence}` }));
    const [newest] = await store.listEvents({ limit: 1 });
    expect(newest?.sequence).toBe((before[0]?.sequence ?? 0) + 1);
  }

  it('makes every call unavailable within its deadline, and all is well when it goes on', async () => {
    const newcomer = postgresStore({ connection: server.url, logger });
    signalPostgres(server.pid, 'SIGSTOP');
    // A request with a key waits for this one, and no answer may take a second.
    const reads = Promise.all(Array.from({ length: 30 }, () => settle(store.find('x'))));
    const calls = [
      reads.then(([first]) => Promise.reject(first?.error)),
      store.find('x', 'owner-1'),
      store.feed.join({ id: 'x', acked: 0, leaseMs: 1 }),
      store.feed.leave('x'),
      store.feed.beat('x', startOfFeed, 9),
      store.feed.latest(9),
      store.feed.lastSequence(),
      store.feed.instances(),
      store.feed.remove({ id: 'x', beat: 0 }),
      store.list({ now: 0, limit: 9 }),
      store.listEvents({ limit: 9 }),
      store.addDigest('x', 'y', 'z', 'd'),
      store.recordUse([createSampleUse({ keyId: 'x', at: 1, count: 1 })]),
      ...Array.from({ length: 5 }, (_, index) => insert(store, createSampleKey({ id: `lost${index}` }))),
      newcomer.open(),
    ];
    for (const { error, milliseconds } of await Promise.all(calls.map(settle))) {
      expect(error?.code).toBe('ERR_API_KEYS_UNAVAILABLE');
      await machine.expectWithin(2_500, milliseconds);
    }
    for (const { error, milliseconds } of await reads) {
      expect(error?.code).toBe('ERR_API_KEYS_UNAVAILABLE');
      await machine.expectWithin(1_000, milliseconds);
    }
    await expectRecovery();
    await newcomer.open();
    await newcomer.close();
  });

  it('is noticed by a watch, which can be stopped at once, and comes back when all is well', async () => {
    let hints = 0;
    const watch = store.feed.watch(() => (hints += 1));
    const mode = async (wanted: string): Promise<void> => {
      for (let wait = 0; watch.mode() !== wanted && wait < 3_000; wait += 1) await sleep(10);
      expect(watch.mode()).toBe(wanted);
    };
    await mode('push');
    signalPostgres(server.pid, 'SIGSTOP');
    await mode('poll');
    const another = store.feed.watch(() => undefined);
    await sleep(50);
    await machine.expectWithin(1_000, (await settle(another.stop())).milliseconds);
    await expectRecovery();
    await mode('push');
    const hintsBefore = hints;
    await insert(store, createSampleKey({ id: 'watched' }));
    for (let wait = 0; hints === hintsBefore && wait < 500; wait += 1) await sleep(10);
    expect(hints).toBeGreaterThan(hintsBefore);

    signalPostgres(server.pid, 'SIGSTOP');
    await machine.expectWithin(1_000, (await settle(watch.stop())).milliseconds);
    await expectRecovery();
  });

  it('in the middle of a change leaves no lock behind', async () => {
    const stuck = store.transact(async (transaction) => {
      await transaction.insert(createSampleKey({ id: 'stuck' }), createSampleEvent(createSampleKey()));
      signalPostgres(server.pid, 'SIGSTOP');
      await transaction.find('x');
    });
    const { error, milliseconds } = await settle(stuck);
    expect(error?.code).toBe('ERR_API_KEYS_UNAVAILABLE');
    await machine.expectWithin(2_500, milliseconds);
    await expectRecovery();
    expect(await store.find('stuck')).toBe(null);
  });
});
