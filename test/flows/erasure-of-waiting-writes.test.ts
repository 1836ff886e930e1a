import express, { type Express } from 'express';
import request from 'supertest';
import { postgresStore } from '../../lib/sql/postgres/postgres-store.js';
import { sqliteStore } from '../../lib/sql/sqlite/sqlite-store.js';
import type { KeyStore } from '../../lib/store/index.js';
import { memoryStore } from '../../lib/testing/index.js';
import { createDeribitApp, type DeribitKey } from '../dialects/deribit-app.js';
import { createInstance, type TestInstance } from '../harness/instance.js';
import { makeOwnDatabase } from '../harness/own-database.js';
import { startSignedApp } from '../harness/signed-app.js';
import { sent } from '../harness/signing.js';
import { theApp } from '../harness/the-app.js';
import { waitUntil } from '../servers/wait-until.cjs';

const silent = { warn: () => undefined, error: () => undefined };

/** Stores of one database, for two processes. */
async function openStores(kind: string): Promise<{ stores: [KeyStore, KeyStore]; remove(): Promise<void> }> {
  if (kind === 'a store in memory') {
    const store = memoryStore();
    return { stores: [store, store], remove: async () => undefined };
  }
  const database = await makeOwnDatabase(kind === 'SQLite' ? 'SQLite' : 'PostgreSQL');
  const open = (): KeyStore =>
    kind === 'SQLite'
      ? sqliteStore({ file: database.url.slice('file:'.length), logger: silent })
      : postgresStore({ connection: database.url, logger: silent });
  return { stores: [open(), open()], remove: () => database.remove() };
}

/** The next write waits, and is done or fails when that is decided. */
class Gate {
  #next: { readonly reach: () => void; readonly decision: Promise<boolean> } | null = null;

  hold(): { readonly isReached: Promise<void>; readonly decide: (isWritten: boolean) => void } {
    let reach = (): void => undefined;
    let decide = (_: boolean): void => undefined;
    const isReached = new Promise<void>((resolve) => (reach = resolve));
    const decision = new Promise<boolean>((resolve) => (decide = resolve));
    this.#next = { reach, decision };
    return { isReached, decide };
  }

  async pass(write: () => Promise<void>): Promise<void> {
    const held = this.#next;
    this.#next = null;
    held?.reach();
    if (held !== null && !(await held.decision)) throw new Error('away');
    await write();
  }
}

function createApp({ apiKeys }: TestInstance): Express {
  const app = express();
  app.set('trust proxy', 1);
  for (const scope of ['orders:read', 'orders:write', 'users:read'] as const) {
    app.get(`/${scope.replace(':', '/')}`, apiKeys.requireApiKey(scope), (_req, res) => void res.json([]));
  }
  return app;
}

