import { setImmediate } from 'node:timers/promises';
import pg from 'pg';
import { eraseTraces } from '../../lib/manage/erase-traces.js';
import type { KeyStore } from '../../lib/ports/key-store.js';
import { postgresStore } from '../../lib/sql/postgres/postgres-store.js';
import {
  createSampleAccess,
  createSampleKey,
  createSampleObserved,
  insert,
} from '../../lib/store/sample-keys.js';
import { makeOwnDatabase } from '../harness/own-database.js';
import { waitsForLock } from './waits-for-lock.js';

jest.setTimeout(120_000);

const logger = { warn: () => undefined, error: () => undefined };
const ownerId = 'owner-1';
const key = createSampleKey({ ownerId });
/** What an erasure removes in one step. */
const perStep = 200;
const names = Array.from({ length: 2 * perStep + 1 }, (_, index) => `row${1000 + index}`);

/** How the rows of the owner get into a table, and which of them are removed first. */
const tables: Readonly<Record<string, { add: (store: KeyStore) => Promise<void>; first: string }>> = {
  access_events: {
    add: ({ accessLog }) => accessLog.add(names.map((id) => createSampleAccess({ id, ownerId }))),
    first: 'id in (select id from api_keys.access_events order by id limit 200)',
  },
  observed_refusals: {
    add: ({ observations }) =>
      observations.add(names.map((route) => createSampleObserved({ route, ownerId }))),
    first: 'route in (select route from api_keys.observed_refusals order by route limit 200)',
  },
  key_routes: {
    async add({ usage }) {
      // As many as a key may have on a day.
      for (let day = 0; day * 100 < names.length; day += 1) {
        const routes = names.slice(day * 100, (day + 1) * 100);
        await usage.addRoutes(
          routes.map((route) => ({ keyId: key.id, day, route, status: '2xx', count: 1 }) as const),
        );
      }
    },
    first: 'day < 2',
  },
};

/**
 * Does what is given while another process is deleting rows, which it has locked: `work` is waited for only when it waits for them, and
 * returns after these are gone.
 */
async function deleteBeside(
  fill: (store: KeyStore) => Promise<void>,
  { statement, deleted }: { readonly statement: string; readonly deleted: number },
  work: (store: KeyStore) => Promise<unknown>,
  expectAfter: (other: pg.Client) => Promise<void>,
): Promise<void> {
  const database = await makeOwnDatabase('PostgreSQL');
  const store = postgresStore({ connection: database.url, deadlineMs: 20_000, logger });
  const other = new pg.Client({ connectionString: database.url });
  try {
    await store.open();
    await fill(store);
    await other.connect();
    await other.query('begin');
    expect((await other.query(statement)).rowCount).toBe(deleted);
    const done = work(store);
    while (!(await waitsForLock(other, 'transactionid'))) await setImmediate();
    await other.query('commit');
    await done;
    await expectAfter(other);
  } finally {
    await other.end();
    await store.close();
    await database.remove();
  }
}

it.each(Object.entries(tables))(
  'an erasure leaves no row while another process removes some of the same ones: %s, on PostgreSQL',
  (table, { add, first }) =>
    deleteBeside(
      async (store) => {
        await insert(store, key);
        await add(store);
      },
      { statement: `delete from api_keys.${table} where ${first}`, deleted: perStep },
      (store) => eraseTraces(store, ownerId, [key.id], 1),
      async (other) => {
        const { rows } = await other.query(`select count(*) from api_keys.${table}`);
        expect(Number(rows[0]?.count)).toBe(0);
      },
    ),
);

it.each([
  ['hours that are not kept any more', { before: 1, keep: 1_000 }],
  ['more than are kept', { before: 0, keep: 40 }],
])(
  'pruning removes no count that is kept while another process removes the same ones: %s, on PostgreSQL',
  (_what, { before, keep }) => {
    const counts = (hour: number): readonly ReturnType<typeof createSampleObserved>[] =>
      names.slice(0, 40).map((route) => createSampleObserved({ route, hour }));
    return deleteBeside(
      (store) => store.observations.add([...counts(0), ...counts(3_600_000)]),
      { statement: 'delete from api_keys.observed_refusals where hour = 0', deleted: 40 },
      async (store) => expect(await store.observations.prune(before, keep, 500)).toBe(0),
      async (other) => {
        const { rows } = await other.query(
          'select count(*), min(hour) as hour from api_keys.observed_refusals',
        );
        expect(rows).toEqual([{ count: '40', hour: '3600000' }]);
      },
    );
  },
);
