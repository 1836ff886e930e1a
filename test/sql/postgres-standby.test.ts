import { Client } from 'pg';
import { startOfFeed } from '../../lib/ports/change-feed.js';
import type { KeyStore } from '../../lib/ports/key-store.js';
import type { PgClient, PgPool } from '../../lib/sql/postgres/postgres-pool.js';
import { postgresStore } from '../../lib/sql/postgres/postgres-store.js';
import type { RefreshGrant } from '../../lib/ports/token-store.js';
import {
  insert,
  createSampleEvent,
  createSampleKey,
  createSampleOwner,
  createSampleOwnerEvent,
} from '../../lib/store/sample-keys.js';
import { startPostgres, startStandby } from '../servers/postgres.cjs';
import { waitUntil } from '../servers/wait-until.cjs';
import { watchMachine } from '../harness/machine-watch.js';
import { settle } from './settle.js';

jest.setTimeout(180_000);

const machine = watchMachine();

const unavailable = { code: 'ERR_API_KEYS_UNAVAILABLE' };
let primary: Awaited<ReturnType<typeof startPostgres>>;
let standby: Awaited<ReturnType<typeof startStandby>>;
/** Where new connections of the pool lead, in turn. */
let targets: readonly string[];
const opened: string[] = [];
let store: KeyStore;

/** Keeps what is given back, as every pool does. */
const idle: PgClient[] = [];
const clients: Client[] = [];
const pool: PgPool = {
  async connect() {
    const known = idle.shift();
    if (known !== undefined) return known;
    const url = targets[opened.length % targets.length] ?? '';
    opened.push(url);
    const client = new Client({ connectionString: url });
    client.on('error', () => undefined);
    await client.connect();
    clients.push(client);
    const pooled: PgClient = Object.assign(client as unknown as PgClient, {
      release: (destroy?: boolean) => {
        if (destroy === true) void client.end();
        else idle.push(pooled);
      },
    });
    return pooled;
  },
};

async function run(url: string, statement: string): Promise<readonly unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}

async function setOnPrimary(setting: string): Promise<void> {
  await run(primary.url, `alter system set ${setting}`);
  await run(primary.url, 'select pg_reload_conf()');
}

beforeAll(async () => {
  primary = await startPostgres();
  targets = [primary.url];
  store = postgresStore({ connection: pool, logger: { warn: () => undefined, error: () => undefined } });
  await store.open();
  await store.feed.join({ id: 'one', acked: 0, leaseMs: 4_000 });
  await insert(store, createSampleKey());
  standby = await startStandby(primary);
});

afterAll(async () => {
  await setOnPrimary("synchronous_standby_names = ''");
  await store.close();
  await Promise.all(clients.map((client) => client.end()));
  await standby.stop();
  await primary.stop();
});

/** No read is believed, neither of what is there nor of what is not. */
async function expectOutage(): Promise<void> {
  const { id, ownerId } = createSampleKey();
  const reads = [
    store.find(id),
    store.find(id, ownerId),
    store.find('nobody'),
    store.existing(['nobody']),
    store.findTaken(['nobody']),
    store.tokens.isRevoked('other'),
    store.list({ now: 0, limit: 5 }),
  ];
  for (const read of reads) expect((await settle(read)).error).toMatchObject(unavailable);
}