describe.each(['a store in memory', 'SQLite', 'PostgreSQL'])('an erasure, on %s', (kind) => {
  let stores: [KeyStore, KeyStore];
  let removeStores: () => Promise<void>;
  let one: TestInstance;
  let two: TestInstance;
  let app: Express;
  let uses: Gate;
  let accesses: Gate;

  beforeEach(async () => {
    ({ stores, remove: removeStores } = await openStores(kind));
    [uses, accesses] = [new Gate(), new Gate()];
    const [, store] = stores;
    const recordUse = store.recordUse.bind(store);
    const add = store.accessLog.add.bind(store.accessLog);
    Object.assign(store, { recordUse: (batch: never) => uses.pass(() => recordUse(batch)) });
    Object.assign(store.accessLog, { add: (rows: never) => accesses.pass(() => add(rows)) });
    const cache = { leaseSeconds: 2 };
    [one, two] = [createInstance({ store: stores[0], cache }), createInstance({ store: stores[1], cache })];
    await one.apiKeys.ready();
    await two.apiKeys.ready();
    app = createApp(two);
  });

  afterEach(async () => {
    await Promise.all([one.apiKeys.close(), two.apiKeys.close()]);
    await Promise.all(stores.map((store) => store.close()));
    await removeStores();
  });

  const send = (token: string, path: string) =>
    request(app).get(path).set({ 'X-API-Key': token, 'X-Forwarded-For': '203.0.113.77' });
  const erase = async (): Promise<Date | null> =>
    (await one.apiKeys.owners.as(theApp).erase({ ownerId: 'alice' })).effectiveBy;
  const eraseUntilConfirmed = async (): Promise<void> => {
    await waitUntil('the erasure is confirmed', async () => (await erase()) === null, 60_000);
  };
  const isErasureRecorded = async (): Promise<boolean> =>
    (await stores[0].listEvents({ action: 'owner.erased', limit: 1 })).length > 0;

  /** Addresses, parts and rows that are stored of alice, and how often her keys were used. */
  async function readStored(...ids: readonly string[]) {
    const records = await Promise.all(ids.map((id) => stores[0].find(id)));
    return {
      addresses: records.map((record) => record?.lastUsedAddress),
      parts: await stores[0].usage.listParts(ids),
      rows: (await stores[0].accessLog.list({ ownerId: 'alice', limit: 9 })).length,
      uses: records.map((record) => record?.useCount),
    };
  }

  const readFirstUse = async (id: string) => (await stores[0].find(id))?.lastUsedAddress;

  it('forgets addresses and scopes that wait in another process, also of a key with nothing else to erase', async () => {
    const scopes = ['orders:read', 'orders:write', 'users:read'] as const;
    const keys = [await one.key({ name: 'Of Alice', scopes }), await one.key({ name: 'Erased', scopes })];
    for (const { id, token } of keys) {
      await send(token, '/orders/read').expect(200);
      await waitUntil('the first use is stored', async () => (await readFirstUse(id)) === '203.0.113.77');
      await send(token, '/orders/write').expect(200);
      await send(token, '/users/read').expect(200);
    }
    await eraseUntilConfirmed();
    // Writes what waits.
    await two.apiKeys.close();
    const ids = keys.map(({ id }) => id);
    expect(await readStored(...ids)).toEqual({ addresses: [null, null], parts: [], rows: 0, uses: [3, 3] });
  });

  it('forgets them as well where every key was revoked before, and nothing is left of them but that', async () => {
    const { id, token } = await one.key({ name: 'Erased' });
    await eraseUntilConfirmed();
    const again = await one.key({ name: 'Erased' });
    await send(again.token, '/orders/read').expect(200);
    await one.apiKeys.keys.as(theApp).revoke({ id: again.id });
    await eraseUntilConfirmed();
    await two.apiKeys.close();
    expect(await readStored(id, again.id)).toMatchObject({ addresses: [null, null], parts: [], rows: 0 });
    expect(token).not.toBe('');
  });

  it('does not let uses come back whose writing failed meanwhile', async () => {
    const { id, token } = await one.key();
    const { isReached, decide } = uses.hold();
    await send(token, '/orders/read').expect(200);
    await isReached;
    const erasing = erase();
    await waitUntil('the erasure is recorded', isErasureRecorded);
    decide(false);
    await erasing;
    await eraseUntilConfirmed();
    await two.apiKeys.close();
    expect(await readStored(id)).toEqual({ addresses: [null], parts: [], rows: 0, uses: [1] });
  });

  it('is not confirmed before uses are written that were on their way', async () => {
    const { id, token } = await one.key();
    const { isReached, decide } = uses.hold();
    await send(token, '/orders/read').expect(200);
    await isReached;
    expect(await erase()).not.toBe(null);
    decide(true);
    await eraseUntilConfirmed();
    await two.apiKeys.close();
    expect(await readStored(id)).toEqual({ addresses: [null], parts: [], rows: 0, uses: [1] });
  });

  it('is not confirmed before a process that ends has written its rows of the access log', async () => {
    const { id, token } = await one.key();
    await send(token, '/users/read').expect(403);
    const { isReached, decide } = accesses.hold();
    const closing = two.apiKeys.close();
    await isReached;
    expect(await erase()).not.toBe(null);
    decide(true);
    await closing;
    await eraseUntilConfirmed();
    expect(await readStored(id)).toMatchObject({ addresses: [null], parts: [], rows: 0 });
  });

  // The processes of a store in memory have one feed.
  if (kind === 'a store in memory') return;
  it('holds for a process that could not follow for a while', async () => {
    const { id, token } = await one.key();
    await send(token, '/orders/read').expect(200);
    await waitUntil('the first use is stored', async () => (await readFirstUse(id)) === '203.0.113.77');
    await send(token, '/orders/read').expect(200);
    await send(token, '/users/read').expect(403);
    Object.assign(stores[1].feed, { beat: () => Promise.reject(new Error('away')) });
    await waitUntil('the lease has expired', () => two.apiKeys.status().database === 'down', 60_000);
    await eraseUntilConfirmed();
    await two.apiKeys.close();
    expect(await readStored(id)).toMatchObject({ addresses: [null], parts: [], rows: 0 });
  });
});

describe('refusals that name a key', () => {
  it('name its owner as well: of a signature that was used, and of a refresh token that was used', async () => {
    const stores = [memoryStore(), memoryStore()] as const;
    const signing = await startSignedApp({ store: stores[0] });
    const signature = signing.sign(await signing.signer());
    await signing.send(sent(signature));
    await signing.send(sent(signature));
    await signing.close();

    const deribit = createDeribitApp({}, { store: stores[1] });
    await deribit.apiKeys.ready();
    const { client_id, client_secret } = await deribit.newKey();
    const authenticate = async (params: object) =>
      (await deribit.rpc<DeribitKey & { refresh_token: string }>('public/auth', params, {})).result;
    const first = await authenticate({ grant_type: 'client_credentials', client_id, client_secret });
    for (let use = 0; use < 2; use += 1) {
      await authenticate({ grant_type: 'refresh_token', refresh_token: first.refresh_token });
    }
    await deribit.apiKeys.close();

    const codes = ['signature_replayed', 'invalid_grant'];
    for (const [index, store] of stores.entries()) {
      const rows = await store.accessLog.list({ ownerId: 'alice', limit: 9 });
      expect(rows.map(({ code }) => code)).toContain(codes[index]);
      expect(rows.every(({ keyId }) => keyId !== null)).toBe(true);
    }
  });
});
