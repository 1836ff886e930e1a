import { Client } from 'pg';
import type { KeyStore } from '../../lib/ports/key-store.js';
import { startOfFeed } from '../../lib/ports/change-feed.js';
import { postgresStore } from '../../lib/sql/postgres/postgres-store.js';
import {
  createNextVersion,
  createSampleKey,
  createSampleUse,
  insert,
  update,
} from '../../lib/store/sample-keys.js';
import { startPostgres } from '../servers/postgres.cjs';
import { waitUntil } from '../servers/wait-until.cjs';
import { settle } from './settle.js';

jest.setTimeout(90_000);

let server: Awaited<ReturnType<typeof startPostgres>>;
let store: KeyStore;

beforeAll(async () => {
  // Nothing but a commit that waits writes the log.
  server = await startPostgres({ args: ['-c', 'synchronous_commit=off', '-c', 'wal_writer_delay=10s'] });
  store = postgresStore({
    connection: server.url,
    logger: { warn: () => undefined, error: () => undefined },
  });
  await store.open();
  await store.feed.join({ id: 'one', acked: 0, leaseMs: 60_000 });
});

afterAll(async () => {
  await store.close();
  await server.stop();
});

async function query<R>(statement: string): Promise<readonly R[]> {
  const client = new Client({ connectionString: server.url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(statement)).rows as R[];
  } finally {
    await client.end();
  }
}

/** A backend is killed, and the server recovers from its log. What was in its memory only is gone. */
async function crash(): Promise<void> {
  const [backend] = await query<{ pid: number }>(
    "select pid from pg_stat_activity where pid <> pg_backend_pid() and backend_type = 'client backend' limit 1",
  );
  process.kill(backend?.pid ?? 0, 'SIGKILL');
  await waitUntil('the server has recovered', async () => {
    return (
      (await settle(query('select 1'))).error === undefined &&
      (await settle(store.list({ now: 0, limit: 1 }))).error === undefined
    );
  });
}

it('a count that was recorded may be lost: nobody waits for the disk for it', async () => {
  const record = createSampleKey({ id: 'counted' });
  await insert(store, record);
  await store.recordUse([createSampleUse({ keyId: record.id })]);
  await crash();
  expect((await store.find(record.id))?.useCount).toBe(0);
});

/** What is done, and whether it is still done after a crash. */
const kept: Record<string, () => Promise<() => Promise<unknown>>> = {
  async 'a revocation'() {
    const record = createSampleKey({ id: 'revoked' });
    await insert(store, record);
    await update(store, createNextVersion(record, { revokedAt: 1 }));
    return async () => (await store.find(record.id))?.revokedAt === 1;
  },
  async 'a process on the list'() {
    await store.feed.join({ id: 'another', acked: 0, leaseMs: 4_000 });
    return async () => (await store.feed.instances()).some(({ id }) => id === 'another');
  },
  async 'a beat'() {
    const read = async (): Promise<number> =>
      (await store.feed.instances()).find(({ id }) => id === 'one')?.beat ?? 0;
    const before = await read();
    await store.feed.beat('one', startOfFeed, 1);
    return async () => (await read()) > before;
  },
  async 'a nonce'() {
    await store.nonces.take('nonce', 4e12, 1);
    return async () => !(await store.nonces.take('nonce', 4e12, 1));
  },
  async 'a refresh token that was replaced'() {
    const keyId = createSampleKey().id;
    await insert(store, createSampleKey());
    const { refreshGrants } = store.tokens;
    const grant = { id: 'chain', keyId, credentialId: 'credential01', scopes: [], session: null };
    await refreshGrants.add({ ...grant, expiresAt: 4e12, digest: 'first' });
    await refreshGrants.replace('chain', 'first', 'second');
    return async () => (await refreshGrants.find('chain'))?.digest === 'second';
  },
};

it.each(Object.keys(kept))('%s survives a crash of a server with synchronous_commit = off', async (name) => {
  const isKept = await kept[name]!();
  await crash();
  expect(await isKept()).toBe(true);
});