it('P2: what was seen committed is in every read, whichever server a connection leads to', async () => {
  await waitUntil('the standby has the key', async () => {
    return (await run(standby.url, 'select id from api_keys.keys')).length === 1;
  });
  await run(standby.url, 'select pg_wal_replay_pause()');
  await store.transact(async (transaction) => {
    const revoked = createSampleKey({ version: 2, revokedAt: 1 });
    await transaction.update(revoked, createSampleEvent(revoked));
    const token = { id: 'token', keyId: createSampleKey().id, expiresAt: 4e12 };
    await transaction.revokeToken(token, createSampleEvent(revoked, { action: 'token.revoked' }));
  });
  const { changes } = await store.feed.beat('one', startOfFeed, 500);
  expect(changes).toHaveLength(3);

  targets = [standby.url, primary.url];
  const { id, ownerId } = createSampleKey();
  for (let round = 0; round < 10; round += 1) {
    // What is idle is forgotten, so that each read may get the standby.
    idle.length = 0;
    expect(await store.find(id)).toMatchObject({ version: 2, revokedAt: 1 });
    idle.length = 0;
    expect(await store.find(id, ownerId)).toMatchObject({ version: 2 });
    idle.length = 0;
    expect(await store.tokens.isRevoked('token')).toBe(true);
    idle.length = 0;
    expect((await store.list({ now: 0, limit: 5 })).map(({ version }) => version)).toEqual([2]);
    idle.length = 0;
    expect(await store.feed.lastSequence()).toBe(3);
    idle.length = 0;
    expect(await store.find('nobody')).toBeNull();
  }
  expect(opened).toContain(standby.url);
  // The connections that were found to lead to the standby were not given back.
  idle.length = 0;
  for (let round = 0; round < 4; round += 1) await store.find(id);
  expect(new Set(opened.slice(-4))).toContain(standby.url);
  expect(idle).toHaveLength(1);

  targets = [standby.url];
  idle.length = 0;
  await expectOutage();
  await run(standby.url, 'select pg_wal_replay_resume()');
  const [sequence] = await run(primary.url, 'select max(sequence) as last from api_keys.audit_events');
  await waitUntil('the standby has caught up', async () => {
    const [own] = await run(standby.url, 'select max(sequence) as last from api_keys.audit_events');
    return JSON.stringify(own) === JSON.stringify(sequence);
  });
  // One that has caught up takes no changes: it lacks those that other processes commit from now on.
  await expectOutage();
  expect((await settle(store.feed.beat('one', startOfFeed, 500))).error).toMatchObject(unavailable);
  targets = [primary.url];
  idle.length = 0;
});

/** Leads each transaction, and each statement outside of one, to one of two servers: what PgBouncer does in transaction mode. */
function createTransactionPooler(urls: readonly string[]): PgPool & { end(): Promise<unknown> } {
  const connected: Client[] = [];
  // Those of a pool that were not discarded.
  const idlePairs: PgClient[] = [];
  let turn = 0;
  /** 0 or 1, in an order in which no number of statements always ends at the same server. */
  const chooseNext = (): number => {
    turn += 1;
    return [...turn.toString(2)].filter((digit) => digit === '1').length % 2;
  };
  async function createPair(): Promise<PgClient> {
    const backends = await Promise.all(
      urls.map(async (url) => {
        const backend = new Client({ connectionString: url });
        backend.on('error', () => undefined);
        await backend.connect();
        connected.push(backend);
        return backend as unknown as PgClient;
      }),
    );
    let inTransaction: PgClient | undefined;
    const pair: PgClient = {
      on: () => undefined,
      removeListener: () => undefined,
      async query(query) {
        const backend = inTransaction ?? backends[chooseNext()]!;
        inTransaction = query.text.startsWith('begin') ? backend : inTransaction;
        if (['commit', 'rollback'].includes(query.text)) inTransaction = undefined;
        return backend.query(query);
      },
      release: (destroy) => {
        if (destroy !== true) idlePairs.push(pair);
      },
    };
    return pair;
  }
  return {
    connect: async () => idlePairs.shift() ?? createPair(),
    end: () => Promise.all(connected.map((backend) => backend.end())),
  };
}

/** Some of the attempts reach the standby. */
async function repeatUntilDone(work: () => Promise<unknown>): Promise<void> {
  for (let attempts = 1; attempts <= 20; attempts += 1) {
    if ((await settle(work())).error === undefined) return;
  }
  throw new Error('none of 20 attempts has reached the primary');
}

