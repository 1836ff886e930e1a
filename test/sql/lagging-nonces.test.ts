import { Client } from 'pg';
import type { KeyStore } from '../../lib/ports/key-store.js';
import { createStoreReplayGuard } from '../../lib/signatures/store-replay-guard.js';
import { postgresStore } from '../../lib/sql/postgres/postgres-store.js';
import { startOfFeed } from '../../lib/ports/change-feed.js';
import { restartPostgres, startPostgres, startStandby } from '../servers/postgres.cjs';
import { waitUntil } from '../servers/wait-until.cjs';
import { settle } from './settle.js';

jest.setTimeout(180_000);

const logger = { warn: () => undefined, error: () => undefined };
const skewMs = 5_000;
const maxClockSkewMs = 60_000;
const unavailable = { code: 'ERR_API_KEYS_UNAVAILABLE' };
let primary: Awaited<ReturnType<typeof startPostgres>>;
let standby: Awaited<ReturnType<typeof startStandby>> | undefined;
const opened: KeyStore[] = [];

beforeAll(async () => {
  primary = await startPostgres();
});

afterAll(async () => {
  for (const store of opened) await store.close();
  await standby?.stop();
  await primary.stop();
});

async function open(url: string): Promise<KeyStore> {
  const store = postgresStore({ connection: url, logger });
  opened.push(store);
  await store.open();
  return store;
}

async function query<R>(url: string, ...statements: readonly string[]): Promise<readonly R[]> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    let rows: readonly R[] = [];
    for (const statement of statements) rows = (await client.query(statement)).rows as R[];
    return rows;
  } finally {
    await client.end();
  }
}

const countStandbys = async (): Promise<number> =>
  (await query(primary.url, 'select 1 from pg_stat_replication')).length;

/** Takes a signature that was made at a time, as a process without Redis does. */
function sign(store: KeyStore, name: string, signedAt = Date.now()): Promise<string> {
  const use = { name, signedAt, rememberUntil: signedAt + 300_000, now: Date.now() };
  return createStoreReplayGuard(store.nonces, skewMs, logger).take(use);
}

it('P2: a first start and a restart of the server lose no name', async () => {
  const store = await open(primary.url);
  expect(await sign(store, 'first')).toBe('first');
  primary = await restartPostgres(primary);
  await waitUntil(
    'the server answers',
    async () => (await settle(store.feed.instances())).error === undefined,
  );
  expect(await sign(store, 'first')).toBe('used');
  expect(await sign(store, 'second')).toBe('first');
});

it('P2: what was used before a failover to a standby that lagged is not used again without Redis', async () => {
  const before = await open(primary.url);
  standby = await startStandby(primary);
  await waitUntil('the standby streams', async () => (await countStandbys()) === 1);
  await query(standby.url, "alter system set primary_conninfo = ''", 'select pg_reload_conf()');
  await waitUntil('the standby is cut off', async () => (await countStandbys()) === 0);
  const signedAt = Date.now();
  expect(await sign(before, 'lost', signedAt)).toBe('first');
  expect(await before.nonces.take('lost code', signedAt + 90_000, Date.now(), signedAt)).toBe(true);
  await primary.kill();
  standby.promote();

  const after = await open(standby.url);
  const take = (name: string, since?: number): Promise<boolean> =>
    after.nonces.take(name, Date.now() + 90_000, Date.now(), since);
  // Before any process has recorded that a server took over, and after that.
  const [{ kept } = { kept: 1 }] = await query<{ kept: number }>(
    standby.url,
    'select count(*)::integer as kept from api_keys.audit_head where history_since > 0',
  );
  expect(kept).toBe(0);
  expect(await sign(after, 'lost', signedAt)).toBe('unknown');
  await after.feed.join({ id: 'after', acked: 0, leaseMs: 4_000 });
  await after.feed.beat('after', startOfFeed, 10);
  await waitUntil('the failover is recorded', async () => {
    const found = await query(standby!.url, 'select 1 from api_keys.audit_head where history_since > 0');
    return found.length === 1;
  });
  expect(await sign(after, 'lost', signedAt)).toBe('unknown');
  expect((await settle(take('lost code', signedAt))).error).toMatchObject(unavailable);
  // The clocks of signers and of processes may be ahead.
  expect(await sign(after, 'ahead', Date.now() + skewMs + maxClockSkewMs - 1_000)).toBe('unknown');
  // What cannot have been used by then is used once, as ever; what was refused was not taken.
  expect(await sign(after, 'later', Date.now() + skewMs + maxClockSkewMs + 1_000)).toBe('first');
  expect(await sign(after, 'later', Date.now() + skewMs + maxClockSkewMs + 1_000)).toBe('used');
  expect(await take('lost code')).toBe(true);
  // What the standby had is known.
  expect(await sign(after, 'second', signedAt)).toBe('used');
});
