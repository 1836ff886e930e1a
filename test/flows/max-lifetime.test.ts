import express from 'express';
import request from 'supertest';
import { nebulaRouter, deltadefiRouter, yativoRouter } from '../../lib/dialects/index.js';
import type { ApiKeysOptions, PolicyOption } from '../../lib/index.js';
import { memoryStore } from '../../lib/testing/index.js';
import { createInstance, type Scope, type TestInstance } from '../harness/instance.js';
import { theApp } from '../harness/the-app.js';

const dayMs = 24 * 60 * 60 * 1000;
const instances: TestInstance[] = [];
afterEach(async () => {
  await Promise.all(instances.splice(0).map(({ apiKeys }) => apiKeys.close()));
});

async function start(
  policy: PolicyOption,
  options: Partial<ApiKeysOptions<Scope>> = {},
): Promise<TestInstance> {
  const instance = createInstance({ policy, ...options });
  instances.push(instance);
  await instance.apiKeys.ready();
  return instance;
}

/** The admin router for an owner, an admin, or a key with `users:read`, which the header `as` names. */
function appOf({ apiKeys }: TestInstance): express.Express {
  const app = express();
  app.use(
    '/api-keys',
    apiKeys.adminRouter({
      authorize: (req) =>
        req.get('as') === 'admin' ? { kind: 'admin', id: 'root' } : { kind: 'owner', ownerId: 'alice' },
    }),
  );
  app.get('/orders', apiKeys.requireApiKey('orders:read'), (req, res) => void res.json(req.apiKey));
  return app;
}

const iso = (time: number): string => new Date(time).toISOString();
const body = { name: 'CI', scopes: ['orders:read'] };

