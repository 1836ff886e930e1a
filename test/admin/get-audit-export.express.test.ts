import { createHash } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { memoryStore } from '../../lib/memory/memory-key-store.js';
import type { KeyStore } from '../../lib/ports/key-store.js';
import { createSampleAccess, createSampleEvent, createSampleKey } from '../../lib/store/sample-keys.js';
import {
  alice,
  bob,
  expectProblem,
  fieldsOf,
  makeKey,
  root,
  startAdminApp,
  type AdminApp,
} from './admin-app.js';

let adminApp: AdminApp;
const ids: string[] = [];

beforeAll(async () => {
  adminApp = await startAdminApp();
  for (let index = 0; index < 3; index += 1) ids.push((await makeKey(adminApp, alice)).id);
  adminApp.passTime(60_000);
  await adminApp.as(alice).delete(`/keys/${ids[0]}`).expect(200);
  await makeKey(adminApp, bob);
  await adminApp
    .as(root)
    .patch(`/keys/${ids[1]}`)
    .set('X-Request-Id', 'abc-1')
    .send({ name: 'x' })
    .expect(200);
});
afterAll(() => adminApp.close());

interface Line {
  readonly sequence: number;
  readonly at: number;
  readonly ownerId: string;
  readonly hash: string;
  readonly address: string | null;
  readonly requestId: string | null;
  readonly salt?: string;
}

const linesIn = (text: string): Line[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line);

describe('GET /audit/export', () => {
  it('is one line for each entry, oldest first, each as it is stored, so that the chain can be followed', async () => {
    const answer = await adminApp.as(root).get('/audit/export').expect(200);
    expect(answer.headers['content-type']).toBe('application/jsonl; charset=utf-8');
    expect(answer.headers['content-disposition']).toBe('attachment; filename="audit.jsonl"');
    expect(answer.headers['cache-control']).toBe('no-store');
    const lines = linesIn(answer.text);
    expect(lines.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6]);
    let previous = '0'.repeat(64);
    for (const { hash, address: _address, requestId: _requestId, salt: _salt, ...entry } of lines) {
      expect(createHash('sha256').update(previous).update(JSON.stringify(entry)).digest('hex')).toBe(hash);
      previous = hash;
    }
    expect(lines[5]).toMatchObject({ requestId: 'abc-1', actor: { kind: 'admin', id: 'root' } });
  });

  it('R55 holds only what an owner may see', async () => {
    const ofAlice = linesIn((await adminApp.as(alice).get('/audit/export').expect(200)).text);
    expect(ofAlice.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 6]);
    for (const query of ['?ownerId=alice', `?keyId=${ids[0]}`, '?actor=alice']) {
      const answer = await adminApp.as(bob).get(`/audit/export${query}`).expect(200);
      expect([query, answer.text]).toEqual([query, '']);
    }
    expect(linesIn((await adminApp.as(bob).get('/audit/export').expect(200)).text)).toHaveLength(1);
  });

  it.each([
    [() => '?ownerId=bob', [5]],
    [() => `?keyId=${ids[1]}`, [2, 6]],
    [() => '?action=key.revoked', [4]],
    [() => '?action=access.refused', []],
    [() => '?actor=root', [6]],
    [() => `?from=${new Date(adminApp.now()).toISOString()}`, [4, 5, 6]],
    [() => `?to=${new Date(adminApp.now()).toISOString()}`, [1, 2, 3]],
    [() => '?to=2026-01-01T00:00:00%2B01:00', []],
  ])('is narrowed (%#)', async (query, sequences) => {
    const answer = await adminApp.as(root).get(`/audit/export${query()}`).expect(200);
    expect(linesIn(answer.text).map(({ sequence }) => sequence)).toEqual(sequences);
    const listed = await adminApp.as(root).get(`/audit${query()}`).expect(200);
    const { items } = listed.body as { items: Line[] };
    expect(items.map(({ sequence }) => sequence).reverse()).toEqual(sequences);
  });

  it('answers HEAD without lines, and other methods with 405', async () => {
    const answer = await adminApp.as(root).head('/audit/export').expect(200);
    expect(answer.headers['content-type']).toBe('application/jsonl; charset=utf-8');
    expectProblem(await adminApp.as(root).post('/audit/export'), 405, 'method_not_allowed');
  });

  it.each(['limit=1', 'cursor=x', 'from=yesterday', 'to=2026-02-30T00:00:00Z', 'actor=', 'action=x', 'q=x'])(
    'refuses ?%s before the first line',
    async (query) => {
      const answer = await adminApp.as(root).get(`/audit/export?${query}`);
      expectProblem(answer, 400, 'invalid_request');
      expect(fieldsOf(answer)).toEqual([`?${query.split('=')[0]}`]);
    },
  );

  it('tells nobody anything', async () => {
    expectProblem(await adminApp.as(null).get('/audit/export'), 401, 'unauthenticated');
  });
});

