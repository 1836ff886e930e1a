import { once } from 'node:events';
import express from 'express';
import request from 'supertest';
import type { AccessEntry } from '../../lib/domain/access-entry.js';
import { memoryStore } from '../../lib/memory/memory-key-store.js';
import type { KeyStore } from '../../lib/ports/key-store.js';
import {
  alice,
  bob,
  expectProblem,
  fieldsOf,
  makeKey,
  root,
  startAdminApp,
  type AdminApp,
  type Sender,
  type ShownKey,
} from './admin-app.js';

/** An answered request, by what it was sent with. */
interface Sent {
  readonly requestId: string;
  readonly status: number;
  readonly code: string | undefined;
}

let sent: Sent[] = [];

async function send(test: request.Test, status: number): Promise<ShownKey> {
  const requestId = `request-${sent.length}`;
  const answer = await test.set('X-Request-Id', requestId);
  const body = answer.body as ShownKey & { readonly code?: string };
  sent.push({ requestId, status: answer.status, code: body.code });
  expect([requestId, answer.status, body.code]).toEqual([requestId, status, body.code]);
  return body;
}

/** Everything that can be done to a key, each by a request of its own. */
async function changeAll(app: AdminApp): Promise<{ readonly live: ShownKey; readonly revoked: ShownKey }> {
  const live = await send(
    app
      .as(alice)
      .post('/keys')
      .send({ name: 'a', scopes: ['orders:read'] }),
    201,
  );
  const revoked = await send(app.as(root).post('/keys').send({ name: 'b', scopes: [], ownerId: 'bob' }), 201);
  const path = `/keys/${live.id}`;
  await send(app.as(alice).patch(path).send({ name: 'c' }), 200);
  await send(app.as(root).patch(path).send({ enabled: false }), 200);
  await send(app.as(alice).patch(path).send({ enabled: true }), 200);
  const rotated = await send(app.as(alice).post(`${path}/rotate`), 200);
  await send(app.as(bob).post(`/keys/${revoked.id}/revoke`), 200);
  const third = await send(app.as(alice).post('/keys').send({ name: 'd', scopes: [] }), 201);
  await send(app.as(alice).delete(`/keys/${third.id}`), 200);
  const fourth = await send(app.as(alice).post('/keys').send({ name: 'e', scopes: [] }), 201);
  await send(request(app.server).post('/api-keys/self/revoke').set('X-Api-Key', fourth.key), 200);
  return { live: { ...live, key: rotated.key }, revoked };
}