describe('policy.maxLifetimeDays', () => {
  it('is the end of a key that is created without one, for owners, admins and the app', async () => {
    const instance = await start({ maxLifetimeDays: 90 });
    const end = instance.clock.now() + 90 * dayMs;
    const app = appOf(instance);
    const byOwner = await request(app).post('/api-keys/keys').send(body);
    const byAdmin = await request(app)
      .post('/api-keys/keys')
      .set('as', 'admin')
      .send({ ...body, ownerId: 'bob' });
    expect([byOwner.status, byOwner.body.expiresAt]).toEqual([201, iso(end)]);
    expect([byAdmin.status, byAdmin.body.expiresAt]).toEqual([201, iso(end)]);
    const created = await instance.apiKeys.keys.as(theApp).create({ ...body, ownerId: 'carol' } as never);
    expect(created.expiresAt).toEqual(new Date(end));

    instance.clock.advance(90 * dayMs - 1);
    const get = async (): Promise<unknown> =>
      (await request(app).get('/orders').set('X-API-Key', byOwner.body.key)).body;
    expect(await get()).toMatchObject({ id: byOwner.body.id, expiresAt: iso(end) });
    instance.clock.advance(1);
    expect(await get()).toMatchObject({ code: 'key_expired' });
    expect(await get()).not.toHaveProperty('reason');
  });

  it('refuses a later end and none, with the latest one, and takes every earlier one', async () => {
    const instance = await start({ maxLifetimeDays: 90 });
    const latest = instance.clock.now() + 90 * dayMs;
    const app = appOf(instance);
    const post = (expiresAt: unknown): request.Test =>
      request(app)
        .post('/api-keys/keys')
        .send({ ...body, expiresAt });
    for (const expiresAt of [iso(latest + 1), null]) {
      const { status, body: problem } = await post(expiresAt);
      expect([status, problem.code]).toEqual([400, 'invalid_request']);
      expect(problem.errors).toEqual([
        { field: 'expiresAt', message: expect.stringContaining(`at most ${iso(latest)}`) as string },
      ]);
    }
    expect((await post(iso(latest))).status).toBe(201);
    expect((await post(iso(latest - 1))).body.expiresAt).toBe(iso(latest - 1));
  });

  it('counts from the creation of the key in changes, whoever makes them, and no rotation extends it', async () => {
    const instance = await start({ maxLifetimeDays: 90 });
    const latest = instance.clock.now() + 90 * dayMs;
    const app = appOf(instance);
    const { id, key } = (await request(app).post('/api-keys/keys').send(body)).body as Record<string, string>;
    instance.clock.advance(30 * dayMs);
    const patch = (expiresAt: unknown, as = 'owner'): request.Test =>
      request(app).patch(`/api-keys/keys/${id}`).set('as', as).send({ expiresAt });
    for (const as of ['owner', 'admin']) {
      expect((await patch(iso(latest + 1), as)).body.errors?.[0].message).toContain(iso(latest));
      expect((await patch(null, as)).status).toBe(400);
    }
    expect((await patch(iso(latest - dayMs))).body.expiresAt).toBe(iso(latest - dayMs));
    expect((await patch(iso(latest))).body.expiresAt).toBe(iso(latest));
    const rotated = await request(app).post(`/api-keys/keys/${id}/rotate`).send({});
    expect([rotated.status, rotated.body.expiresAt]).toEqual([200, iso(latest)]);
    expect(key).not.toBe(rotated.body.key);
  });

  it('leaves keys that exist as they are, and lets their end only come nearer', async () => {
    const store = memoryStore();
    const before = await start({}, { store });
    const { id } = await before.key();
    const end = before.clock.now() + 400 * dayMs;
    const instance = await start({ maxLifetimeDays: 90 }, { store, clock: before.clock });
    const app = appOf(instance);
    before.clock.advance(100 * dayMs);
    const patch = (fields: object): request.Test => request(app).patch(`/api-keys/keys/${id}`).send(fields);
    expect((await patch({ name: 'renamed' })).body).toMatchObject({ state: 'active', expiresAt: null });
    expect((await patch({ expiresAt: null })).status).toBe(200);
    expect((await patch({ expiresAt: iso(end) })).status).toBe(200);
    expect((await patch({ expiresAt: iso(end + 1) })).status).toBe(400);
    expect((await patch({ expiresAt: null })).status).toBe(400);
  });

  it('ends keys that exist, too, where it is enforced, in lists and answers as well', async () => {
    const store = memoryStore();
    const before = await start({}, { store });
    const old = await before.key({ name: 'old' });
    const short = await before.key({ name: 'short', expiresAt: new Date(before.clock.now() + dayMs * 5) });
    before.clock.advance(dayMs);
    const young = await before.key({ name: 'young' });
    const policy = { maxLifetimeDays: 90, enforceOnExisting: true };
    const instance = await start(policy, { store, clock: before.clock });
    const app = appOf(instance);
    const status = async (token: string): Promise<unknown> =>
      (await request(app).get('/orders').set('X-API-Key', token)).body.code ?? 200;
    before.clock.advance(89 * dayMs - 1);
    expect([await status(old.token), await status(short.token)]).toEqual([200, 'key_expired']);
    before.clock.advance(1);
    expect([await status(old.token), await status(young.token)]).toEqual(['key_expired', 200]);
    const keys = instance.apiKeys.keys.as(theApp);
    const end = new Date(before.clock.now());
    expect(await keys.get({ id: old.id })).toMatchObject({ state: 'expired', expiresAt: end });
    const namesBy = async (filter: object): Promise<string[]> =>
      (await keys.list(filter)).items.map(({ name }) => name).sort();
    expect(await namesBy({ state: 'expired' })).toEqual(['old', 'short']);
    expect(await namesBy({ state: 'active' })).toEqual(['young']);
    // What was read can be sent back, and nothing of it is stored.
    const { body: shown, headers } = await request(app).get(`/api-keys/keys/${young.id}`);
    const sent = await request(app).patch(`/api-keys/keys/${young.id}`).send(shown);
    expect([sent.status, sent.headers['etag']]).toEqual([200, headers['etag']]);
    await keys.update({ id: young.id, name: 'renamed' });
    const { items } = await before.apiKeys.keys.as(theApp).list({ q: 'renamed' });
    expect(items).toEqual([expect.objectContaining({ expiresAt: null, state: 'active' })]);
  });

  it('is refused with other values, and enforced only where there is a bound', async () => {
    for (const maxLifetimeDays of [0, 3651, 1.5, '90', null]) {
      expect(() => createInstance({ policy: { maxLifetimeDays } as never })).toThrow(
        /maxLifetimeDays.*1 to 3,650/,
      );
    }
    expect(() => createInstance({ policy: { enforceOnExisting: true } })).toThrow(
      /maxLifetimeDays or maxIdleDays/,
    );
  });

  it('is an option of the compatibility routers for their own keys', async () => {
    const { apiKeys, clock } = await start({}, { tokens: { issuer: 'http://127.0.0.1' } });
    const verifyAccessToken = (token: string): string => token;
    const app = express()
      .use('/nebula', nebulaRouter(apiKeys, { verifyAccessToken, maxLifetimeDays: 30 }))
      .use('/deltadefi', deltadefiRouter(apiKeys, { verifyAccessToken, maxLifetimeDays: 31 }))
      .use('/yativo', yativoRouter(apiKeys, { verifyAccessToken, maxLifetimeDays: 32 }));
    const as = { Authorization: 'Bearer alice' };
    await request(app).post('/nebula/api-keys').set(as).send({ name: 'a' }).expect(200);
    await request(app).get('/deltadefi/accounts/new-api-key').set('Authorization', 'alice').expect(200);
    const create = (fields: object): request.Test =>
      request(app)
        .post('/yativo/apikey/generate')
        .set(as)
        .send({ name: 'a', ...fields });
    const { data } = (await create({ expires_at: null }).expect(200)).body;
    expect(data.expires_at).toBe(iso(clock.now() + 32 * dayMs));
    const refused = await create({ expires_in_days: 33 });
    expect([refused.status, JSON.stringify(refused.body)]).toEqual([
      400,
      expect.stringContaining('expires_in_days'),
    ]);
    const { items } = await apiKeys.keys.as(theApp).list({});
    const days = items.map(({ keyspace, expiresAt }) => [
      keyspace,
      ((expiresAt?.getTime() ?? 0) - clock.now()) / dayMs,
    ]);
    expect(Object.fromEntries(days)).toEqual({ nebula: 30, deltadefi: 31, yativo: 32 });
    expect(() => deltadefiRouter(apiKeys, { verifyAccessToken, graceMs: 1000, maxLifetimeDays: 9 })).toThrow(
      /graceMs or maxLifetimeDays/,
    );
  });
});
