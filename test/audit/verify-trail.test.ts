import { setTimeout as sleep } from 'node:timers/promises';
import type { TrailProblemKind, TrailReport } from '../../lib/audit/trail-report.js';
import { createApiKeys, type ApiKeys } from '../../lib/index.js';
import { scopes, testPepper, type Scope } from '../harness/instance.js';
import {
  backup,
  databases,
  edited,
  readTrail,
  rechained,
  writeTrail,
  type DatabaseUnderAttack,
  type EntryRow,
} from './database-under-attack.js';
import { theApp } from '../harness/the-app.js';

jest.setTimeout(180_000);

const admin = { kind: 'admin', id: 'root' } as const;

function createInstance(database: string, pepper: string | readonly string[] = testPepper): ApiKeys<Scope> {
  const logger = { warn: () => undefined, error: () => undefined };
  return createApiKeys<Scope>({ prefix: 'acme', scopes, pepper, database, bcryptCost: 8, logger });
}

/** Ten changes of two keys. */
async function live(apiKeys: ApiKeys<Scope>): Promise<{ readonly id: string }> {
  const one = await apiKeys.keys
    .as(theApp)
    .create({ ownerId: 'alice', name: 'one', scopes: ['orders:read'] });
  const two = await apiKeys.keys.as(admin).create({ ownerId: 'bob', name: 'two', scopes: [] });
  for (const name of ['a', 'b', 'c']) await apiKeys.keys.as(theApp).update({ id: one.id, name });
  await apiKeys.keys.as(theApp).update({ id: two.id, enabled: false });
  await apiKeys.keys.as(theApp).update({ id: two.id, enabled: true });
  await apiKeys.keys.as(theApp).rotate({ id: one.id });
  await apiKeys.keys.as(admin).revoke({ id: two.id });
  await apiKeys.keys.as(theApp).update({ id: one.id, name: 'the last' });
  return { id: one.id };
}

const kindsIn = ({ problems }: TrailReport): TrailProblemKind[] => [
  ...new Set(problems.map(({ kind }) => kind)),
];

/** What a forger makes of the trail, number 0 being the first entry; `null`s are left out. */
type Forgery = (entries: readonly EntryRow[]) => readonly (EntryRow | undefined)[];

const forgeries: Readonly<Record<string, Forgery>> = {
  'an edited entry': (entries) =>
    entries.map((entry, index) =>
      index === 3 ? edited(entry, { actor: { kind: 'admin', id: 'eve' } }) : entry,
    ),
  'a deleted entry': (entries) => entries.filter((_, index) => index !== 3),
  'an inserted entry': (entries) => [
    ...entries.slice(0, 3),
    ...entries.slice(3, 4).map((entry) => ({ ...edited(entry, { keyVersion: 7 }), sequence: 99 })),
    ...entries.slice(3),
  ],
  'two swapped entries': (entries) => [
    ...entries.slice(0, 3),
    entries[4] && { ...entries[4], sequence: 4 },
    entries[3] && { ...entries[3], sequence: 5 },
    ...entries.slice(5),
  ],
  'a head that was cut off': (entries) => entries.slice(2),
  'a tail that was cut off': (entries) => entries.slice(0, -2),
  'another history from some entry on': (entries) =>
    entries.map((entry, index) => (index < 5 ? entry : edited(entry, { changedFields: ['forged'] }))),
};

/**
 * A process whose database was changed behind its back answers 503 until its next heartbeat has found that out: what it
 * reads could come from a server that lags behind.
 */
async function verifyTrail(
  apiKeys: ApiKeys<Scope>,
  input?: { readonly anchor?: string; readonly maxEntries?: number; readonly resume?: string },
): Promise<TrailReport> {
  const until = performance.now() + 10_000;
  for (;;) {
    try {
      return await apiKeys.audit.as(theApp).verify(input);
    } catch (error) {
      if (!isUnavailable(error) || performance.now() > until) throw error;
      await sleep(100);
    }
  }
}

const isUnavailable = (error: unknown): boolean =>
  (error as { readonly code?: unknown }).code === 'ERR_API_KEYS_UNAVAILABLE';