describe('every operation', () => {
  it('R71 is written down once: changes in the trail, refusals in the access log', async () => {
    sent = [];
    const store = memoryStore();
    const app = await startAdminApp({ store, router: { managementScope: 'keys:manage' } });
    const { live, revoked } = await changeAll(app);
    const changes = sent;
    const events = await store.listEvents({ limit: 1000 });
    expect(events.map(({ requestId }) => requestId).sort()).toEqual(
      changes.map(({ requestId }) => requestId).sort(),
    );

    sent = [];
    const old = await makeKey(app, alice);
    await app.as(alice).post(`/keys/${old.id}/rotate`).expect(200);
    const expiring = await makeKey(app, alice, { expiresAt: new Date(app.now() + 1000).toISOString() });
    const off = await makeKey(app, alice);
    await app.as(alice).patch(`/keys/${off.id}`).send({ enabled: false }).expect(200);
    const elsewhere = await makeKey(app, alice, { ipAllowlist: ['203.0.113.1'] });
    const weak = await makeKey(app, alice, { scopes: ['orders:write'] });
    app.passTime(2000);
    const orders = () => request(app.server).get('/orders');

    // Guards.
    await send(orders(), 401);
    await send(orders().set('X-Api-Key', 'nonsense'), 401);
    await send(orders().set('X-Api-Key', `${live.key.slice(0, -3)}xyz`), 401);
    await send(orders().set('X-Api-Key', live.key).set('Authorization', `Bearer ${live.key}`), 400);
    for (const { key } of [revoked, old, expiring, off]) await send(orders().set('X-Api-Key', key), 401);
    await send(orders().set('X-Api-Key', elsewhere.key), 403);
    await send(orders().set('X-Api-Key', weak.key), 403);
    await send(request(app.server).get('/api-keys/self'), 401);
    // The management side.
    const foreign = `/keys/${live.id}`;
    await send(app.as(null).get('/keys'), 401);
    await send(app.as(null).post('/keys').send({ name: 'x', scopes: [] }), 401);
    await send(app.as(bob).get(foreign), 404);
    await send(app.as(bob).patch(foreign).send({ name: 'x' }), 404);
    await send(app.as(bob).delete(foreign), 404);
    await send(app.as(bob).post(`${foreign}/rotate`), 404);
    await send(app.as(bob).get('/keys/0000000000000000'), 404);
    await send(app.as(bob).get('/audit/verify'), 403);
    await send(app.as({ token: weak.key }).get('/keys'), 403);
    await send(
      app
        .as(alice)
        .post('/keys')
        .send({ name: 'x', scopes: ['*'] }),
      403,
    );
    await send(app.as(alice).delete(foreign).set('Sec-Fetch-Site', 'cross-site'), 403);

    const refusals = sent;
    await app.close();
    const rows = await store.accessLog.list({ limit: 1000 });
    expect(rows.reduce((sum, { count }) => sum + count, 0)).toBe(refusals.length);
    expect(rows.every(({ action }) => action === 'access.refused')).toBe(true);
    const written = countBy(rows.flatMap(({ code, count }) => Array<string>(count).fill(String(code))));
    expect(written).toEqual(countBy(refusals.map(({ code }) => String(code))));
    // Each row has the id of the first of its requests, which were all alike.
    const codeOf = new Map(refusals.map(({ requestId, code }) => [requestId, code]));
    expect(rows.filter(({ requestId, code }) => codeOf.get(String(requestId)) !== code)).toEqual([]);
    expectWhoAndWhich(rows, { live, revoked, weak });
  });

  function expectWhoAndWhich(
    rows: readonly AccessEntry[],
    { live, revoked, weak }: Readonly<Record<string, ShownKey>>,
  ): void {
    const address = expect.stringMatching(/^(127\.0\.0\.1|::1)$/) as string;
    expect(rows).toContainEqual(
      expect.objectContaining({
        ...{ code: 'key_revoked', keyId: revoked?.id, ownerId: 'bob', actor: null, address },
        ...{ method: 'GET', route: '/orders' },
      }),
    );
    expect(rows).toContainEqual(
      expect.objectContaining({
        ...{ code: 'not_found', keyId: live?.id, ownerId: 'bob', actor: { kind: 'owner', id: 'bob' } },
        ...{ method: 'POST', route: '/keys/:id/rotate', address },
      }),
    );
    expect(rows).toContainEqual(
      expect.objectContaining({
        ...{ code: 'forbidden', ownerId: 'bob', route: '/audit/verify' },
      }),
    );
    expect(rows).toContainEqual(
      expect.objectContaining({ code: 'insufficient_scope', keyId: weak?.id, ownerId: 'alice' }),
    );
    expect(rows.filter(({ keyId }) => keyId === weak?.id).map(({ code }) => code)).toEqual([
      'insufficient_scope',
    ]);
  }

  it('R71 uses of a secret that a rotation has replaced are written down, with where from', async () => {
    const store = memoryStore();
    const app = await startAdminApp({ store });
    const { id, key } = await makeKey(app, alice);
    const orders = (token: string) => request(app.server).get('/orders').set('X-Api-Key', token).expect(200);
    await orders(key);
    const rotated = await app
      .as(alice)
      .post(`/keys/${id}/rotate`)
      .send({ gracePeriodSeconds: 60 })
      .expect(200);
    for (let use = 0; use < 3; use += 1) await orders(key).set('X-Request-Id', `old-${use}`);
    await orders((rotated.body as ShownKey).key);
    await app.close();
    const rows = await store.accessLog.list({ limit: 10 });
    expect(rows).toEqual([
      {
        ...{ id: rows[0]?.id, at: app.now(), lastAt: app.now(), count: 3, keyId: id, ownerId: 'alice' },
        ...{ action: 'access.deprecated_secret', code: null, actor: null, requestId: 'old-0' },
        ...{ address: rows[0]?.address, method: 'GET', route: '/orders' },
      },
    ]);
    expect(rows[0]?.address).toMatch(/^(127\.0\.0\.1|::1)$/);
  });

  it('R71 refusals without HTTP are written down too', async () => {
    const store = memoryStore();
    const app = await startAdminApp({ store });
    await app.apiKeys.keys.verify({ key: 'nonsense', address: '192.0.2.1' });
    await app.close();
    expect(await store.accessLog.list({ limit: 10 })).toMatchObject([
      { code: 'invalid_token', route: 'keys.verify', method: '', address: '192.0.2.1' },
    ]);
  });

  it('records what was accepted nowhere', async () => {
    const store = memoryStore();
    const app = await startAdminApp({ store });
    const { key } = await makeKey(app, alice);
    for (let use = 0; use < 5; use += 1) {
      await request(app.server).get('/orders').set('X-Api-Key', key).expect(200);
    }
    await app.as(alice).get('/keys').expect(200);
    await app.as(alice).get('/keys?q=').expect(400);
    await app.close();
    expect(await store.accessLog.list({ limit: 10 })).toEqual([]);
  });

  it('is written down without what a path holds, and however Express was set up', async () => {
    const store = memoryStore();
    const app = await startAdminApp({
      store,
      before: [],
      configure: (parent) =>
        parent.set('trust proxy', () => {
          throw new Error('odd');
        }),
    });
    const guarded = express();
    guarded.use('/files', app.apiKeys.requireApiKey('orders:read'));
    const server = guarded.listen(0, '127.0.0.1');
    await once(server, 'listening');
    await request(server).get('/files/acme_live_0123456789abcdef/daily?key=acme_live_0123456789').expect(401);
    await request(app.server).get('/orders');
    server.close();
    await app.close();
    const rows = await store.accessLog.list({ limit: 10 });
    expect(rows.map(({ route }) => route)).toContain('/files/*');
    expect(JSON.stringify(rows)).not.toContain('0123456789');
  });
});

