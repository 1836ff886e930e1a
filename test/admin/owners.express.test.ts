import express, { type Express } from 'express';
import request from 'supertest';
import type { Actor } from '../../lib/index.js';
import { createInstance, type TestInstance } from '../harness/instance.js';

let instance: TestInstance;
let app: Express;
let actor: Actor | null;

beforeEach(async () => {
  instance = createInstance();
  await instance.apiKeys.ready();
  actor = { kind: 'admin', id: 'olga' };
  app = express();
  app.use('/api-keys', instance.apiKeys.adminRouter({ authorize: () => actor }));
  app.get('/orders', instance.apiKeys.requireApiKey('orders:read'), (_req, res) => void res.json([]));
});

afterEach(() => instance.apiKeys.close());

const post = (path: string, body: object = {}) =>
  request(app).post(`/api-keys${path}`).set('Sec-Fetch-Site', 'same-origin').send(body);

describe('the owners of the admin router', () => {
  it('are suspended and resumed, with the effect on the very next request', async () => {
    const { token } = await instance.key();
    const order = () => request(app).get('/orders').set('X-API-Key', token);
    await order().expect(200);
    const suspended = await post('/owners/alice/suspend', { suspensionReason: 'Unpaid' }).expect(200);
    expect(suspended.headers['etag']).toBe('"1"');
    expect(suspended.body).toEqual({
      ownerId: 'alice',
      plan: null,
      overrides: null,
      suspendedAt: expect.stringMatching(/Z$/),
      suspensionReason: 'Unpaid',
      version: 1,
      createdAt: expect.stringMatching(/Z$/),
      updatedAt: expect.stringMatching(/Z$/),
    });
    expect((await order().expect(403)).body).toMatchObject({ code: 'owner_suspended' });
    expect((await request(app).get('/api-keys/owners/alice').expect(200)).body).toEqual({
      ...suspended.body,
      credits: null,
    });
    await post('/owners/alice/resume').expect(200);
    await order().expect(200);
  });

  it('get a plan and overrides, which replace those before', async () => {
    await instance.apiKeys.close();
    instance = createInstance({ plans: { free: { scopes: [] }, pro: {} }, defaultPlan: 'free' });
    await instance.apiKeys.ready();
    app = express();
    app.use('/api-keys', instance.apiKeys.adminRouter({ authorize: () => actor }));
    app.get('/orders', instance.apiKeys.requireApiKey('orders:read'), (_req, res) => void res.json([]));
    const put = (body: object) =>
      request(app).put('/api-keys/owners/alice').set('Sec-Fetch-Site', 'same-origin').send(body);
    const { token } = await instance.key();
    const order = () => request(app).get('/orders').set('X-API-Key', token);
    expect((await order().expect(403)).body).toMatchObject({
      code: 'insufficient_scope',
      detail: 'The API key has orders:read, but the plan of its owner does not include it.',
      missingScopes: ['orders:read'],
    });
    const overrides = { keyCeilings: { credits: 5 }, maxKeys: 7 };
    const { body, headers } = await put({ plan: 'pro', overrides }).expect(200);
    expect([body, headers['etag']]).toMatchObject([{ plan: 'pro', overrides, version: 1 }, '"1"']);
    await order().expect(200);
    await put({ overrides: {} }).set('If-Match', '"2"').expect(412);
    expect((await put({ overrides: {} }).set('If-Match', '"1"').expect(200)).body).toMatchObject({
      ...{ plan: null, overrides: null, version: 2 },
    });
    await order().expect(403);
    expect((await put({ plan: 'prp' }).expect(400)).body).toMatchObject({
      errors: [{ field: 'plan', message: 'must be one of free, pro, or null for the default plan' }],
    });
    const once = () => put({ plan: 'pro' }).set('Idempotency-Key', 'once');
    await once().expect(200);
    await put({ plan: 'free' }).expect(200);
    const replayed = await once().expect(200);
    expect([replayed.headers['idempotency-replayed'], replayed.body.plan]).toEqual(['true', 'free']);
    await post('/owners/alice/suspend').expect(200);
    expect((await put({ plan: 'pro' }).expect(200)).body).toMatchObject({
      suspendedAt: expect.stringMatching(/Z$/),
    });
    actor = { kind: 'owner', ownerId: 'alice' };
    await put({ plan: 'pro' }).expect(403);
  });

  it('are changed from the version of If-Match only', async () => {
    await post('/owners/alice/suspend').set('If-Match', '"1"').expect(412);
    await post('/owners/alice/suspend').expect(200);
    await post('/owners/alice/resume').set('If-Match', '"2"').expect(412);
    await post('/owners/alice/resume').set('If-Match', '"1"').expect(200);
  });

  it('are changed once for each Idempotency-Key, which a retry is answered by with the owner as it is by then', async () => {
    const suspend = (key: string, body: object = { suspensionReason: 'Unpaid' }, owner = 'alice') =>
      post(`/owners/${owner}/suspend`, body).set('Idempotency-Key', key);
    const first = await suspend('"1"').expect(200);
    expect(first.headers).not.toHaveProperty('idempotency-replayed');
    await post('/owners/alice/resume').set('Idempotency-Key', '"1"').expect(200);
    const again = await suspend('1').expect(200);
    expect(again.headers).toMatchObject({ 'idempotency-replayed': 'true', etag: '"2"' });
    expect(again.body).toMatchObject({ suspendedAt: null, version: 2 });
    expect((await suspend('"1"', { suspensionReason: 'Other' }).expect(422)).body).toMatchObject({
      code: 'idempotency_key_reused',
    });
    await suspend('"').expect(400);
    // Another owner and another admin have claims of their own.
    expect((await suspend('"1"', {}, 'bob').expect(200)).body).toMatchObject({ version: 1 });
    actor = { kind: 'admin', id: 'otto' };
    expect((await suspend('"1"').expect(200)).body).toMatchObject({ version: 3 });
    await post('/owners/alice/resume').set('Idempotency-Key', '"2"').set('If-Match', '"3"').expect(200);
    // The version of If-Match was that of the first request.
    await post('/owners/alice/resume').set('Idempotency-Key', '"2"').set('If-Match', '"3"').expect(200);
    actor = { kind: 'owner', ownerId: 'alice' };
    await suspend('"1"').expect(403);
  });

  it('are not changed twice at once under one Idempotency-Key', async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, () =>
        post('/owners/alice/suspend', { suspensionReason: 'Unpaid' }).set('Idempotency-Key', '"at once"'),
      ),
    );
    const made = answers.filter(
      ({ status, headers }) => status === 200 && headers['idempotency-replayed'] === undefined,
    );
    expect(made).toHaveLength(1);
    for (const { status, body } of answers.filter((answer) => answer.status !== 200))
      expect([status, body]).toEqual([409, expect.objectContaining({ code: 'request_in_progress' })]);
    expect((await request(app).get('/api-keys/owners/alice')).body).toMatchObject({ version: 1 });
  });

  it('are listed in pages, and by whether they are suspended', async () => {
    for (const ownerId of ['carol', 'alice', 'bob']) await post(`/owners/${ownerId}/suspend`).expect(200);
    await post('/owners/bob/resume').expect(200);
    const list = async (query: string) =>
      (await request(app).get(`/api-keys/owners${query}`).expect(200)).body as {
        items: { ownerId: string }[];
        nextCursor: string | null;
      };
    expect((await list('')).items.map(({ ownerId }) => ownerId)).toEqual(['alice', 'bob', 'carol']);
    expect((await list('?suspended=true')).items.map(({ ownerId }) => ownerId)).toEqual(['alice', 'carol']);
    expect((await list('?suspended=false')).items.map(({ ownerId }) => ownerId)).toEqual(['bob']);
    const first = await list('?limit=2');
    const second = await list(`?limit=2&cursor=${first.nextCursor}`);
    expect(second.items.map(({ ownerId }) => ownerId)).toEqual(['carol']);
    expect(second.nextCursor).toBeNull();
    await request(app).get('/api-keys/owners?suspended=1').expect(400);

    expect((await list('?q=AR')).items.map(({ ownerId }) => ownerId)).toEqual(['carol']);
    expect((await list('?q=o&suspended=false')).items.map(({ ownerId }) => ownerId)).toEqual(['bob']);
    for (const nothing of ['%25', '_', '%5C', "'", '%22', '%F0%9F%9B%B8']) {
      expect((await list(`?q=${nothing}`)).items).toEqual([]);
    }
    const part = await list('?q=o&limit=1');
    expect(part.items.map(({ ownerId }) => ownerId)).toEqual(['bob']);
    // A cursor is bound to what was sought.
    await request(app).get(`/api-keys/owners?q=a&limit=1&cursor=${part.nextCursor}`).expect(400);
    for (const refused of ['', '%00', '%0A', '%FF', 'x'.repeat(101), 'a&q=b']) {
      await request(app).get(`/api-keys/owners?q=${refused}`).expect(400);
    }
  });

  it('may have any id that the owner of a key may have', async () => {
    for (const ownerId of ['org/7', 'a b', 'ä', 'org:1', '...', 'constructor', '__proto__', '%2F']) {
      const { token } = await instance.key({ ownerId });
      const path = `/owners/${encodeURIComponent(ownerId).replaceAll('.', '%2E')}`;
      const { body } = await post(`${path}/suspend`).expect(200);
      expect(body).toMatchObject({ ownerId });
      await request(app).get('/orders').set('X-API-Key', token).expect(403);
    }
    await post(`/owners/${'x'.repeat(201)}/suspend`).expect(400);
    await post('/owners/%00/suspend').expect(400);
    await post('/owners/%E0%A4%A/suspend').expect(404);
  });

  it.each<[string, Actor | null, number]>([
    ['nobody', null, 401],
    ['the owner', { kind: 'owner', ownerId: 'alice' }, 403],
    ['another owner', { kind: 'owner', ownerId: 'bob' }, 403],
  ])('are not managed by %s', async (_name, who, status) => {
    actor = who;
    await post('/owners/alice/suspend').expect(status);
    await post('/owners/alice/resume').expect(status);
    await request(app).get('/api-keys/owners/alice').expect(status);
    await request(app).get('/api-keys/owners').expect(status);
    actor = { kind: 'admin', id: 'olga' };
    expect((await request(app).get('/api-keys/owners/alice')).body).toMatchObject({ version: 0 });
  });

  it.each(['.', '..'])('never have the id %s, which no path can have', async (ownerId) => {
    const key = { name: 'x', scopes: ['orders:read'] };
    const field = { field: 'ownerId', message: expect.stringContaining('cannot stand in a URL') };
    const byAdmin = await post('/keys', { ...key, ownerId }).expect(400);
    expect(byAdmin.body).toMatchObject({ code: 'invalid_request', errors: [field] });
    actor = { kind: 'owner', ownerId };
    const byOwner = await post('/keys', key).expect(400);
    expect(byOwner.body).toMatchObject({ code: 'invalid_request', errors: [field] });
    const { owners, keys } = instance.apiKeys;
    const asApp = { kind: 'application' } as const;
    const refused = { code: 'ERR_API_KEYS_INVALID_REQUEST' };
    await expect(owners.as(asApp).set({ ownerId, plan: null })).rejects.toMatchObject(refused);
    await expect(keys.as(asApp).create({ ...key, ownerId, scopes: [] })).rejects.toMatchObject(refused);
    const row = { ...key, ownerId, key: 'old_0123456789abcdef' };
    await expect(keys.as(asApp).import({ keys: [row] } as never)).rejects.toThrow();
    // Rows from before can be read, and erased.
    expect((await keys.as(asApp).list({ ownerId })).items).toEqual([]);
    await owners.as(asApp).suspend({ ownerId });
    await owners.as(asApp).erase({ ownerId });
    actor = { kind: 'admin', id: 'olga' };
    await post('/keys', { ...key, ownerId: `${ownerId}x` }).expect(201);
  });

  it('are not managed by a key, whatever its scopes', async () => {
    const managing = express();
    const { token } = await instance.key({ scopes: ['orders:read', 'orders:write', 'users:read'] });
    managing.use(
      '/api-keys',
      instance.apiKeys.requireApiKey.anyScope(),
      instance.apiKeys.adminRouter({
        authorize: (req) => ({ kind: 'key', apiKey: instance.apiKeys.apiKeyOf(req) }),
        managementScope: 'users:read',
      }),
    );
    const answer = await request(managing)
      .post('/api-keys/owners/bob/suspend')
      .set('X-API-Key', token)
      .send({});
    expect(answer.status).toBe(403);
    await request(managing).get('/api-keys/owners').set('X-API-Key', token).expect(403);
  });
});
