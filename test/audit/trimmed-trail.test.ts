import type { TrailProblemKind, TrailReport } from '../../lib/audit/trail-report.js';
import { verifyTrail, type TrailPart } from '../../lib/audit/verify-trail.js';
import { createCursorSigner } from '../../lib/crypto/cursor-signer.js';
import { parsePeppers } from '../../lib/crypto/peppers.js';
import { dayMs } from '../../lib/domain/day-ms.js';
import { trimTrail } from '../../lib/manage/trim-trail.js';
import { hashAuditEntry } from '../../lib/ports/audit-chain.js';
import type { AuditTrail } from '../../lib/ports/audit-trail.js';
import type { FeedPosition } from '../../lib/ports/change-feed.js';
import type { KeyStore } from '../../lib/ports/key-store.js';
import {
  createNextVersion,
  createSampleEvent,
  createSampleKey,
  createSampleOwner,
  createSampleOwnerEvent,
  insert,
  sampleTime,
  update,
} from '../../lib/store/sample-keys.js';
import { fixedClock } from '../../lib/testing/index.js';
import {
  databases,
  edited,
  readTrail,
  rechained,
  writeTrail,
  type DatabaseUnderAttack,
  type EntryRow,
} from './database-under-attack.js';
import { testPepper } from '../harness/instance.js';
import { addNewerEntries, createTestSealer, newestEntries, openSealedStore } from './long-trail.js';

jest.setTimeout(180_000);

const sealer = createTestSealer();
const signer = createCursorSigner(parsePeppers(testPepper));
const clock = fixedClock(sampleTime + 40 * dayMs);
/** Everything of the first days is older than that; the entries that are added later are not. */
const time = sampleTime + dayMs;
const idle = createSampleKey({ id: 'idle' });
const busy = createSampleKey({ id: 'busy' });
/** All that the tests change. */
const tables = ['keys', 'credentials', 'credential_digests', 'audit_events', 'audit_head'];
const oldEntries = 106;

const trim = (store: KeyStore, before = time): Promise<void> =>
  trimTrail({ store, sealer, clock, isStopped: () => false }, before);
const verify = (store: KeyStore, anchor: FeedPosition | null = null): Promise<TrailReport> =>
  verifyTrail(store.trail, sealer, anchor, { signer });
const verifyPart = (trail: AuditTrail, part: Omit<TrailPart, 'signer'>): Promise<TrailReport> =>
  verifyTrail(trail, sealer, null, { ...part, signer });
const listKinds = ({ problems }: TrailReport): TrailProblemKind[] => [
  ...new Set(problems.map(({ kind }) => kind)),
];