describe('GET /audit/access', () => {
  let store: KeyStore;
  let app: AdminApp;
  let ofAlice: ShownKey;

  beforeAll(async () => {
    store = memoryStore();
    const before = await startAdminApp({ store });
    ofAlice = await makeKey(before, alice);
    await before.as(alice).delete(`/keys/${ofAlice.id}`).expect(200);
    await request(before.server).get('/orders').set('X-Api-Key', ofAlice.key).expect(401);
    await request(before.server).get('/orders').set('X-Api-Key', 'nonsense').expect(401);
    before.passTime(1000);
    await before.as(bob).get(`/keys/${ofAlice.id}`).expect(404);
    await before.close();
    app = await startAdminApp({ store });
  });
  afterAll(() => app.close());

  const list = async (sender: Sender, query = '') => {
    const { body } = await app.as(sender).get(`/audit/access${query}`).expect(200);
    return body as { readonly items: readonly AccessEntry[]; readonly nextCursor: string | null };
  };
  const codesIn = ({ items }: { readonly items: readonly AccessEntry[] }) =>
    items.map(({ code }) => code).sort();

  it('R55 shows admins all, and owners what concerns their keys and what they were refused', async () => {
    expect(codesIn(await list(root))).toEqual(['invalid_token', 'key_revoked', 'not_found']);
    expect(codesIn(await list(alice))).toEqual(['key_revoked']);
    expect(codesIn(await list(bob))).toEqual(['not_found']);
    expect(codesIn(await list({ kind: 'owner', ownerId: 'carol' }))).toEqual([]);
    expect(codesIn(await list(bob, '?ownerId=alice'))).toEqual([]);
    expect(codesIn(await list(alice, `?keyId=${ofAlice.id}`))).toEqual(['key_revoked']);
    expect(codesIn(await list(root, `?keyId=${ofAlice.id}`))).toEqual(['key_revoked', 'not_found']);
    expect((await list(alice)).items[0]).toEqual({
      ...{ id: expect.any(String) as string, count: 1, action: 'access.refused', code: 'key_revoked' },
      ...{ at: new Date(app.now()).toISOString(), lastAt: new Date(app.now()).toISOString() },
      ...{ keyId: ofAlice.id, ownerId: 'alice', actor: null, method: 'GET', route: '/orders' },
      ...{ address: expect.stringMatching(/^(127\.0\.0\.1|::1)$/) as string, requestId: null },
    });
  });

  it.each([
    [() => '?code=key_revoked', 1],
    [() => '?action=access.refused', 3],
    [() => '?action=access.overflow', 0],
    [() => '?action=key.created', 0],
    [() => '?ownerId=bob', 1],
    [() => `?from=${new Date(app.now() + 1).toISOString()}`, 1],
    [() => `?to=${new Date(app.now() + 1).toISOString()}`, 2],
  ])('is narrowed (%#)', async (query, count) => {
    expect((await list(root, query())).items).toHaveLength(count);
  });

  it('goes page by page, with cursors that belong to their list', async () => {
    const seen: (string | null)[] = [];
    let query = '?limit=1';
    for (;;) {
      const page = await list(root, query);
      seen.push(...codesIn(page));
      if (page.nextCursor === null) break;
      query = `?limit=1&cursor=${encodeURIComponent(page.nextCursor)}`;
    }
    expect(seen.sort()).toEqual(['invalid_token', 'key_revoked', 'not_found']);
    const { nextCursor } = await list(root, '?limit=1');
    const cursor = encodeURIComponent(nextCursor ?? '');
    for (const [sender, other] of [
      [alice, `?cursor=${cursor}`],
      [root, `?cursor=${cursor}&code=not_found`],
      [root, '?cursor=x'],
    ] as const) {
      expectProblem(await app.as(sender).get(`/audit/access${other}`), 400, 'invalid_request');
    }
  });

  it.each(['code=odd', 'action=x', 'limit=0', 'from=now', 'keyId=', 'actor=bob', 'q=x'])(
    'refuses ?%s',
    async (query) => {
      const answer = await app.as(root).get(`/audit/access?${query}`);
      expectProblem(answer, 400, 'invalid_request');
      expect(fieldsOf(answer)).toEqual([`?${query.split('=')[0]}`]);
    },
  );

  it('tells nobody anything', async () => {
    expectProblem(await app.as(null).get('/audit/access'), 401, 'unauthenticated');
  });
});

