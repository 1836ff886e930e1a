import { createHash } from 'node:crypto';
import express, { type Express } from 'express';
import request, { type Test } from 'supertest';
import type { TrailReport } from '../../lib/audit/trail-report.js';
import { dayMs } from '../../lib/domain/day-ms.js';
import { createApiKeys, type ApiKeys, type CallActor } from '../../lib/index.js';
import { trimTrail } from '../../lib/manage/trim-trail.js';
import { createSampleEvent, createSampleKey, sampleTime } from '../../lib/store/sample-keys.js';
import { scopes, testPepper, type Scope } from '../harness/instance.js';
import { theApp } from '../harness/the-app.js';
import {
  databases,
  edited,
  readTrail,
  writeTrail,
  type DatabaseUnderAttack,
} from './database-under-attack.js';
import { addNewerEntries, createTestSealer, newestEntries, openSealedStore } from './long-trail.js';

jest.setTimeout(180_000);

const olga = { kind: 'admin', id: 'olga' } as const;
const alice = { kind: 'owner', ownerId: 'alice' } as const;

describe.each(Object.keys(databases))('the audit log in parts, over HTTP and in code, on %s', (name) => {
  let database: DatabaseUnderAttack;
  let apiKeys: ApiKeys<Scope>;
  let app: Express;

  beforeEach(async () => {
    database = (await databases[name]?.()) as DatabaseUnderAttack;
    const logger = { warn: () => undefined, error: () => undefined };
    const options = { prefix: 'acme', scopes, pepper: testPepper, bcryptCost: 8, logger };
    apiKeys = createApiKeys<Scope>({ ...options, database: database.database });
    await apiKeys.ready();
    app = express().use(
      '/api-keys',
      apiKeys.adminRouter({ authorize: (req) => JSON.parse(req.get('X-Actor') ?? 'null') as never }),
    );
  });

  afterEach(async () => {
    await apiKeys.close();
    await database.drop();
  });

  const get = (
    path: string,
    query: Readonly<Record<string, string | number>> = {},
    actor: object = olga,
  ): Test => request(app).get(`/api-keys/audit/${path}`).query(query).set('X-Actor', JSON.stringify(actor));
  const createKeys = async (actor: CallActor, ownerId: string, count: number): Promise<void> => {
    for (let index = 0; index < count; index += 1)
      await request(app)
        .post('/api-keys/keys')
        .set('X-Actor', JSON.stringify(actor))
        .send({ name: 'CI', scopes: [], ...(actor.kind === 'admin' ? { ownerId } : {}) })
        .expect(201);
  };

  async function verifyRest(
    query: Readonly<Record<string, string | number>>,
    between: (report: TrailReport) => unknown = () => undefined,
  ): Promise<TrailReport[]> {
    const reports: TrailReport[] = [];
    for (let resume: string | null = null; ;) {
      const sent: Readonly<Record<string, string | number>> = resume === null ? query : { ...query, resume };
      const report = (await get('verify', sent).expect(200)).body as TrailReport;
      reports.push(report);
      resume = report.resume;
      if (resume === null) return reports;
      expect(resume.length).toBeLessThanOrEqual(3_900);
      await between(report);
    }
  }

  const exportLines = async (query = {}, actor: object = olga): Promise<string[]> =>
    (await get('export', query, actor).expect(200)).text.split(/(?<=\n)/);

  describe('verification', () => {
    it('R73 says the same in parts as at once, and how much is left', async () => {
      await createKeys(olga, 'alice', 8);
      const whole = await apiKeys.audit.as(theApp).verify();
      const anchor = whole.anchor ?? '';
      const reports = await verifyRest({ anchor, maxEntries: 3 });
      expect(reports.map(({ entries, remaining }) => [entries, remaining]).slice(0, 3)).toEqual([
        ...[
          [3, 5],
          [6, 2],
          [8, 0],
        ],
      ]);
      expect(reports.slice(0, -1).map((each) => each.anchor)).not.toContain(anchor);
      expect(reports.at(-1)).toEqual(whole);
      // A part in code is as good as one over HTTP.
      const { resume } = await apiKeys.audit.as(theApp).verify({ anchor, maxEntries: 3 });
      expect((await verifyRest({ anchor, resume: resume ?? '' })).at(-1)).toEqual(whole);
    });

    it('R73 believes nothing of a resume that it has not issued for this anchor', async () => {
      await createKeys(olga, 'alice', 8);
      const { resume, anchor } = {
        ...(await get('verify', { maxEntries: 3 })).body,
        anchor: (await apiKeys.audit.as(theApp).verify()).anchor,
      } as { resume: string; anchor: string };
      const [position = '', mac = ''] = resume.split('.');
      const skipped = Buffer.from(position, 'base64url').toString().replace('"sequence":3', '"sequence":8');
      const { nextCursor } = (
        await request(app).get('/api-keys/audit?limit=1').set('X-Actor', JSON.stringify(olga))
      ).body as { nextCursor: string };
      for (const query of [
        { resume: `${Buffer.from(skipped).toString('base64url')}.${mac}` },
        { resume, anchor },
        { resume: nextCursor },
        { resume: 'x' },
        { resume: '' },
        { resume: 'x'.repeat(3_901) },
      ]) {
        const { status, body } = await get('verify', query);
        expect([status, body]).toMatchObject([
          ...[
            400,
            { errors: [{ field: '?resume', message: expect.stringContaining('with the same anchor') }] },
          ],
        ]);
      }
      for (const maxEntries of ['0', '1.5', '1e3', '100001', '']) {
        const { status, body } = await get('verify', { maxEntries });
        const message = 'must be a whole number from 1 to 100000';
        expect([status, body]).toMatchObject([400, { errors: [{ field: '?maxEntries', message }] }]);
      }
    });

    it('R73 goes on for nobody else, whatever they send', async () => {
      await createKeys(olga, 'alice', 3);
      const { resume } = (await get('verify', { maxEntries: 1 })).body as { resume: string };
      for (const role of ['viewer', 'operator', 'manager'])
        await get('verify', { resume }, { ...alice, memberId: 'm1', role }).expect(403);
      await get('verify', { resume }, alice).expect(403);
    });

    it('R73 finds what was changed behind a part, and does not forget a problem of an earlier one', async () => {
      await createKeys(olga, 'alice', 8);
      const { resume } = (await get('verify', { maxEntries: 3 })).body as { resume: string };
      const entries = await readTrail(database);
      const forge = (place: number) =>
        writeTrail(
          database,
          entries.map((entry, index) => (index === place ? edited(entry, { keyVersion: 9 }) : entry)),
        );
      const verifyWhenUp = async (query: Record<string, string | number>): Promise<TrailReport[]> => {
        // A process whose database was changed behind its back answers 503 until it has found that out.
        for (;;) if ((await get('verify')).status === 200) return verifyRest(query);
      };
      await forge(6);
      expect((await verifyWhenUp({ maxEntries: 3, resume })).at(-1)).toMatchObject({
        valid: false,
        anchor: null,
      });
      await forge(1);
      const reports = await verifyWhenUp({ maxEntries: 3 });
      expect(reports.length).toBeGreaterThan(2);
      expect(reports.map(({ valid }) => valid)).not.toContain(true);
    });

    it('R73 is valid when owners are erased between two parts, however long their ids are', async () => {
      const owners = Array.from({ length: 20 }, (_, index) => `${index}`.padEnd(200, '-'));
      const store = await openSealedStore(database.database);
      await store.transact(async (transaction) => {
        for (const [index, ownerId] of owners.entries()) {
          const record = createSampleKey({ id: `key${1000 + index}`, ownerId });
          const actor = { kind: 'owner', id: ownerId } as const;
          await transaction.insert(record, createSampleEvent(record, { actor }));
        }
      });
      await store.close();
      const erase = async (count: number): Promise<void> => {
        for (const ownerId of owners.splice(0, count)) await apiKeys.owners.as(theApp).erase({ ownerId });
      };
      await erase(4);
      const reports = await verifyRest({ maxEntries: 6 }, () => erase(4));
      expect(reports.length).toBeGreaterThan(2);
      expect(reports.at(-1)).toMatchObject({ valid: true, problemCount: 0, remaining: 0 });
      await erase(20);
      const whole = await apiKeys.audit.as(theApp).verify();
      const again = await verifyRest({ maxEntries: 16 });
      expect(again.at(-1)).toEqual(whole);
      expect(whole.erased).toBe(20);
      // So many ids do not fit into a query: the part goes on until it has found erasures.
      expect(again[0]?.entries).toBeGreaterThan(16);
    });
  });

  describe('export', () => {
    it('gives the same bytes in two halves as at once, wherever it was interrupted', async () => {
      await createKeys(olga, 'alice', 3);
      await createKeys(alice, 'alice', 2);
      await createKeys(olga, 'bob', 2);
      const queries = [
        [{}, olga],
        [{}, alice],
        [{ ownerId: 'alice' }, olga],
        [{ action: 'key.created', from: '2026-01-01T00:00:00Z' }, olga],
      ] as const;
      for (const [query, actor] of queries) {
        const whole = await exportLines(query, actor);
        expect(whole.length).toBeGreaterThan(4);
        for (let taken = 1; taken < whole.length; taken += 1) {
          const { sequence } = JSON.parse(whole[taken - 1] ?? '') as { sequence: number };
          const rest = await exportLines({ ...query, afterSequence: sequence }, actor);
          expect([...whole.slice(0, taken), ...rest].join('')).toBe(whole.join(''));
        }
        const last = (JSON.parse(whole.at(-1) ?? '') as { sequence: number }).sequence;
        for (const afterSequence of [last, 10_000_000])
          expect(await exportLines({ ...query, afterSequence }, actor)).toEqual(['']);
      }
      const events: unknown[] = [];
      for await (const event of apiKeys.audit.as(alice).export({ afterSequence: 3 })) events.push(event);
      expect(events).toMatchObject([{ sequence: 4 }, { sequence: 5 }]);
      expect(await exportLines({ afterSequence: 0 })).toEqual(await exportLines());
    });

    it('says what to write in place of what is no sequence', async () => {
      for (const afterSequence of ['-1', '1.5', '01', 'x', '', '1000000000000000']) {
        const { status, body } = await get('export', { afterSequence });
        const message = expect.stringContaining('the sequence of the last entry that was exported');
        expect([status, body]).toMatchObject([400, { errors: [{ field: '?afterSequence', message }] }]);
      }
      for (const afterSequence of [-1, 1.5, '3', null]) {
        const exported = apiKeys.audit.as(theApp).export({ afterSequence: afterSequence as number });
        await expect(exported[Symbol.asyncIterator]().next()).rejects.toMatchObject({
          ...{ code: 'ERR_API_KEYS_INVALID_REQUEST', errors: [{ field: 'afterSequence' }] },
        });
      }
    });

    it('has a chain that can be followed where an owner was erased between the halves', async () => {
      await createKeys(alice, 'alice', 6);
      const first = (await exportLines()).slice(0, 3);
      await apiKeys.owners.as(theApp).erase({ ownerId: 'alice' });
      const rest = await exportLines({ afterSequence: 3 });
      expect(JSON.parse(rest[0] ?? '')).toMatchObject({ sequence: 4, address: null, erased: true });
      let previous = '0'.repeat(64);
      for (const each of [...first, ...rest]) {
        const {
          hash,
          address: _1,
          requestId: _2,
          salt: _3,
          erased: _4,
          ...entry
        } = JSON.parse(each) as {
          readonly [name: string]: unknown;
        };
        expect(createHash('sha256').update(previous).update(JSON.stringify(entry)).digest('hex')).toBe(hash);
        previous = String(hash);
      }
    });
  });

  it('R73 goes on behind what retention removes between two parts', async () => {
    const store = await openSealedStore(database.database);
    try {
      await addNewerEntries(store, sampleTime, 100);
      const first = (await get('verify', { maxEntries: 50 }).expect(200)).body as TrailReport;
      expect(first).toMatchObject({ valid: true, entries: 50, remaining: 51 });
      await addNewerEntries(store, sampleTime + 39 * dayMs);
      const clock = { now: () => sampleTime + 40 * dayMs };
      const sealer = createTestSealer();
      await trimTrail({ store, sealer, clock, isStopped: () => false }, sampleTime + dayMs);
      const { sequence: cut } = await store.trail.start();
      expect(cut).toBeGreaterThan(50);
      const rest = await verifyRest({ maxEntries: 500, resume: first.resume ?? '' });
      expect(rest.at(-1)).toMatchObject({ valid: true, trimmed: { sequence: cut } });
      const lines = (await exportLines({ afterSequence: 50 })).map(
        (each) => JSON.parse(each) as { sequence: number; action: string; cut?: object },
      );
      // What is missing is named by an entry of the rest.
      expect(lines[0]?.sequence).toBe(cut + 1);
      expect(lines.length).toBeGreaterThanOrEqual(newestEntries);
      expect(lines.find(({ action }) => action === 'audit.trimmed')).toMatchObject({
        cut: { sequence: cut },
      });
    } finally {
      await store.close();
    }
  });

  describe('progress', () => {
    const count = 450;
    beforeEach(async () => {
      const store = await openSealedStore(database.database);
      const record = createSampleKey({ id: 'filler0000000001', ownerId: 'alice' });
      await store.transact((transaction) => transaction.insert(record, createSampleEvent(record)));
      const event = createSampleEvent(record, { action: 'key.carried' });
      for (let added = 1; added < count; added += 1) {
        if (added % 50 !== 1) continue;
        await store.transact(async (transaction) => {
          for (let index = added; index < Math.min(added + 50, count); index += 1)
            await transaction.carry(record, event);
        });
      }
      await store.close();
    });

    it('is reported while the log is verified, and stops it when the listener throws', async () => {
      const audit = apiKeys.audit.as(theApp);
      const seen: unknown[] = [];
      await audit.verify({ onProgress: async (progress) => void seen.push(progress) });
      expect(seen).toEqual([
        { entries: 200, remaining: 250, keys: 0, problemCount: 0 },
        { entries: 400, remaining: 50, keys: 0, problemCount: 0 },
        { entries: 450, remaining: 0, keys: 0, problemCount: 0 },
        { entries: 450, remaining: 0, keys: 1, problemCount: 0 },
      ]);
      const stop = new Error('enough');
      await expect(audit.verify({ onProgress: () => Promise.reject(stop) })).rejects.toBe(stop);
      await expect(audit.verify({ onProgress: 'often' as never })).rejects.toMatchObject({
        ...{
          code: 'ERR_API_KEYS_INVALID_OPTION',
          message: expect.stringContaining('audit.verify.onProgress'),
        },
      });
    });

    it('is reported while the log is exported, from where the export goes on', async () => {
      const audit = apiKeys.audit.as(alice);
      const run = async (input: Parameters<typeof audit.export>[0]): Promise<number> => {
        let taken = 0;
        for await (const _ of audit.export(input)) taken += 1;
        return taken;
      };
      const seen: unknown[] = [];
      const onProgress = (progress: object): unknown => seen.push(progress);
      expect(await run({ afterSequence: 100, onProgress })).toBe(350);
      expect(seen.at(-1)).toEqual({ entries: 350, sequence: count, remaining: 0 });
      expect(seen[0]).toEqual({ entries: 200, sequence: 300, remaining: 150 });
      seen.length = 0;
      // An `afterSequence` for the rest also where nothing has matched.
      expect(await run({ action: 'key.revoked', onProgress })).toBe(0);
      expect(seen.at(-1)).toEqual({ entries: 0, sequence: count, remaining: 0 });
      const stop = new Error('enough');
      await expect(run({ onProgress: () => Promise.reject(stop) })).rejects.toBe(stop);
      await expect(run({ onProgress: 7 as never })).rejects.toMatchObject({
        code: 'ERR_API_KEYS_INVALID_OPTION',
      });
    });
  });
});
