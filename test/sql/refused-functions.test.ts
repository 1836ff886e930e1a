import pg from 'pg';
import { startOfFeed } from '../../lib/ports/change-feed.js';
import type { KeyStore } from '../../lib/ports/key-store.js';
import { postgresStore } from '../../lib/sql/postgres/postgres-store.js';
import { createSampleKey, insert } from '../../lib/store/sample-keys.js';
import { makeOwnDatabase, type OwnDatabase } from '../harness/own-database.js';
import { settle } from './settle.js';

jest.setTimeout(60_000);

let database: OwnDatabase;
let opened: KeyStore[];

beforeEach(async () => {
  opened = [];
  database = await makeOwnDatabase('PostgreSQL');
});
afterEach(async () => {
  for (const store of opened) await store.close();
  await database.remove();
});

async function open(): Promise<KeyStore> {
  const store = postgresStore({ connection: database.url, logger: { warn() {}, error() {} } });
  opened.push(store);
  await store.open();
  return store;
}

/** As on servers that have the function and do not carry it out: https://github.com/jobinau/pg_gather/issues/9 */
async function refuseFunction(errorCode: string): Promise<void> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    await client.query(`
      set allow_system_table_mods = on;
      alter function pg_catalog.pg_walfile_name(pg_lsn) rename to kept_walfile_name;
      create function pg_catalog.pg_walfile_name(pg_lsn) returns text language plpgsql as
        $$ begin raise exception 'not here' using errcode = '${errorCode}'; end $$`);
  } finally {
    await client.end();
  }
}

describe.each(['55000', '0A000', '42501'])('a server that answers for its history with %s', (errorCode) => {
  it('gets its tables, beats and changes all the same', async () => {
    await refuseFunction(errorCode);
    const store = await open();
    await store.feed.join({ id: 'instance-1', acked: 0, leaseMs: 4_000 });
    await insert(store, createSampleKey({ id: 'first' }));
    const [change] = await store.feed.latest(1);
    const answer = await store.feed.beat('instance-1', change ?? startOfFeed, 10);
    expect(answer).toMatchObject({ isListed: true, isKnown: true });
    expect(await (await open()).find('first')).not.toBeNull();
  });

  it('does so for processes that have asked for it before as well, after one beat', async () => {
    const store = await open();
    await store.feed.join({ id: 'instance-1', acked: 0, leaseMs: 4_000 });
    await insert(store, createSampleKey({ id: 'first' }));
    const [change = startOfFeed] = await store.feed.latest(1);
    const beat = () => settle(store.feed.beat('instance-1', change, 10));
    expect((await beat()).error).toBeUndefined();
    await refuseFunction(errorCode);
    await beat();
    for (let attempt = 0; attempt < 100 && (await beat()).error !== undefined; attempt += 1)
      await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await beat()).error).toBeUndefined();
    await insert(store, createSampleKey({ id: 'second' }));
    expect(await store.find('second')).not.toBeNull();
  });
});
