import { setTimeout as sleep } from 'node:timers/promises';
import Sqlite from 'libsql';
import pg from 'pg';
import { createService } from '../harness/service.js';
import { watchMachine } from '../harness/machine-watch.js';
import { EventLoopWatch } from '../harness/event-loop-watch.js';
import { makeEffective } from '../harness/make-effective.js';
import { createInstance } from '../harness/instance.js';
import type { OwnDatabase } from '../harness/own-database.js';
import { openOwnStore, type OwnStore } from '../harness/own-store.js';
import type { KeyStore } from '../../lib/ports/key-store.js';
import { theApp } from '../harness/the-app.js';

const machine = watchMachine();

jest.setTimeout(180_000);

/** One statement for all of them takes seconds. */
const expiredClaims = 300_000;

describe.each(['PostgreSQL', 'SQLite'] as const)('expired rows on %s', (kind) => {
  let database: OwnDatabase;
  let remove: OwnStore['remove'];
  let store: KeyStore;

  beforeEach(async () => {
    ({ store, database, remove } = await openOwnStore(kind));
  });
  afterEach(() => remove());

  /** On a connection of the test's own. */
  async function run(onPostgres: string, onSqlite: string): Promise<number> {
    if (kind === 'PostgreSQL') {
      const client = new pg.Client({ connectionString: database.url });
      await client.connect();
      try {
        return Number((await client.query<{ n: string }>(onPostgres)).rows[0]?.n ?? 0);
      } finally {
        await client.end();
      }
    }
    const file = new Sqlite(database.url.slice('file:'.length), { timeout: 5_000 });
    try {
      return Number((file.prepare(onSqlite).get() as { n?: number } | undefined)?.n ?? 0);
    } finally {
      file.close();
    }
  }

  const columns = 'idempotency_keys (name, payload_hash, key_id, created_at)';
  const addExpiredClaims = (): Promise<number> =>
    run(
      `insert into api_keys.${columns} select 'old' || i, 'x', 'k', i from generate_series(1, ${expiredClaims}) i`,
      `insert into ${columns} with recursive c(i) as (select 1 union all select i + 1 from c where i < ${expiredClaims})
       select 'old' || i, 'x', 'k', i from c returning 1 as n`,
    );
  const countClaims = (): Promise<number> =>
    run('select count(*) as n from api_keys.idempotency_keys', 'select count(*) as n from idempotency_keys');

  it('P15: a keyed change is made beside very many expired claims, and removes none of them', async () => {
    await addExpiredClaims();
    const { service, close } = createService({ store, clock: { now: () => Date.now() } });
    const admin = {
      actor: { kind: 'admin', id: 'ada' },
      address: null,
      requestId: null,
      managementScope: null,
    } as const;
    let tries = 0;
    try {
      const input = { name: 'CI', scopes: ['orders:read'], ownerId: 'alice' };
      const { isReplay } = await makeEffective(() =>
        service.createOnce(admin, `change ${(tries += 1)}`, input),
      );
      expect(isReplay).toBe(false);
    } finally {
      await close();
    }
    // One that was unavailable may have been made.
    const claims = await countClaims();
    expect(claims).toBeGreaterThan(expiredClaims);
    expect(claims).toBeLessThanOrEqual(expiredClaims + tries);
  });

  it('P15: expired claims are removed in the background until there are none, and the event loop goes on', async () => {
    await addExpiredClaims();
    const { apiKeys } = createInstance({ database: database.url, clock: { now: () => Date.now() } });
    await apiKeys.ready();
    await sleep(1_000);
    const loop = new EventLoopWatch(5);
    try {
      await sleep(1_000);
      const { ms: idleMs } = loop.takeLongest();
      let left = await countClaims();
      const before = left;
      for (const end = performance.now() + 60_000; performance.now() < end && left > before / 2;) {
        await makeEffective(() =>
          apiKeys.keys.as(theApp).create({ ownerId: 'alice', name: 'CI', scopes: ['orders:read'] }),
        );
        await sleep(1_000);
        left = await countClaims();
      }
      // Whatever the machine takes, it is not the seconds of one statement for all rows; and it goes on.
      expect(left).toBeLessThan(before);
      const longest = loop.takeLongest();
      await machine.expectWithin(1_000 + 10 * idleMs, longest.ms, longest.until);
    } finally {
      loop.stop();
      await apiKeys.close();
    }
  });
});