it('P2: behind a pooler in transaction mode, each read is answered by the server that was checked', async () => {
  const pooler = createTransactionPooler([primary.url, standby.url]);
  const pooled = postgresStore({
    connection: pool,
    logger: { warn: () => undefined, error: () => undefined },
  });
  await pooled.open();
  await pooled.feed.join({ id: 'pooled', acked: 0, leaseMs: 4_000 });
  const grant = {
    ...{ id: 'chain', keyId: 'chain-key', credentialId: 'credential01' },
    ...{ scopes: [], session: 'bot', expiresAt: 4e12, digest: 'first' },
  } satisfies RefreshGrant;
  await insert(store, createSampleKey({ id: grant.keyId }));
  await store.tokens.refreshGrants.add(grant);
  await waitUntil('the standby has the chain', async () => {
    return (await run(standby.url, 'select id from api_keys.refresh_grants')).length === 1;
  });
  await run(standby.url, 'select pg_wal_replay_pause()');
  await store.tokens.refreshGrants.replace('chain', 'first', 'second');
  await store.tokens.signingKeys.add({
    ...{ id: 'new', algorithm: 'HS256', sealedKey: 'sealed', createdAt: 1, activeFrom: 1 },
  });
  await store.feed.join({ id: 'late', acked: 0, leaseMs: 4_000 });
  await store.transact(async (transaction) => {
    const owner = createSampleOwner();
    await transaction.putOwner(owner, createSampleOwnerEvent(owner));
    await transaction.claim({ name: 'claim', payloadHash: 'hash', keyId: 'k', createdAt: 1 }, 0);
  });
  await insert(store, createSampleKey({ id: 'late-key' }));

  const leading = postgresStore({
    connection: pooler,
    logger: { warn: () => undefined, error: () => undefined },
    migrate: 'check',
  });
  await repeatUntilDone(() => leading.open());
  // What it has seen, it has seen on the primary.
  for (let round = 0; round < 4; round += 1) {
    await repeatUntilDone(() => leading.transact(async () => undefined));
    const { refreshGrants, signingKeys } = leading.tokens;
    const reads: [() => Promise<unknown>, unknown][] = [
      [async () => (await refreshGrants.find('chain'))?.digest, 'second'],
      [async () => (await refreshGrants.sessions(grant.keyId, 1)).map(({ digest }) => digest), ['second']],
      [async () => (await signingKeys.list()).map(({ id }) => id), ['new']],
      [async () => (await leading.feed.instances()).some(({ id }) => id === 'late'), true],
      [async () => (await leading.owners.find(createSampleOwner().ownerId))?.version, 1],
      [async () => (await leading.claims.find('claim'))?.payloadHash, 'hash'],
      [async () => (await leading.existing(['late-key'])).size, 1],
      [async () => (await leading.list({ now: 0, limit: 5 })).some(({ id }) => id === 'late-key'), true],
      [async () => (await leading.feed.latest(1)).map(({ keyId }) => keyId), ['late-key']],
    ];
    for (const [read, expected] of reads) {
      const found = await read().catch((error: { code: unknown }) => error.code);
      expect([expected, unavailable.code]).toContainEqual(found);
    }
  }
  await pooled.close();
  await leading.close();
  await pooler.end();
  await run(standby.url, 'select pg_wal_replay_resume()');
});

it('P2: an old primary that only answers reads is not believed, though it has all changes that were seen', async () => {
  expect(await store.find('nobody')).toBeNull();
  await setOnPrimary('default_transaction_read_only = on');
  await waitUntil('the connections of the pool are read only', async () => {
    return (await settle(store.find('nobody'))).error !== undefined;
  });
  await expectOutage();
  const writable = `${primary.url}?options=${encodeURIComponent('-c default_transaction_read_only=off')}`;
  await run(writable, 'alter system reset default_transaction_read_only');
  await run(writable, 'select pg_reload_conf()');
  await waitUntil('the server takes changes again', async () => {
    return (await settle(store.find('nobody'))).error === undefined;
  });
});

it('P2: a primary that waits for its synchronous standby in vain says of no change and no beat that it is done', async () => {
  await setOnPrimary("synchronous_standby_names = 'standby'");
  await insert(store, createSampleKey({ id: 'replicated' }));
  await standby.kill();
  const work = [
    () => insert(store, createSampleKey({ id: 'left-alone' })),
    () => store.feed.beat('one', startOfFeed, 500),
  ];
  for (const step of work) {
    const { error, milliseconds } = await settle(step());
    expect(error).toMatchObject(unavailable);
    await machine.expectWithin(3_000, milliseconds);
  }
});
