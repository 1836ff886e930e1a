import { copyFile, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Libsql from 'libsql';
import { InvalidOptionError } from '../../lib/errors.js';
import { startOfFeed } from '../../lib/ports/change-feed.js';
import { sqliteStore } from '../../lib/sql/sqlite/sqlite-store.js';
import { insert, createSampleEvent, createSampleKey, createSampleUse } from '../../lib/store/sample-keys.js';
import { bundleStores, runInChild } from './child-process.js';
import { settle } from './settle.js';
import { watchMachine } from '../harness/machine-watch.js';

const machine = watchMachine();

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sqlite-store-'));
  file = join(folder, 'keys.db');
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const unavailable = expect.objectContaining({ code: 'ERR_API_KEYS_UNAVAILABLE' });

describe('sqliteStore', () => {
  it.each([
    [':memory:', /memoryStore\(\)/],
    ['file::memory:?cache=shared', /memoryStore\(\)/],
    ['', /must be a path/],
    ['file:./keys.db', /without file:/],
    ['libsql://example.com', /must be a path/],
  ])('refuses the file %j with what to write instead', (wrong, message) => {
    expect(() => sqliteStore({ file: wrong })).toThrow(InvalidOptionError);
    expect(() => sqliteStore({ file: wrong })).toThrow(message);
  });

  it('touches nothing before it is opened, and is unavailable until then', async () => {
    const store = sqliteStore({ file: join(folder, 'sub', 'keys.db') });
    expect(await readdir(folder)).toEqual([]);
    await expect(store.find('x')).rejects.toEqual(unavailable);
    await expect(store.feed.lastSequence()).rejects.toEqual(unavailable);
    await store.close();
    await expect(store.find('x')).rejects.toEqual(unavailable);
    await expect(store.feed.beat('x', startOfFeed, 9)).rejects.toEqual(unavailable);
  });

  it('makes the folder and the files for this user alone', async () => {
    const deep = join(folder, 'a', 'b', 'keys.db');
    const store = sqliteStore({ file: deep });
    await store.open();
    await insert(store, createSampleKey());
    const mode = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8);
    expect(await mode(join(folder, 'a', 'b'))).toBe('700');
    for (const name of [deep, `${deep}-wal`, `${deep}-shm`]) expect(await mode(name)).toBe('600');
    await store.close();
  });

  it('keeps no old state open for reading, though it keeps its statements', async () => {
    const store = sqliteStore({ file });
    await store.open();
    const key = createSampleKey();
    await insert(store, key);
    const other = new Libsql(file);
    for (let version = 2; version < 6; version += 1) {
      expect((await store.find(key.id))?.version).toBe(version - 1);
      other.exec(`update keys set version = ${version}`);
      expect((await store.find(key.id))?.version).toBe(version);
      // A reader that still holds an older state would keep the log from being emptied.
      expect(other.prepare('pragma wal_checkpoint(truncate)').get()).toMatchObject({ busy: 0, log: 0 });
    }
    other.close();
    await store.close();
  });

  it('leaves a file behind that is whole without its log', async () => {
    const store = sqliteStore({ file });
    await store.open();
    const key = createSampleKey();
    await insert(store, key);
    await store.find(key.id);
    await store.close();

    const copied = join(folder, 'copy.db');
    await copyFile(file, copied);
    const copy = sqliteStore({ file: copied });
    await copy.open();
    expect((await copy.find(key.id))?.id).toBe(key.id);
    await copy.close();
  });

  it('writes ahead (WAL), so that reads never wait', async () => {
    const store = sqliteStore({ file });
    await store.open();
    const database = new Libsql(file);
    expect(database.prepare('pragma journal_mode').all()).toEqual([{ journal_mode: 'wal' }]);
    database.close();
    await store.close();
  });

  it('can be opened again after it was closed, and twice at once', async () => {
    const store = sqliteStore({ file });
    await Promise.all([store.open(), store.open()]);
    await insert(store, createSampleKey());
    await store.close();
    await store.close();
    await store.open();
    expect(await store.find(createSampleKey().id)).toEqual(createSampleKey());
    await store.close();
  });

  it('can be opened again after it failed', async () => {
    const store = sqliteStore({ file: join(folder, 'taken', 'keys.db') });
    const obstacle = sqliteStore({ file: join(folder, 'taken') });
    await obstacle.open();
    await obstacle.close();
    await expect(store.open()).rejects.toEqual(unavailable);
    await rm(join(folder, 'taken'));
    await store.open();
    await store.close();
  });

  it('refuses a file that is no database', async () => {
    await writeFile(file, 'This is not a database. '.repeat(100));
    await expect(sqliteStore({ file }).open()).rejects.toEqual(unavailable);
  });

  it("refuses another application's database", async () => {
    const database = new Libsql(file);
    database.exec('create table keys (id integer primary key)');
    database.close();
    await expect(sqliteStore({ file }).open()).rejects.toThrow(/contains tables of another application/);
  });

  it('ends no process over a value that the driver cannot take', async () => {
    const store = sqliteStore({ file });
    await store.open();
    for (const wrong of [true, undefined, {}, Symbol('x'), 1n]) {
      const ownerId = wrong as unknown as string;
      await expect(insert(store, createSampleKey({ ownerId }))).rejects.toThrow();
    }
    await expect(insert(store, createSampleKey({ name: 'a\0b' }))).rejects.toThrow(/NUL/);
    expect(await store.list({ now: 0, limit: 9 })).toEqual([]);
    await store.close();
  });

  it('gives other work a turn while it records thousands of uses', async () => {
    const store = sqliteStore({ file });
    await store.open();
    await insert(store, createSampleKey());
    let turns = 0;
    const pulse = (): void => {
      turns += 1;
      next = setImmediate(pulse);
    };
    let next = setImmediate(pulse);
    const uses = Array.from({ length: 10_000 }, (_, index) =>
      createSampleUse({ keyId: index % 2 === 0 ? createSampleKey().id : `unknown${index}`, at: index }),
    );
    await store.recordUse(uses);
    clearImmediate(next);
    expect((await store.find(createSampleKey().id))?.useCount).toBe(5_000);
    // One for each hundred rows.
    expect(turns).toBeGreaterThan(50);
    await store.close();
  });

  it('undoes a change whose work takes too long, and lets the next one through', async () => {
    const store = sqliteStore({ file, deadlineMs: 200 });
    await store.open();
    let goOn = (): void => undefined;
    const slow = store.transact(async (transaction) => {
      await transaction.insert(createSampleKey({ id: 'slow' }), createSampleEvent(createSampleKey()));
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
      await transaction.insert(createSampleKey({ id: 'late' }), createSampleEvent(createSampleKey()));
    });
    const { error, milliseconds } = await settle(slow);
    expect(error).toEqual(unavailable);
    await machine.expectWithin(600, milliseconds);
    await insert(store, createSampleKey({ id: 'next' }));
    goOn();
    await sleep(50);
    const stored = await store.list({ now: 0, limit: 9 });
    expect(stored.map((record) => record.id)).toEqual(['next']);
    await store.close();
  });
});