describe.each(Object.keys(databases))('the audit trail on %s', (name) => {
  let database: DatabaseUnderAttack;
  const opened: KeyStore[] = [];

  /** A process that has seen nothing of what was done to the database before. */
  async function open(): Promise<KeyStore> {
    const store = await openSealedStore(database.database);
    opened.push(store);
    return store;
  }

  /** Six old entries of two keys and 100 of another one, and 1,000 new ones. */
  beforeAll(async () => {
    database = (await databases[name]?.()) as DatabaseUnderAttack;
    const store = await open();
    await insert(store, idle, busy);
    let last = busy;
    for (let version = 2; version <= 5; version += 1) {
      last = createNextVersion(last);
      await update(store, last);
    }
    await addNewerEntries(store, sampleTime, oldEntries - 7);
    await addNewerEntries(store, sampleTime + 39 * dayMs);
    await database.run(...tables.map((table) => `create table saved_${table} as select * from ${table}`));
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((store) => store.close()));
    await database.run(
      ...tables.toReversed().map((table) => `delete from ${table}`),
      ...tables.map((table) => `insert into ${table} select * from saved_${table}`),
    );
  });
  afterAll(() => database.drop());

  const findPosition = async (sequence: number): Promise<FeedPosition> => {
    const entry = (await readTrail(database)).find((each) => each.sequence === sequence);
    return { sequence, hash: entry?.hash ?? '' };
  };

  it('is trimmed to what is young enough, and verifies', async () => {
    const store = await open();
    const cut = await findPosition(oldEntries);
    await trim(store);
    const entries = await readTrail(database);
    expect(entries[0]?.sequence).toBe(oldEntries + 1);
    expect(entries.slice(-3).map(({ action, key_id }) => [action, key_id])).toEqual([
      ...[
        ['key.carried', 'idle'],
        ['key.carried', 'busy'],
        ['audit.trimmed', ''],
      ],
    ]);
    const report = await verify(store);
    expect(report).toMatchObject({ valid: true, keys: 3, problems: [] });
    expect(report.trimmed).toEqual({ sequence: oldEntries, at: new Date(clock.now()) });
    expect((await store.listEvents({ action: 'audit.trimmed', limit: 9 }))[0]?.cut).toEqual(cut);
    const head = await store.trail.head();
    await trim(store);
    expect(await store.trail.head()).toEqual(head);

    const changed = createNextVersion((await store.find('idle')) ?? idle);
    await update(store, changed);
    expect(await verify(store)).toMatchObject({ valid: true });
  });

  it('keeps the newest 1,000 entries, however old they are', async () => {
    const store = await open();
    await trim(store, clock.now());
    expect((await store.trail.start()).sequence).toBe(oldEntries);
    expect((await readTrail(database)).length).toBe(newestEntries + 3);
  });

  it('is trimmed again from its start', async () => {
    const store = await open();
    await trim(store);
    await addNewerEntries(store, clock.now());
    await trim(store, clock.now());
    const { sequence, entry } = await store.trail.start();
    expect(sequence).toBe(oldEntries + newestEntries);
    expect((await readTrail(database))[0]?.sequence).toBe(sequence + 1);
    expect((await store.listEvents({ action: 'audit.trimmed', limit: 9 }))[0]?.sequence).toBe(entry);
    expect(await verify(store)).toMatchObject({ valid: true, keys: 3, trimmed: { sequence } });
  });

  const forge = (change: (entries: readonly EntryRow[]) => readonly EntryRow[]) => async () =>
    writeTrail(database, change(await readTrail(database)));
  const run = (statement: string) => () => database.run(statement);
  const without = (entries: readonly EntryRow[]): EntryRow[] =>
    entries.filter(({ sequence }) => sequence !== 3);
  const editThird = (entries: readonly EntryRow[]): EntryRow[] =>
    entries.map((entry) => (entry.sequence === 3 ? edited(entry, { keyVersion: 7 }) : entry));
  const removeMac = (entries: readonly EntryRow[]): EntryRow[] =>
    entries.map((entry) => {
      const { mac: _, ...event } = JSON.parse(entry.payload) as Record<string, unknown>;
      return entry.sequence === 4 ? { ...entry, payload: JSON.stringify(event) } : entry;
    });

  it.each<[string, TrailProblemKind, () => Promise<void>]>([
    ['an edited entry', 'broken_chain', forge(editThird)],
    ['an edited entry whose hashes fit', 'wrong_mac', forge((all) => rechained(editThird(all)))],
    ['an entry without its MAC', 'missing_mac', forge((all) => rechained(removeMac(all)))],
    ['a deleted entry', 'missing_entry', forge(without)],
    ['another time', 'wrong_copy', run('update audit_events set at = 1 where sequence = 3')],
    ['another address', 'wrong_personal', run("update audit_events set personal = '{}' where sequence = 3")],
    [
      'an address that was removed',
      'missing_personal',
      run('update audit_events set personal = null where sequence = 3'),
    ],
    ['a key at another version', 'wrong_key_version', run("update keys set version = 4 where id = 'busy'")],
    [
      'a start that was moved',
      'wrong_start',
      run(
        'update audit_head set start_sequence = 3, start_hash = (select hash from audit_events where sequence = 3)',
      ),
    ],
  ])('R73 keeps everything when there is %s, so that it is found', async (_title, kind, tamper) => {
    await tamper();
    const { length } = await readTrail(database);
    const store = await open();
    const before = await store.trail.start();
    const found = listKinds(await verify(store));
    expect(found).toContain(kind);
    await expect(trim(store)).rejects.toThrow(kind);
    expect((await readTrail(database)).length).toBe(length);
    expect(await store.trail.start()).toEqual(before);
    expect(listKinds(await verify(store))).toContain(kind);
  });

  const startAt = (sequence: number, entry: number): string =>
    `update audit_head set start_sequence = ${sequence}, start_entry = ${entry}, ` +
    `start_hash = (select hash from audit_events where sequence = ${sequence})`;

  it.each<[string, TrailProblemKind, (last: number) => Promise<void>]>([
    [
      'a deleted entry above the cut',
      'missing_entry',
      () => database.run('delete from audit_events where sequence = 500'),
    ],
    [
      'deleted entries next to the cut',
      'missing_entry',
      () => database.run('delete from audit_events where sequence < 120'),
    ],
    [
      'deleted entries and a start that was moved behind them',
      'wrong_start',
      (last) => database.run(startAt(120, last), 'delete from audit_events where sequence <= 120'),
    ],
    [
      'deleted entries and a record of the cut without a MAC',
      'missing_mac',
      async (last) => {
        const entries = await readTrail(database);
        const [cut, record] = [entries.find(({ sequence }) => sequence === 120), entries.at(-1)];
        if (cut === undefined || record === undefined) throw new Error('there is no such entry');
        const { mac: _, ...event } = JSON.parse(record.payload) as Record<string, unknown>;
        const forged = { ...event, sequence: last + 1, cut: { sequence: 120, hash: cut.hash } };
        await writeTrail(database, [
          ...entries,
          hashAfter(record, { ...record, sequence: last + 1, payload: JSON.stringify(forged) }),
        ]);
        await database.run(startAt(120, last + 1), 'delete from audit_events where sequence <= 120');
      },
    ],
    [
      'a cut that is not recorded any more',
      'wrong_head',
      (last) => database.run(`delete from audit_events where sequence = ${last}`),
    ],
    [
      'a start that was set back',
      'missing_entry',
      () =>
        database.run(
          `update audit_head set start_sequence = 0, start_entry = 0, start_hash = '${'0'.repeat(64)}'`,
        ),
    ],
  ])('R73 once trimmed, %s is found, and not removed', async (_title, kind, tamper) => {
    const first = await open();
    await trim(first);
    await tamper((await first.trail.head()).sequence);
    const store = await open();
    expect(listKinds(await verify(store))).toContain(kind);
    await database.run(`update audit_head set sequence = (select max(sequence) from audit_events)`);
    await trim(store, clock.now() + dayMs).catch(() => undefined);
    expect((await verify(await open())).valid).toBe(false);
  });

  it('says of an anchor whether it was removed, and proves one at the cut', async () => {
    const store = await open();
    const [below, at, above] = (await Promise.all(
      [oldEntries - 1, oldEntries, oldEntries + 1].map(findPosition),
    )) as [FeedPosition, FeedPosition, FeedPosition];
    await trim(store);
    const expected = { kind: 'anchor_trimmed', sequence: below.sequence, keyId: null };
    expect(await verify(store, below)).toMatchObject({ valid: false, problems: [expected], anchor: null });
    expect(await verify(store, at)).toMatchObject({ valid: true });
    expect(await verify(store, above)).toMatchObject({ valid: true });
    for (const anchor of [at, above]) {
      const other = { ...anchor, hash: 'f'.repeat(64) };
      expect(listKinds(await verify(store, other))).toEqual(['wrong_anchor']);
    }
  });

  it('R73 an anchor at a cut that no entry records proves nothing', async () => {
    const at = await findPosition(oldEntries);
    await database.run(startAt(oldEntries, 9), `delete from audit_events where sequence <= ${oldEntries}`);
    expect(listKinds(await verify(await open(), at))).toContain('wrong_start');
  });

  it('verifies between the cut and the removal, which the next run begins with', async () => {
    const store = await open();
    const crash = new Error('the process was killed');
    const crashing = {
      ...{ transact: store.transact.bind(store), find: store.find.bind(store) },
      ...{ listEvents: store.listEvents.bind(store), trail: store.trail },
      findEventScanEnd: store.findEventScanEnd.bind(store),
      housekeeping: {
        ...store.housekeeping,
        async removeTrimmed(limit: number) {
          if ((await store.trail.start()).sequence > 0) throw crash;
          return store.housekeeping.removeTrimmed(limit);
        },
      },
    };
    await expect(trimTrail({ store: crashing, sealer, clock, isStopped: () => false }, time)).rejects.toBe(
      crash,
    );
    expect((await readTrail(database))[0]?.sequence).toBe(1);
    // What is below the cut is not part of the trail any more.
    await database.run('delete from audit_events where sequence in (1, 4)');
    const other = await open();
    expect(await verify(other)).toMatchObject({ valid: true, trimmed: { sequence: oldEntries } });
    const head = await other.trail.head();
    await trim(other, 0);
    expect((await readTrail(database))[0]?.sequence).toBe(oldEntries + 1);
    expect(await other.trail.head()).toEqual(head);
  });

  it('is trimmed by several processes at once', async () => {
    await Promise.all([await open(), await open()].map((store) => trim(store)));
    const store = await open();
    expect((await store.listEvents({ action: 'audit.trimmed', limit: 9 })).length).toBe(1);
    expect((await readTrail(database))[0]?.sequence).toBe(oldEntries + 1);
    expect(await verify(store)).toMatchObject({ valid: true, keys: 3 });
  });

  it('can be trimmed while it is verified', async () => {
    const store = await open();
    let isTrimmed = false;
    const trail = {
      ...{ head: () => store.trail.head(), start: () => store.trail.start() },
      lastEntries: (after: string, limit: number) => store.trail.lastEntries(after, limit),
      async entries(after: number, limit: number) {
        if (!isTrimmed) {
          isTrimmed = true;
          await trim(store);
        }
        return store.trail.entries(after, limit);
      },
    };
    expect(await verifyTrail(trail, sealer, null, { signer })).toMatchObject({
      ...{ valid: true, trimmed: { sequence: oldEntries } },
    });
  });

  it('can be trimmed between two parts, also when that removes the erasure of an owner', async () => {
    const store = await open();
    const record = createSampleKey({ id: 'erased', ownerId: 'erin' });
    const actor = { kind: 'owner', id: 'erin' } as const;
    await store.transact((transaction) => transaction.insert(record, createSampleEvent(record, { actor })));
    await addNewerEntries(store, clock.now(), 10);
    const owner = createSampleOwner({ ownerId: 'erin' });
    const erasure = { ...createSampleOwnerEvent(owner), action: 'owner.erased' } as const;
    await store.transact((transaction) => transaction.putOwner(owner, erasure));
    const ofErin = oldEntries + newestEntries + 1;
    expect(await store.erasure.eraseFromTrail([ofErin])).toBe(1);
    const { resume } = await verifyPart(store.trail, { maxEntries: ofErin + 5 });
    await addNewerEntries(store, clock.now(), newestEntries + 5);
    await trim(store, clock.now() + dayMs);
    expect((await store.trail.start()).sequence).toBeGreaterThan(ofErin + 11);
    expect(await verifyPart(store.trail, { resume: resume ?? '' })).toMatchObject({
      valid: true,
      problems: [],
    });
  });

  it.each([
    ['within a part', 100],
    ['at the end of one', 0],
    ['behind one', -100],
  ])('can be trimmed of all entries under an unknown pepper, %s', async (_title, beyond) => {
    const unknown = oldEntries + newestEntries;
    const next = createTestSealer('the next pepper, which has at least 32 bytes');
    const store = await openSealedStore(database.database, next);
    opened.push(store);
    await addNewerEntries(store, clock.now(), 100);
    const verifyRest = (resume?: string | null): Promise<TrailReport> =>
      verifyTrail(store.trail, next, null, { signer, ...(resume ? { resume } : {}) });
    const first = await verifyTrail(store.trail, next, null, { signer, maxEntries: unknown + beyond });
    expect(listKinds(await verifyRest(first.resume))).toEqual(['unvouched_entries']);
    await addNewerEntries(store, clock.now(), newestEntries - 100);
    await trimTrail({ store, sealer: next, clock, isStopped: () => false }, clock.now() + dayMs);
    expect((await store.trail.start()).sequence).toBe(unknown);
    expect(await verifyRest()).toMatchObject({ valid: true });
    expect(await verifyRest(first.resume)).toMatchObject({ valid: true, problems: [] });
  });

  it('can be trimmed while a part reads where it starts and ends', async () => {
    const store = await open();
    const first = await verifyPart(store.trail, { maxEntries: 200 });
    let isTrimmed = false;
    const trail: AuditTrail = {
      ...{ start: () => store.trail.start(), entries: (...page) => store.trail.entries(...page) },
      lastEntries: (...page) => store.trail.lastEntries(...page),
      async head() {
        if (!isTrimmed) await trim(store);
        isTrimmed = true;
        return store.trail.head();
      },
    };
    // Those of two keys, and of the cut.
    const whole = oldEntries + newestEntries + 3 - 200;
    const second = await verifyPart(trail, { maxEntries: whole, resume: first.resume ?? '' });
    expect(second).toMatchObject({ valid: true, entries: 200 + whole, remaining: 0 });
    const last = await verifyPart(store.trail, { resume: second.resume ?? '' });
    expect(last).toMatchObject({ valid: true, problems: [], trimmed: { sequence: oldEntries } });
  });

  it.each([
    ['at the last verified entry', newestEntries],
    ['behind it', newestEntries + 20],
  ])('can be trimmed %s when all of it is verified and keys are left', async (_title, added) => {
    const store = await open();
    const { resume } = await verifyPart(store.trail, { maxEntries: oldEntries + newestEntries });
    const part = await verifyPart(store.trail, { maxEntries: 1, resume: resume ?? '' });
    expect(part).toMatchObject({ valid: true, keys: 1 });
    await addNewerEntries(store, clock.now(), added);
    await trim(store, clock.now() + dayMs);
    const { sequence, hash } = await store.trail.start();
    expect(sequence).toBe(oldEntries + added);
    const next = await verifyPart(store.trail, { maxEntries: 1, resume: part.resume ?? '' });
    expect(next).toMatchObject({ valid: true, keys: 2 });
    const last = await verifyPart(store.trail, { resume: next.resume ?? '' });
    expect(last).toMatchObject({ valid: true, keys: 3, anchor: `${sequence}.${hash}` });
    await database.run("update audit_events set payload = replace(payload, 'trimmed', 'carried')");
    const tampered = await verifyPart((await open()).trail, { resume: next.resume ?? '' });
    expect(listKinds(tampered)).toContain('wrong_start');
  });

  it('stops where it is told to, without a gap', async () => {
    const store = await open();
    for (let steps = 0; steps < 8; steps += 1) {
      let taken = 0;
      await trimTrail({ store, sealer, clock, isStopped: () => (taken += 1) > steps }, time);
      expect(await verify(store)).toMatchObject({ valid: true });
    }
    await trim(store);
    expect((await store.trail.start()).sequence).toBe(oldEntries);
  });

  it('is trimmed under a pepper that was taken out, which nothing can verify any more', async () => {
    const next = createTestSealer('the next pepper, which has at least 32 bytes');
    const store = await openSealedStore(database.database, next);
    opened.push(store);
    await trimTrail({ store, sealer: next, clock, isStopped: () => false }, time);
    expect((await store.trail.start()).sequence).toBe(oldEntries);
  });
});

/** An entry with the hash that follows another one's. */
function hashAfter(previous: EntryRow, entry: EntryRow): EntryRow {
  return { ...entry, hash: hashAuditEntry(previous.hash, entry.payload) };
}
