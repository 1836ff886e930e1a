import pg from 'pg';
import type { KeyStore } from '../../lib/ports/key-store.js';
import { postgresStore } from '../../lib/sql/postgres/postgres-store.js';
import {
  createNextVersion,
  createSampleEvent,
  createSampleKey,
  createSampleUse,
  insert,
  sampleTime,
} from '../../lib/store/sample-keys.js';
import { createDatabase } from '../servers/postgres.cjs';
import { waitUntil } from '../servers/wait-until.cjs';

jest.setTimeout(180_000);

/** Keys of one chain, in the order of their ids. */
const ids = ['keylock000000001', 'keylock000000002', 'keylock000000003'] as const;
/** In which order a key and those above it can name them. */
const chains = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
].map((order) => order.map((index) => ids[index] as string));

const logger = { warn: () => undefined, error: () => undefined };

let database: Awaited<ReturnType<typeof createDatabase>>;
let store: KeyStore;
let holder: pg.Client;
let observer: pg.Client;

beforeEach(async () => {
  database = await createDatabase(process.env['TEST_DATABASE_URL'] ?? '');
  store = postgresStore({ connection: database.url, logger });
  await store.open();
  const credits = {
    ...{ remaining: 10_000, refilledAt: sampleTime },
    ...{ refillAmount: null, refillIntervalSeconds: null },
  };
  const [top, child, grandchild] = ids;
  const below = [
    { id: top, parentId: null },
    { id: child, parentId: top },
    { id: grandchild, parentId: child },
  ];
  await insert(store, ...below.map((each) => createSampleKey({ ...each, hasCredits: true, credits })));
  [holder, observer] = [1, 2].map(() => new pg.Client({ connectionString: database.url })) as [
    pg.Client,
    pg.Client,
  ];
  await holder.connect();
  await observer.connect();
});
afterEach(async () => {
  await holder.end();
  await observer.end();
  await store.close();
  await database.drop();
});

/** Which of the keys no transaction has locked. */
async function listFree(): Promise<readonly string[]> {
  await observer.query('begin');
  const { rows } = await observer.query<{ key_id: string }>(
    'select key_id from api_keys.key_credits order by key_id for update skip locked',
  );
  await observer.query('rollback');
  return rows.map(({ key_id: id }) => id);
}

async function isWaiting(): Promise<boolean> {
  const { rows } = await observer.query(
    "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
  );
  return rows.length === 1;
}

describe.each([false, true])(
  'credits of a key and of those above it, with those of a plan: %s',
  (isShared) => {
    const shared = isShared
      ? { ownerId: 'owner-1', environment: 'live', amount: 10_000, refillIntervalSeconds: null }
      : null;

    it('are locked in the order of the ids, in whatever order the keys are above each other', async () => {
      for (const [keyId = '', ...above] of chains) {
        for (const [index, held] of ids.entries()) {
          await holder.query('begin');
          await holder.query('select 1 from api_keys.key_credits where key_id = $1 for update', [held]);
          const paying = store.credits.spend({ keyId, above, shared }, 1, sampleTime);
          await waitUntil('the payment waits for the row', isWaiting);
          // It has locked those before the one that it waits for, and none behind it.
          expect({ keyId, above, held, free: await listFree() }).toEqual({
            ...{ keyId, above, held },
            free: ids.slice(index + 1),
          });
          await holder.query('commit');
          expect(await paying).toEqual({ isPaid: true, refillsAt: null });
        }
      }
    });
  },
);

it('parent and child are changed and pay at once, in both orders, and nothing waits in a circle', async () => {
  const [top, child, grandchild] = ids;
  const change = async (order: readonly string[]): Promise<void> => {
    await store.transact(async (transaction) => {
      for (const id of order) {
        const current = await transaction.find(id);
        if (current === null) throw new Error(`There is no key ${id}`);
        const next = createNextVersion(current);
        await transaction.update(next, createSampleEvent(next, { action: 'key.updated' }));
      }
    });
  };
  const changeAndUse = async (...order: readonly string[]): Promise<void> => {
    await change(order);
    await store.recordUse(order.map((keyId) => createSampleUse({ keyId })));
  };
  for (let round = 0; round < 6; round += 1) {
    const changes = [changeAndUse(top, child, grandchild), changeAndUse(grandchild, child, top)];
    const payments = chains.map(([keyId = '', ...above]) =>
      store.credits.spend({ keyId, above, shared: null }, 1, sampleTime),
    );
    await Promise.all(changes);
    expect((await Promise.all(payments)).every(({ isPaid }) => isPaid)).toBe(true);
  }
  // A deadlock is undone and run again, so that nothing else shows it. Connections count it at the latest when they end.
  await store.close();
  await waitUntil('the connections of the store have ended', async () => {
    const { rows } = await observer.query(
      "select 1 from pg_stat_activity where datname = current_database() and backend_type = 'client backend'",
    );
    return rows.length === 2;
  });
  const { rows } = await observer.query<{ deadlocks: string }>(
    'select deadlocks from pg_stat_database where datname = current_database()',
  );
  expect(rows).toEqual([{ deadlocks: '0' }]);
});