describe('a long trail', () => {
  let store: KeyStore;
  let long: AdminApp;

  beforeAll(async () => {
    store = memoryStore();
    await store.transact(async (transaction) => {
      for (let index = 0; index < 3000; index += 1) {
        const record = createSampleKey({ id: `key${index}` });
        await transaction.insert(record, createSampleEvent(record));
      }
    });
    long = await startAdminApp({ store });
  });
  afterAll(() => long.close());

  it('is read in pages, and no further than its caller reads', async () => {
    const pages = jest.spyOn(store, 'listEvents');
    try {
      const { port } = long.server.address() as AddressInfo;
      const sent = httpRequest({
        ...{ port, path: '/api-keys/audit/export', headers: { 'X-Actor': JSON.stringify(root) } },
      });
      sent.end();
      const received = await new Promise<NodeJS.ReadableStream>((resolve) => sent.once('response', resolve));
      received.pause();
      // What is read is read by then, however busy the machine is.
      let before = 0;
      for (let stillMs = 0; stillMs < 500 || before === 0; stillMs += 50) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        if (pages.mock.calls.length !== before) stillMs = 0;
        before = pages.mock.calls.length;
      }
      expect(before).toBeGreaterThan(0);
      sent.destroy();
      await new Promise((resolve) => setTimeout(resolve, 300));
      // For a client that has gone away nothing more is read, and no error is reported.
      expect(pages.mock.calls.length).toBeLessThanOrEqual(before + 1);
      expect(long.logged).toEqual([]);
      const whole = await long.as(root).get('/audit/export').expect(200);
      expect(linesIn(whole.text)).toHaveLength(3000);
      const queries = pages.mock.calls.map(([{ limit }]) => limit);
      expect(Math.max(...queries)).toBeLessThanOrEqual(500);
    } finally {
      pages.mockRestore();
    }
  });

  it('that cannot be read is 503 before the first line, and a broken connection after it', async () => {
    const pages = jest.spyOn(store, 'listEvents');
    try {
      const unavailable = Object.assign(new Error('away'), {});
      pages.mockRejectedValueOnce(unavailable);
      expectProblem(await long.as(root).get('/audit/export'), 500, 'internal_error');
      pages.mockImplementationOnce((query) => memoryPage(query.limit)).mockRejectedValueOnce(unavailable);
      await expect(long.as(root).get('/audit/export')).rejects.toThrow(/aborted|socket hang up/);
    } finally {
      pages.mockRestore();
    }
  });

  const memoryPage = async (limit: number) =>
    Array.from({ length: limit }, (_, index) => ({
      ...createSampleEvent(createSampleKey()),
      ...{ sequence: index + 1, hash: '0'.repeat(64) },
    }));
});

describe('texts that a terminal would obey', () => {
  const hostile = 'a\r\nHTTP/1.1 200 OK\u001b[2J\u009b0m\u007f\u202egnp.exe\u2066\u2028\u200b';

  it('R73 are escaped in the trail, in the access log and in the export', async () => {
    const store = memoryStore();
    const record = createSampleKey({ ownerId: hostile });
    await store.transact((transaction) =>
      transaction.insert(record, createSampleEvent(record, { actor: { kind: 'owner', id: hostile } })),
    );
    await store.accessLog.add([
      createSampleAccess({ ownerId: hostile, actor: { kind: 'owner', id: hostile }, route: hostile }),
    ]);
    const app = await startAdminApp({ store });
    for (const path of ['/audit', '/audit/access', '/audit/export', '/audit/verify']) {
      const { text } = await app.as(root).get(path).expect(200);
      const lines = text.split('\n').filter((line) => line !== '');
      expect([path, lines.length]).toEqual([path, 1]);
      expect(lines[0]).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      if (path !== '/audit/verify') expect(lines[0]).toContain('\\u001b[2J\\u009b0m\\u007f\\u202egnp.exe');
    }
    await app.close();
  });
});