describe('a SQLite file that several processes use', () => {
  const bundle = bundleStores();
  const open = (): string =>
    `const store = stores.sqliteStore({ file: ${JSON.stringify(file)}, deadlineMs: 10_000 }); await store.open();`;

  it('is migrated once when four start at the same time, and numbers all their changes', async () => {
    const children = ['a', 'b', 'c', 'd'].map((name) =>
      runInChild(
        bundle,
        `${open()}
        for (let i = 0; i < 10; i++) await stores.insert(store, stores.createSampleKey({ id: '${name}' + i }));
        await store.close();`,
      ),
    );
    await Promise.all(children.map((child) => child.ended));
    const store = sqliteStore({ file, migrate: 'check' });
    await store.open();
    const events = await store.listEvents({ limit: 100 });
    expect(events.map((event) => event.sequence)).toEqual(Array.from({ length: 40 }, (_, i) => 40 - i));
    await store.close();
  });

  it('is read while another process holds the write lock, and changes give up at the deadline', async () => {
    const store = sqliteStore({ file, deadlineMs: 400 });
    await store.open();
    await insert(store, createSampleKey());
    const holder = runInChild(
      bundle,
      `const Libsql = require(${JSON.stringify(join(process.cwd(), 'node_modules/libsql'))});
      const database = new Libsql(${JSON.stringify(file)});
      database.exec('begin immediate');
      console.log('held');
      await new Promise((resolve) => process.stdin.once('data', resolve));
      database.exec('rollback');
      database.close();`,
    );
    expect(await holder.nextLine()).toBe('held');

    // The event loop stays free, and reads do not wait.
    let maxPauseMs = 0;
    let longestUntil = 0;
    let last = performance.now();
    const pulse = setInterval(() => {
      const now = performance.now();
      if (now - last > maxPauseMs) [maxPauseMs, longestUntil] = [now - last, now];
      last = now;
    }, 5);
    const change = settle(insert(store, createSampleKey({ id: 'waiting' })));
    const read = await settle(store.find(createSampleKey().id));
    const readAt = performance.now();
    expect(read.error).toBeUndefined();
    const { error, milliseconds } = await change;
    clearInterval(pulse);
    expect(error).toEqual(unavailable);
    expect(milliseconds).toBeGreaterThan(350);
    await machine.expectWithin(900, milliseconds);
    await machine.expectWithin(100, read.milliseconds, readAt);
    await machine.expectWithin(200, maxPauseMs, longestUntil);

    holder.goOn();
    await holder.ended;
    await insert(store, createSampleKey({ id: 'afterwards' }));
    expect(await store.find('waiting')).toBe(null);
    await store.close();
  });

  it('is watched: changes of another process are noticed', async () => {
    const store = sqliteStore({ file });
    await store.open();
    let hints = 0;
    const watch = store.feed.watch(() => (hints += 1));
    const untilHint = async (before: number): Promise<void> => {
      for (let wait = 0; hints === before && wait < 2_000; wait += 1) await sleep(5);
      expect(hints).toBeGreaterThan(before);
    };
    await untilHint(0);
    const child = runInChild(
      bundle,
      `${open()}
      await stores.insert(store, stores.createSampleKey({ id: 'first' }));
      console.log('first');
      await new Promise((resolve) => process.stdin.once('data', resolve));
      await stores.insert(store, stores.createSampleKey({ id: 'second' }));
      await store.close();`,
    );
    await child.nextLine();
    await untilHint(1);
    await sleep(100);
    // Once for each change: what else is written (its beats, say) wakes no watch.
    expect(hints).toBe(2);
    await store.feed.join({ id: 'x', acked: 0, leaseMs: 1 });
    await store.feed.beat('x', startOfFeed, 9);
    await store.recordUse([createSampleUse({ keyId: 'first', at: 1, count: 1 })]);
    await sleep(200);
    expect(hints).toBe(2);
    child.goOn();
    await child.ended;
    await untilHint(2);
    await store.close();
    await insertIntoReopened();
    expect(hints).toBe(3);
    await watch.stop();

    /** The watch ended with the close. */
    async function insertIntoReopened(): Promise<void> {
      await store.open();
      await insert(store, createSampleKey({ id: 'third' }));
      await sleep(200);
      await store.close();
    }
  });

  it('keeps no process alive that watches it', async () => {
    const child = runInChild(
      bundle,
      `${open()}
      store.feed.watch(() => undefined);
      await new Promise((go) => setTimeout(go, 100));`,
      'idle',
    );
    const timeout = sleep(30_000, 'it is still there', { ref: false });
    expect(await Promise.race([child.ended, timeout])).toBeUndefined();
  });

  it('takes beats while its changes go on, and changes while it beats', async () => {
    const store = sqliteStore({ file });
    const other = sqliteStore({ file });
    await Promise.all([store.open(), other.open()]);
    const [mine, theirs] = ['mine', 'theirs'].map((id) => ({ id, acked: 0, leaseMs: 4_000 })) as [
      Parameters<typeof store.feed.join>[0],
      Parameters<typeof store.feed.join>[0],
    ];
    await store.feed.join(mine);
    await other.feed.join(theirs);
    let isOver = false;
    const slowest: { readonly ms: number; readonly until: number }[] = [];
    const repeat = async (work: (round: number) => Promise<unknown>): Promise<void> => {
      let longest = { ms: 0, until: 0 };
      for (let round = 0; !isOver; round += 1) {
        const { error, milliseconds } = await settle(work(round));
        if (error !== undefined) {
          // Nothing but the deadline refuses; whether it was the machine that took so long is judged below.
          expect(error).toEqual(unavailable);
          expect(milliseconds).toBeGreaterThan(1_500);
        }
        if (milliseconds > longest.ms) longest = { ms: milliseconds, until: performance.now() };
        await sleep(1);
      }
      slowest.push(longest);
    };
    const work = [
      repeat((round) => insert(store, createSampleKey({ id: `mine${round}` }))),
      repeat((round) => insert(other, createSampleKey({ id: `theirs${round}` }))),
      repeat(() => store.feed.beat('mine', startOfFeed, 1)),
      repeat(() => other.feed.beat('theirs', startOfFeed, 1)),
    ];
    await sleep(2_000);
    isOver = true;
    await Promise.all(work);
    // Each had its turns: without, the one that asks less often waits for a second and more.
    for (const { ms, until } of slowest) await machine.expectWithin(700, ms, until);
    await Promise.all([store.close(), other.close()]);
  });

  it('gets a change through that waits less than the deadline', async () => {
    const store = sqliteStore({ file });
    const other = sqliteStore({ file });
    await Promise.all([store.open(), other.open()]);
    const slow = other.transact(() => sleep(300));
    await insert(store, createSampleKey());
    await slow;
    expect(await other.find(createSampleKey().id)).toEqual(createSampleKey());
    await Promise.all([store.close(), other.close()]);
  });
});