describe.each(Object.keys(databases))('on %s', (name) => {
  let database: DatabaseUnderAttack;
  let apiKeys: ApiKeys<Scope>;

  beforeEach(async () => {
    database = (await databases[name]?.()) as DatabaseUnderAttack;
    apiKeys = createInstance(database.database);
    await apiKeys.ready();
  });

  afterEach(async () => {
    await apiKeys.close();
    await database.drop();
  });

  it('R73 a trail that nobody touched is whole, and its anchor is where it ends', async () => {
    expect(await verifyTrail(apiKeys)).toMatchObject({ valid: true, entries: 0, keys: 0 });
    await live(apiKeys);
    const report = await verifyTrail(apiKeys);
    const last = (await readTrail(database)).at(-1);
    expect(report).toEqual({
      ...{ valid: true, entries: 10, keys: 2, unsealed: 0, unknownPeppers: 0, erased: 0 },
      ...{ trimmed: null, problems: [], problemCount: 0, remaining: 0, resume: null },
      anchor: `10.${last?.hash}`,
    });
    const anchor = report.anchor ?? '';
    expect(await verifyTrail(apiKeys, { anchor })).toEqual(report);
    await live(apiKeys);
    expect(await verifyTrail(apiKeys, { anchor })).toMatchObject({ valid: true, entries: 20 });
  });

  describe('in parts', () => {
    /** All parts from one on, of so many entries or keys each. */
    async function verifyRest(input: { anchor?: string; resume?: string } = {}): Promise<TrailReport[]> {
      const reports: TrailReport[] = [];
      let resume: string | null | undefined = input.resume;
      do {
        const part = { ...input, maxEntries: 3, ...(resume ? { resume } : {}) };
        const report: TrailReport = await verifyTrail(apiKeys, part);
        reports.push(report);
        resume = report.resume;
      } while (resume !== null);
      return reports;
    }

    it('R73 says the same as at once, after parts that say how much is left', async () => {
      await live(apiKeys);
      await live(apiKeys);
      const whole = await verifyTrail(apiKeys);
      const reports = await verifyRest({ anchor: whole.anchor ?? '' });
      expect(reports.at(-1)).toEqual(whole);
      expect(reports.map(({ remaining }) => remaining)).toEqual([17, 14, 11, 8, 5, 2, 0, 0]);
      expect(reports.slice(0, -1).every(({ valid, anchor }) => valid && anchor === null)).toBe(true);
    });

    it('R73 finds what was changed behind a part, and what does not follow it', async () => {
      await live(apiKeys);
      const { resume } = await verifyTrail(apiKeys, { maxEntries: 3 });
      const entries = await readTrail(database);
      const forged = entries.map((entry, index) => (index === 6 ? edited(entry, { keyVersion: 9 }) : entry));
      await writeTrail(database, forged);
      expect((await verifyRest({ resume: resume ?? '' })).at(-1)?.valid).toBe(false);
      await writeTrail(database, rechained(entries.map((entry) => edited(entry, { at: entry.at + 1 }))));
      expect(kindsIn(await verifyTrail(apiKeys, { resume: resume ?? '' }))).toContain('broken_chain');
    });

    describe('when all entries are verified and keys are left', () => {
      /** The anchor, the `resume` before the first key, and what was stored before the change of a key that has not been compared. */
      async function verifyEntries(): Promise<{ anchor: string; resume: string; putBack: string }> {
        for (const ownerId of ['alice', 'bob', 'carol', 'dave']) {
          await apiKeys.keys.as(theApp).create({ ownerId, name: 'CI', scopes: [] });
        }
        const [last] = await database.query('select * from keys order by id desc limit 1');
        const id = String(last?.['id']);
        await apiKeys.keys.as(theApp).revoke({ id });
        const { anchor } = await verifyTrail(apiKeys);
        let { resume } = await verifyTrail(apiKeys, { anchor: anchor ?? '', maxEntries: 5 });
        const after = await apiKeys.audit
          .as(theApp)
          .verify({ anchor: anchor ?? '', maxEntries: 2, resume: resume ?? '' });
        expect(after).toMatchObject({ valid: true, entries: 5, keys: 2 });
        resume = after.resume;
        const { version, ...row } = last ?? {};
        const putBack = `update keys set version = ${version}, revoked_at = null where id = '${row['id']}'`;
        return { anchor: anchor ?? '', resume: resume ?? '', putBack };
      }

      it.each<[string, readonly string[]]>([
        ['the last entry is removed', ['delete from audit_events where sequence = 5']],
        ['the last entries are removed', ['delete from audit_events where sequence > 2']],
        ['only the head is set back', []],
      ])('R73 finds it when %s', async (_title, removals) => {
        const { anchor, resume, putBack } = await verifyEntries();
        const kept = removals.length === 0 ? 4 : `(select max(sequence) from audit_events)`;
        await database.run(
          ...removals,
          putBack,
          `update audit_head set sequence = ${kept}`,
          'update audit_head set hash = (select hash from audit_events where audit_events.sequence = audit_head.sequence)',
        );
        const reports = await verifyRest({ anchor, resume });
        expect(kindsIn(reports[0] as TrailReport)).toContain('wrong_head');
        expect(reports.at(-1)).toMatchObject({ valid: false, anchor: null });
      });

      it('R73 finds a start that was moved behind them, which no entry records', async () => {
        const { anchor, resume, putBack } = await verifyEntries();
        await database.run(
          'delete from audit_events where sequence > 4',
          putBack,
          `update audit_head set sequence = 4, start_sequence = 5, start_entry = 4, start_hash = hash`,
        );
        expect(kindsIn(await verifyTrail(apiKeys, { anchor, resume }))).toContain('wrong_start');
      });

      it('R73 is valid with the same anchor when changes are made meanwhile', async () => {
        const { anchor, resume } = await verifyEntries();
        await live(apiKeys);
        expect((await verifyRest({ anchor, resume })).at(-1)).toMatchObject({ valid: true, anchor });
      });
    });

    it('R73 does not forget a problem of an earlier part', async () => {
      await live(apiKeys);
      const entries = await readTrail(database);
      await writeTrail(
        database,
        entries.map((entry, index) => (index === 1 ? edited(entry, { keyVersion: 9 }) : entry)),
      );
      const reports = await verifyRest();
      expect(reports.length).toBeGreaterThan(2);
      expect(reports.map(({ valid, anchor }) => valid || anchor !== null)).not.toContain(true);
    });

    it('R73 skips nothing when the start of the trail is moved behind a part', async () => {
      await live(apiKeys);
      const { resume } = await verifyTrail(apiKeys, { maxEntries: 3 });
      const hash = (await readTrail(database))[7]?.hash;
      await database.run(`update audit_head set start_sequence = 8, start_hash = '${hash}'`);
      expect(kindsIn((await verifyRest({ resume: resume ?? '' }))[0] as TrailReport)).toContain(
        'wrong_start',
      );
    });

    it('refuses a resume that it did not issue, and one for another anchor', async () => {
      await live(apiKeys);
      const { anchor } = await verifyTrail(apiKeys);
      const { resume } = await verifyTrail(apiKeys, { maxEntries: 3 });
      const [position, mac] = (resume ?? '').split('.');
      const state = Buffer.from(position ?? '', 'base64url')
        .toString()
        .replace('"sequence":3', '"sequence":9');
      const refused = expect.objectContaining({ code: 'ERR_API_KEYS_INVALID_REQUEST' });
      for (const input of [
        { resume: `${Buffer.from(state).toString('base64url')}.${mac}` },
        { resume: resume ?? '', anchor: anchor ?? '' },
        { resume: '' },
        { maxEntries: 0 },
        { maxEntries: 1.5 },
      ]) {
        await expect(apiKeys.audit.as(theApp).verify(input)).rejects.toEqual(refused);
      }
    });
  });

  describe.each(Object.keys(forgeries))('%s', (forgeryName) => {
    const forge = forgeries[forgeryName] as Forgery;
    const isThere = (entry: EntryRow | undefined): entry is EntryRow => entry !== undefined;

    it('R73 is found', async () => {
      await live(apiKeys);
      const { anchor } = await verifyTrail(apiKeys);
      const forged = forge(await readTrail(database)).filter(isThere);
      // Numbers are what the table orders by: two entries cannot have one.
      await writeTrail(
        database,
        forged.map((entry, index) => (entry.sequence === 99 ? { ...entry, sequence: index + 1000 } : entry)),
      );
      expect((await verifyTrail(apiKeys)).valid).toBe(false);
      const withAnchor = await verifyTrail(apiKeys, { anchor: anchor ?? '' });
      expect([withAnchor.valid, withAnchor.anchor]).toEqual([false, null]);
    });

    it('R73 is found when every number and hash was made to fit', async () => {
      await live(apiKeys);
      const { anchor } = await verifyTrail(apiKeys);
      const forged = rechained(forge(await readTrail(database)).filter(isThere));
      await writeTrail(database, forged);
      const report = await verifyTrail(apiKeys);
      expect(report.valid).toBe(false);
      // Cutting off the end needs no new MAC; what gives it away are the keys, and the anchor.
      expect(kindsIn(report)).toContain(
        forgeryName === 'a tail that was cut off' ? 'wrong_key_version' : 'wrong_mac',
      );
      expect(kindsIn(report)).not.toContain('broken_chain');
      expect(kindsIn(await verifyTrail(apiKeys, { anchor: anchor ?? '' }))).toContain('wrong_anchor');
    });
  });

  it('R73 an old backup that was put back is found with an anchor, also when the trail has grown beyond it', async () => {
    await live(apiKeys);
    const old = await backup(database);
    const { id } = await live(apiKeys);
    const anchor = (await verifyTrail(apiKeys)).anchor ?? '';
    await database.run(...old);

    // By itself the old state is whole: that is what a backup is.
    expect((await verifyTrail(apiKeys)).valid).toBe(true);
    expect(kindsIn(await verifyTrail(apiKeys, { anchor }))).toEqual(['wrong_anchor']);
    expect(await apiKeys.keys.as(theApp).get({ id })).toBe(null);

    await live(apiKeys);
    await live(apiKeys);
    expect((await verifyTrail(apiKeys)).valid).toBe(true);
    expect(kindsIn(await verifyTrail(apiKeys, { anchor }))).toEqual(['wrong_anchor']);
  });

  it('R73 a fork that knows the pepper is found with an anchor of the other branch', async () => {
    await live(apiKeys);
    const fork = await backup(database);
    await live(apiKeys);
    const anchor = (await verifyTrail(apiKeys)).anchor ?? '';
    await database.run(...fork);
    await verifyTrail(apiKeys);
    await live(apiKeys);
    expect(kindsIn(await verifyTrail(apiKeys, { anchor }))).toEqual(['wrong_anchor']);
  });

  it('R73 what an entry is found by must be what its bytes say', async () => {
    await live(apiKeys);
    for (const change of [
      "key_id = 'x'",
      "owner_id = 'x'",
      "action = 'key.created'",
      "actor_id = 'x'",
      'at = 1',
    ]) {
      const before = await readTrail(database);
      await database.run(`update audit_events set ${change} where sequence = 9`);
      expect((await verifyTrail(apiKeys)).problems).toContainEqual({
        ...{ kind: 'wrong_copy', sequence: 9, keyId: null },
      });
      await writeTrail(database, before);
    }
    expect((await verifyTrail(apiKeys)).valid).toBe(true);
  });

  it.each<[string, string, TrailProblemKind]>([
    ['a head that points back', 'update audit_head set sequence = 8', 'wrong_head'],
    ['a head that points ahead', 'update audit_head set sequence = 12', 'wrong_head'],
    ['a head with another hash', `update audit_head set hash = '${'0'.repeat(64)}'`, 'wrong_head'],
    ['bytes that are no JSON', `update audit_events set payload = '{' where sequence = 4`, 'wrong_entry'],
    ['bytes that are null', `update audit_events set payload = 'null' where sequence = 4`, 'wrong_entry'],
    [
      'an address where there was none',
      `update audit_events set personal = '{"address":"192.0.2.9","requestId":null}' where sequence = 4`,
      'wrong_personal',
    ],
    [
      'a key whose change was put back',
      `update keys set version = 1 where name = 'two'`,
      'wrong_key_version',
    ],
    ['a key without entries', `delete from audit_events where owner_id = 'bob'`, 'wrong_key_version'],
  ])('R73 finds %s', async (_title, statement, kind) => {
    await live(apiKeys);
    await database.run(statement);
    expect(kindsIn(await verifyTrail(apiKeys))).toContain(kind);
  });

  it('R73 removed MACs are found, and so is a trail with none at its end', async () => {
    await live(apiKeys);
    const splitMac = (entry: EntryRow): EntryRow => {
      const { mac: _, ...event } = JSON.parse(entry.payload) as Record<string, unknown>;
      return { ...entry, payload: JSON.stringify(event) };
    };
    const entries = await readTrail(database);
    await writeTrail(
      database,
      rechained(entries.map((entry, index) => (index > 4 ? splitMac(entry) : entry))),
    );
    expect(kindsIn(await verifyTrail(apiKeys))).toEqual(['missing_mac', 'unvouched_entries']);

    await writeTrail(database, rechained(entries.map(splitMac)));
    expect(await verifyTrail(apiKeys)).toMatchObject({
      ...{ valid: false, unsealed: 10, problems: [{ kind: 'unvouched_entries', sequence: 1 }] },
    });
    // What comes next must not vouch for a history that somebody without the pepper has written.
    await live(apiKeys);
    expect(await verifyTrail(apiKeys)).toMatchObject({
      ...{ valid: false, unsealed: 10, anchor: null, problems: [{ kind: 'unvouched_entries', sequence: 1 }] },
    });
  });

  it('R73 entries under a pepper that was taken out are vouched for by an anchor, and by nothing else', async () => {
    await live(apiKeys);
    const { anchor } = await verifyTrail(apiKeys);
    if (anchor === null) throw new Error('the trail is not whole');
    await apiKeys.close();
    const next = 'the next pepper, which has at least 32 bytes';
    apiKeys = createInstance(database.database, next);
    expect(await verifyTrail(apiKeys)).toMatchObject({
      ...{ valid: false, unknownPeppers: 10, problems: [{ kind: 'unvouched_entries', sequence: 1 }] },
    });
    expect(await verifyTrail(apiKeys, { anchor })).toMatchObject({ valid: true, unknownPeppers: 10 });
    await apiKeys.keys.as(theApp).create({ ownerId: 'carol', name: 'three', scopes: [] });
    expect(await verifyTrail(apiKeys)).toMatchObject({ valid: false, anchor: null });
    expect(await verifyTrail(apiKeys, { anchor })).toMatchObject({
      ...{ valid: true, entries: 11, unknownPeppers: 10 },
    });
    await apiKeys.close();
    apiKeys = createInstance(database.database, [next, testPepper]);
    expect(await verifyTrail(apiKeys)).toMatchObject({ valid: true, unknownPeppers: 0 });
  });

  it('checks a long trail in pages while changes are made, and lets others run', async () => {
    const { id } = await live(apiKeys);
    for (let index = 0; index < 450; index += 1)
      await apiKeys.keys.as(theApp).update({ id, name: `name ${index}` });
    let turns = 0;
    let isDone = false;
    const counting = (async () => {
      while (!isDone) {
        await new Promise((resolve) => setImmediate(resolve));
        turns += 1;
      }
    })();
    const changing = Promise.all(
      [0, 1, 2].map((index) => apiKeys.keys.as(theApp).update({ id, name: `at last ${index}` })),
    );
    const report = await apiKeys.audit
      .as(theApp)
      .verify()
      .finally(() => (isDone = true));
    await Promise.all([counting, changing]);
    expect(report).toMatchObject({ valid: true, problems: [] });
    expect(report.entries).toBeGreaterThanOrEqual(460);
    expect(turns).toBeGreaterThan(2);
    expect(await verifyTrail(apiKeys)).toMatchObject({ valid: true, entries: 463 });
  });
});

