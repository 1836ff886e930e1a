import Libsql from 'libsql';
import pg from 'pg';
import { createInstance } from '../harness/instance.js';
import { makeOwnDatabase, type OwnDatabase } from '../harness/own-database.js';
import { theApp } from '../harness/the-app.js';
import { createSampleEvent, createSampleKey, sampleTime } from '../../lib/store/sample-keys.js';
import { serializeAuditEntry } from '../../lib/ports/audit-chain.js';

jest.setTimeout(180_000);

const count = 200_000;
const dayMs = 24 * 60 * 60 * 1000;
/** What one page may read: where it ends, twice for a time, and the rows up to there. */
const perPage = 4_100;

/** Entries, refusals and owners, one a minute, that match no filter of the test but the first ones. */
function listInserts(payload: string): readonly string[] {
  const at = `${sampleTime} + n * 60000`;
  const name = (rare: string, rest: string): string => `case when n = 1 then '${rare}' else '${rest}' end`;
  return [
    `insert into audit_events (sequence, key_id, owner_id, action, actor_id, member_id, at, payload, hash)
     select n, 'key' || n % 40, 'owner' || n % 40, ${name('key.revoked', 'key.created')}, 'admin', 'member' || n % 40, ${at}, replace('${payload}', '"sequence":1', '"sequence":' || n), '' from numbers`,
    `insert into access_events (id, at, action, code, key_id, owner_id, payload)
     select cast(n as text), ${at}, 'access.refused', ${name('insufficient_scope', 'invalid_token')}, 'key' || n % 40, 'owner' || n % 40, '{}' from numbers`,
    `insert into owners (owner_id, suspended_at, version, created_at, updated_at)
     select 'owner' || n, case when n = ${count} then 1 end, 1, 0, 0 from numbers`,
    `update audit_head set sequence = ${count} where id = 1`,
  ];
}

const { payload } = serializeAuditEntry(createSampleEvent(createSampleKey()), 1);

async function fillPostgres({ url }: OwnDatabase): Promise<void> {
  const client = new pg.Client({ connectionString: url, options: '-c search_path=api_keys' });
  await client.connect();
  await client.query(
    `create temporary view numbers as select n from generate_series(1::bigint, ${count}) as n`,
  );
  for (const insert of listInserts(payload)) await client.query(insert);
  await client.query('vacuum analyze');
  await client.end();
}

/** How many rows were read from these tables; sessions count them when they end. */
async function countReadRows({ url }: OwnDatabase): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ read: string }>(
    `select sum(seq_tup_read + idx_tup_fetch) as read from pg_stat_user_tables
     where relname in ('audit_events', 'access_events', 'owners')`,
  );
  await client.end();
  return Number(rows[0]?.read);
}

function fillSqlite({ url }: OwnDatabase): void {
  const database = new Libsql(url.slice('file:'.length));
  const numbers = `with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < ${count})`;
  for (const insert of listInserts(payload)) {
    database.exec(
      insert.startsWith('insert') ? insert.replace(/\n\s*select/, `\n${numbers} select`) : insert,
    );
  }
  database.close();
}

type Log = ReturnType<ReturnType<typeof createInstance>['apiKeys']['audit']['as']>;
type Listed = Promise<{ readonly items: readonly unknown[]; readonly nextCursor: string | null }>;

const from = new Date(sampleTime + 30 * dayMs);
const to = new Date(sampleTime + 31 * dayMs);
const trailFilters = [
  { action: 'owner.erased' },
  { action: 'owner.erased', ownerId: 'owner1' },
  { keyId: 'key1', ownerId: 'owner2' },
  { actor: 'admin', memberId: 'none' },
  { actor: 'none', ownerId: 'owner1' },
  { action: 'owner.erased', memberId: 'member1' },
  { action: 'owner.erased', from, to },
  { action: 'owner.erased', from: to },
  { action: 'owner.erased', to: from },
  { ownerId: 'owner1', from, to },
];
const accessFilters = [
  { action: 'access.deprecated_secret' },
  { code: 'key_revoked' },
  { code: 'key_revoked', keyId: 'key1' },
  { code: 'key_revoked', ownerId: 'owner1' },
  { ownerId: 'owner1', keyId: 'key2' },
  { code: 'key_revoked', from, to },
];

/** Every list with every filter that no index answers. */
function listAll(audit: Log, owners: (suspended: boolean) => Listed): readonly (() => Listed)[] {
  return [
    ...trailFilters.map((filter) => () => audit.list(filter)),
    ...accessFilters.map((filter) => () => audit.listAccess(filter)),
    () => owners(true),
  ];
}

describe('lists of many rows with a filter that matches none', () => {
  it('P18: read a bounded number of rows for one page, on PostgreSQL', async () => {
    const database = await makeOwnDatabase('PostgreSQL');
    const first = createInstance({ database: database.url });
    await first.apiKeys.ready();
    await first.apiKeys.close();
    await fillPostgres(database);
    const idle = createInstance({ database: database.url });
    const beforeIdle = await countReadRows(database);
    await idle.apiKeys.ready();
    await idle.apiKeys.close();
    const before = await countReadRows(database);
    const { apiKeys } = createInstance({ database: database.url });
    await apiKeys.ready();
    const lists = listAll(apiKeys.audit.as(theApp), (suspended) =>
      apiKeys.owners.as(theApp).list({ suspended }),
    );
    for (const list of lists) await list();
    await apiKeys.close();
    const read = (await countReadRows(database)) - before - (before - beforeIdle);
    await database.remove();
    expect(read).toBeGreaterThan(1_000);
    expect(read).toBeLessThan(lists.length * perPage);
  });

  it('P18: end at once behind the time that was asked for, and find what there is', async () => {
    const database = await makeOwnDatabase('SQLite');
    const first = createInstance({ database: database.url });
    await first.apiKeys.ready();
    await first.apiKeys.close();
    fillSqlite(database);
    const { apiKeys } = createInstance({ database: database.url });
    await apiKeys.ready();
    const audit = apiKeys.audit.as(theApp);
    const walk = async (
      list: (cursor?: string) => Listed,
    ): Promise<readonly [pages: number, items: number]> => {
      let [pages, items] = [0, 0];
      let cursor: string | null | undefined;
      while (cursor !== null) {
        const page = await list(cursor);
        pages += 1;
        items += page.items.length;
        cursor = page.nextCursor;
      }
      return [pages, items];
    };
    const cursorOf = (cursor?: string) => (cursor === undefined ? {} : { cursor });
    try {
      // 1,440 entries a day, and a day more on either side.
      const [pages, items] = await walk((cursor) =>
        audit.list({ action: 'key.created', from, to, limit: 100, ...cursorOf(cursor) }),
      );
      expect(items).toBe(1_440);
      expect(pages).toBeLessThan(25);
      expect(
        await walk((cursor) =>
          audit.list({ from: new Date(sampleTime + count * dayMs), ...cursorOf(cursor) }),
        ),
      ).toEqual([1, 0]);
      const found = await walk((cursor) =>
        audit.listAccess({ code: 'insufficient_scope', ...cursorOf(cursor) }),
      );
      expect(found).toEqual([count / 1_000 + 1, 1]);
      const rare: unknown[] = [];
      for await (const entry of audit.export({ action: 'key.revoked' })) rare.push(entry);
      expect(rare).toHaveLength(1);
    } finally {
      await apiKeys.close();
      await database.remove();
    }
  });
});
