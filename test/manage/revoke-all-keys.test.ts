import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ChangeContext } from '../../lib/manage/change.js';
import type { KeyStore } from '../../lib/ports/key-store.js';
import { postgresStore } from '../../lib/sql/postgres/postgres-store.js';
import { sqliteStore } from '../../lib/sql/sqlite/sqlite-store.js';
import {
  insert,
  createNextVersion,
  createSampleEvent,
  createSampleKey,
  update,
} from '../../lib/store/sample-keys.js';
import { EventLoopWatch } from '../harness/event-loop-watch.js';
import { createService } from '../harness/service.js';
import { createDatabase } from '../servers/postgres.cjs';
import { watchMachine } from '../harness/machine-watch.js';

const machine = watchMachine();

jest.setTimeout(180_000);

const context: ChangeContext = {
  actor: { kind: 'application' },
  address: null,
  requestId: null,
  managementScope: null,
};
const howMany = 1_200;
/** For a busy machine; that all keys are never in one transaction is seen by what is left after three of them. */
const deadlineMs = 20_000;

describe.each([
  ['SQLite', sqliteFile],
  ['PostgreSQL', postgresSchema],
])('revokeAll of an owner with many keys, on %s', (_name, open) => {
  let store: KeyStore;
  /** As another process has it. */
  let other: KeyStore;
  let cleanUp: () => Promise<void>;

  beforeEach(async () => {
    ({ store, other, cleanUp } = await open());
    await store.open();
    await other.open();
    await insertMany(store, howMany);
    await insert(store, createSampleKey({ id: 'of-bob', ownerId: 'bob' }));
  });

  afterEach(async () => {
    await store.close();
    await other.close();
    await cleanUp();
  });

  it('ends them all, and keys that are made meanwhile, while changes of others get through', async () => {
    const { service, close } = createService({ store });
    let isDone = false;
    const revoking = service.revokeAll(context, 'owner-1').finally(() => (isDone = true));
    let bob = createSampleKey({ id: 'of-bob', ownerId: 'bob' });
    let ofOthers = 0;
    await insert(other, createSampleKey({ id: 'made-meanwhile' }));
    while (!isDone) {
      bob = createNextVersion(bob);
      await update(ofOthers % 2 === 0 ? other : store, bob);
      ofOthers += 1;
      // SQLite answers without a turn of the event loop; requests of others would come with one.
      await nextTurn();
    }
    const revoked = await revoking;
    expect(new Set(revoked.map(({ record }) => record.id)).size).toBe(howMany + 1);
    expect(
      revoked.every(({ record, effectiveBy }) => record.revokedAt !== null && effectiveBy === null),
    ).toBe(true);
    // In one transaction over all keys, the first would have waited for the end.
    expect(ofOthers).toBeGreaterThan(1);
    expect(await left(store)).toEqual([]);
    expect((await store.find('of-bob'))?.revokedAt).toBeNull();
    expect(await service.revokeAll(context, 'owner-1')).toEqual([]);
    await close();
  });

  it('lets the event loop turn', async () => {
    const { service, close } = createService({ store });
    const loop = new EventLoopWatch(1);
    const start = performance.now();
    await service.revokeAll(context, 'owner-1').finally(() => loop.stop());
    const longest = loop.takeLongest();
    await machine.expectWithin((performance.now() - start) / 4, longest.ms, longest.until);
    await close();
  });

  it('keeps what was done when it fails, each key with its event, and goes on when it is called again', async () => {
    const failing: KeyStore = {
      ...store,
      feed: store.feed,
      open: () => store.open(),
      close: () => store.close(),
      find: (id, ownerId) => store.find(id, ownerId),
      existing: (ids) => store.existing(ids),
      findTaken: (ids) => store.findTaken(ids),
      list: (query) => store.list(query),
      findScanEnd: (...scan) => store.findScanEnd(...scan),
      listEvents: (query) => store.listEvents(query),
      findEventScanEnd: (...scan) => store.findEventScanEnd(...scan),
      findEventBounds: (...time) => store.findEventBounds(...time),
      addDigest: (...digest) => store.addDigest(...digest),
      recordUse: (uses) => store.recordUse(uses),
      transact: (...change) =>
        (steps -= 1) < 0 ? Promise.reject(new Error('the database went away')) : store.transact(...change),
    };
    let steps = 3;
    const { service, close } = createService({ store: failing });
    await expect(service.revokeAll(context, 'owner-1')).rejects.toThrow('the database went away');
    const rest = (await left(store)).length;
    expect(rest).toBeLessThan(howMany);
    expect(rest).toBeGreaterThan(0);
    const [newest] = await store.listEvents({ limit: 1 });
    expect(newest).toMatchObject({ action: 'key.revoked', sequence: howMany + 1 + howMany - rest });
    steps = Infinity;
    expect(await service.revokeAll(context, 'owner-1')).toHaveLength(rest);
    expect(await left(store)).toEqual([]);
    await close();
  });
});

async function left(store: KeyStore): Promise<readonly unknown[]> {
  return store.transact((transaction) => transaction.findUnrevokedByOwner('owner-1', 10_000));
}

async function insertMany(store: KeyStore, count: number): Promise<void> {
  for (let made = 0; made < count; made += 50) {
    await store.transact(async (transaction) => {
      for (let index = made; index < Math.min(count, made + 50); index += 1) {
        const record = createSampleKey({ id: `key${index}` });
        await transaction.insert(record, createSampleEvent(record));
      }
    });
  }
}

interface Opened {
  readonly store: KeyStore;
  readonly other: KeyStore;
  readonly cleanUp: () => Promise<void>;
}

async function sqliteFile(): Promise<Opened> {
  const folder = await mkdtemp(join(tmpdir(), 'revoke-all-'));
  const make = () => sqliteStore({ file: join(folder, 'keys.db'), deadlineMs });
  const cleanUp = () => rm(folder, { recursive: true, force: true });
  return { store: make(), other: make(), cleanUp };
}

async function postgresSchema(): Promise<Opened> {
  const database = await createDatabase(process.env['TEST_DATABASE_URL'] ?? '');
  const make = () => postgresStore({ connection: database.url, deadlineMs, logger: console });
  return { store: make(), other: make(), cleanUp: () => database.drop() };
}
