import express from 'express';
import request from 'supertest';
import type { TrailProblemKind } from '../../lib/audit/trail-report.js';
import { createApiKeys, type ApiKeys } from '../../lib/index.js';
import { createSampleEvent, createSampleKey } from '../../lib/store/sample-keys.js';
import { scopes, testPepper, type Scope } from '../harness/instance.js';
import { theApp } from '../harness/the-app.js';
import {
  databases,
  readTrail,
  rechained,
  writeTrail,
  type DatabaseUnderAttack,
} from './database-under-attack.js';
import { openSealedStore } from './long-trail.js';

jest.setTimeout(180_000);

describe.each(Object.keys(databases))('the trail of an erased owner, on %s', (name) => {
  let database: DatabaseUnderAttack;
  let apiKeys: ApiKeys<Scope>;
  let createKey: (ownerId: string) => Promise<unknown>;

  /** Three changes of alice, one of an admin about alice, and one of bob; each has an address. */
  beforeEach(async () => {
    database = (await databases[name]?.()) as DatabaseUnderAttack;
    const logger = { warn: () => undefined, error: () => undefined };
    const options = { prefix: 'acme', scopes, pepper: testPepper, bcryptCost: 8, logger };
    apiKeys = createApiKeys<Scope>({ ...options, database: database.database });
    await apiKeys.ready();
    const app = express().use(
      '/api-keys',
      apiKeys.adminRouter({
        authorize: (req) => {
          const who = req.get('X-Test-Who') ?? '';
          return who === 'olga' ? { kind: 'admin', id: who } : { kind: 'owner', ownerId: who };
        },
      }),
    );
    const post = (who: string, path: string, body: object) =>
      request(app).post(`/api-keys${path}`).set('X-Test-Who', who).send(body);
    createKey = (who) => post(who, '/keys', { name: 'CI', scopes: ['orders:read'] }).expect(201);
    for (const who of ['alice', 'alice', 'alice', 'bob']) await createKey(who);
    await post('olga', '/owners/alice/suspend', {}).expect(200);
  });

  afterEach(async () => {
    await apiKeys.close();
    await database.drop();
  });

  const verify = async (): Promise<[boolean, number, TrailProblemKind[]]> => {
    const { valid, erased, problems } = await apiKeys.audit.as(theApp).verify();
    return [valid, erased, [...new Set(problems.map(({ kind }) => kind))]];
  };
  const erase = () => apiKeys.owners.as(theApp).erase({ ownerId: 'alice' });

  it('R73 verifies, and keeps what others did', async () => {
    expect(await verify()).toEqual([true, 0, []]);
    await erase();
    expect(await verify()).toEqual([true, 3, []]);
    const parts = (await readTrail(database)).map(({ personal }) => personal !== null);
    expect(parts.slice(0, 5)).toEqual([false, false, false, true, true]);
  });

  it.each<[string, string, TrailProblemKind]>([
    ['an address that was removed', 'set personal = null where sequence = 1', 'missing_personal'],
    [
      'an address that was altered',
      `set personal = replace(personal, '127.0.0.1', '192.0.2.1')`,
      'wrong_personal',
    ],
    [
      'parts that were swapped',
      'set personal = (select personal from audit_events where sequence = 2)',
      'wrong_personal',
    ],
  ])('R73 finds %s, which no erasure explains', async (_title, change, kind) => {
    await database.run(`update audit_events ${change}`);
    expect(await verify()).toEqual([false, 0, [kind]]);
  });

  it.each<[string, string, TrailProblemKind]>([
    ['what another owner did', 'set personal = null where sequence = 4', 'missing_personal'],
    ['what an admin did about the owner', 'set personal = null where sequence = 5', 'missing_personal'],
    [
      'a part that was put back',
      `set personal = '{"address":"192.0.2.1"}' where sequence = 1`,
      'wrong_personal',
    ],
  ])('R73 finds what is passed off as an erasure: %s', async (_title, change, kind) => {
    await erase();
    await database.run(`update audit_events ${change}`);
    const [valid, , kinds] = await verify();
    expect([valid, kinds]).toEqual([false, [kind]]);
  });

  it('R73 verifies in parts of any size, however many owners were erased', async () => {
    const owners = Array.from({ length: 40 }, (_, index) => `customer-${index}`);
    for (const owner of owners) await createKey(owner);
    for (const ownerId of owners) await apiKeys.owners.as(theApp).erase({ ownerId });
    const { audit } = apiKeys;
    const whole = await audit.as(theApp).verify();
    expect(whole).toMatchObject({ valid: true, erased: 40 });
    const counts: number[] = [];
    let report = await audit.as(theApp).verify({ maxEntries: 10 });
    while (report.resume !== null) {
      counts.push(report.entries);
      report = await audit.as(theApp).verify({ maxEntries: 10, resume: report.resume });
    }
    expect(report).toEqual(whole);
    const ofEntries = Array.from({ length: Math.floor(whole.entries / 10) }, (_, index) => 10 * (index + 1));
    expect([...new Set(counts)].slice(0, ofEntries.length)).toEqual(ofEntries);
    expect(ofEntries.length).toBeGreaterThan(8);
  });

  it('R73 leaves nothing out where a part cannot stop', async () => {
    const store = await openSealedStore(database.database);
    const records = Array.from({ length: 300 }, (_, index) =>
      createSampleKey({ id: `filler${1000 + index}`, ownerId: `${index}`.padEnd(200, '-') }),
    );
    try {
      while (records.length > 0) {
        await store.transact(async (transaction) => {
          for (const record of records.splice(0, 50)) {
            const actor = { kind: 'owner', id: record.ownerId } as const;
            await transaction.insert(record, createSampleEvent(record, { actor }));
          }
        });
      }
    } finally {
      await store.close();
    }
    await database.run('update audit_events set personal = null where sequence > 5');
    const whole = await apiKeys.audit.as(theApp).verify();
    expect(whole).toMatchObject({ valid: false, entries: 305, keys: 304, problemCount: 300 });
    const first = await apiKeys.audit.as(theApp).verify({ maxEntries: 290 });
    // All entries, and then keys, of which a part can stop after any.
    expect(first).toMatchObject({ valid: false, entries: 305, problemCount: 300, remaining: 0 });
    expect(first.keys).toBeLessThan(304);
    const last = await apiKeys.audit.as(theApp).verify({ maxEntries: 290, resume: first.resume ?? '' });
    expect(last).toEqual({ ...whole, problems: [] });
  });

  it('R73 explains nothing after it, and is not forged without the pepper', async () => {
    await erase();
    const entries = await readTrail(database);
    const erasure = entries.find(({ action }) => action === 'owner.erased');
    const ofBob = entries[3];
    if (erasure === undefined || ofBob === undefined) throw new Error('entries are missing');
    // The erasure of alice is moved to bob, and every hash made to fit.
    const payload = erasure.payload.replaceAll('"alice"', '"bob"');
    const forged = entries.map((entry) => {
      if (entry === ofBob) return { ...entry, personal: null };
      return entry === erasure ? { ...entry, owner_id: 'bob', payload } : entry;
    });
    await writeTrail(database, rechained(forged));
    const [valid, , kinds] = await verify().catch(() => [false, 0, ['wrong_mac']] as const);
    expect(valid).toBe(false);
    expect(kinds).toContain('wrong_mac');
  });
});