describe('apiKeys.audit.verify', () => {
  it('is for the app itself and for admins, and understands its input', async () => {
    const { apiKeys, database } = await started();
    await expect(apiKeys.audit.as({ kind: 'owner', ownerId: 'alice' }).verify()).rejects.toMatchObject({
      code: 'ERR_API_KEYS_FORBIDDEN',
    });
    expect((await apiKeys.audit.as(admin).verify()).valid).toBe(true);
    for (const anchor of ['', '1', '1.x', `01.${'0'.repeat(64)}`, `1.${'0'.repeat(63)}`]) {
      await expect(apiKeys.audit.as(theApp).verify({ anchor })).rejects.toMatchObject({
        code: 'ERR_API_KEYS_INVALID_REQUEST',
      });
    }
    await expect(apiKeys.audit.as(theApp).verify({ anchor: undefined } as never)).rejects.toThrow(
      /anchor is undefined/,
    );
    await expect(apiKeys.audit.as(theApp).verify({ anker: 'x' } as never)).rejects.toThrow(
      /anker is not accepted here; known are anchor/,
    );
    expect((await apiKeys.audit.as(theApp).verify({ anchor: `0.${'0'.repeat(64)}` })).valid).toBe(true);
    expect((await apiKeys.audit.as(theApp).verify({ anchor: `0.${'1'.repeat(64)}` })).valid).toBe(false);
    await apiKeys.close();
    await database.drop();
  });
});

async function started() {
  const database = (await databases['SQLite']?.()) as DatabaseUnderAttack;
  return { database, apiKeys: createInstance(database.database) };
}