describe('GET /audit/verify', () => {
  it('says what it has found, and takes the anchor of an earlier check', async () => {
    const app = await startAdminApp();
    await makeKey(app, alice);
    const { body } = await app.as(root).get('/audit/verify').expect(200);
    const { anchor } = body as { readonly anchor: string };
    expect(body).toMatchObject({ valid: true, entries: 1, keys: 1, problems: [] });
    expect((await app.as(root).get(`/audit/verify?anchor=${anchor}`).expect(200)).body).toEqual(body);
    const other = `1.${'0'.repeat(64)}`;
    const found = await app.as(root).get(`/audit/verify?anchor=${other}`).expect(200);
    expect(found.body).toMatchObject({ valid: false, anchor: null, problems: [{ kind: 'wrong_anchor' }] });
    for (const query of ['anchor=', 'anchor=x', `anchor=01.${'0'.repeat(64)}`]) {
      const answer = await app.as(root).get(`/audit/verify?${query}`);
      expectProblem(answer, 400, 'invalid_request');
      expect(fieldsOf(answer)).toEqual(['?anchor']);
    }
    expectProblem(await app.as(alice).get('/audit/verify'), 403, 'forbidden');
    expectProblem(await app.as(null).get('/audit/verify'), 401, 'unauthenticated');
    await app.close();
  });
});

describe('GET /audit', () => {
  it('is narrowed by actor and time', async () => {
    const app = await startAdminApp();
    const { id } = await makeKey(app, alice);
    app.passTime(60_000);
    await app.as(root).patch(`/keys/${id}`).send({ name: 'x' }).expect(200);
    const count = async (query: string): Promise<number> =>
      ((await app.as(alice).get(`/audit?${query}`).expect(200)).body as { items: unknown[] }).items.length;
    expect(await count('actor=root')).toBe(1);
    expect(await count('actor=alice')).toBe(1);
    expect(await count('actor=bob')).toBe(0);
    expect(await count(`from=${new Date(app.now()).toISOString()}`)).toBe(1);
    expect(await count(`to=${new Date(app.now()).toISOString()}`)).toBe(1);
    expect(
      await count(`from=${new Date(app.now()).toISOString()}&to=${new Date(app.now()).toISOString()}`),
    ).toBe(0);
    await app.close();
  });
});

function countBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names.toSorted()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
