import { randomUUID } from 'node:crypto';
import { Writable } from 'node:stream';
import express, { type Express, type RequestHandler } from 'express';
import { pinoHttp } from 'pino-http';
import request from 'supertest';
import { nebulaRouter } from '../../lib/dialects/index.js';
import type { ApiKeysOptions } from '../../lib/index.js';
import { memoryStore } from '../../lib/testing/index.js';
import { createInstance, type Scope, type TestInstance } from '../harness/instance.js';
import { createWith } from '../options/create-options.js';

type RequestIdOption = ApiKeysOptions<Scope>['requestId'];

interface App extends TestInstance {
  readonly app: Express;
  /** The ids in the audit log, newest first. */
  changeIds(): Promise<unknown[]>;
  /** The ids in the access log, which is written at the end; closes the instance. */
  refusalIds(): Promise<unknown[]>;
}

const instances: TestInstance[] = [];
afterEach(async () => {
  for (const { apiKeys } of instances.splice(0)) await apiKeys.close();
});

/** A guarded route, the admin router, a token endpoint and a compatibility router, behind the middleware of an app. */
async function createApp(
  requestId: unknown,
  before: RequestHandler = (_req, _res, next) => next(),
): Promise<App> {
  const tokens = { issuer: 'https://api.acme.example' };
  const store = memoryStore();
  const instance = createInstance({ store, tokens, requestId: requestId as RequestIdOption });
  instances.push(instance);
  const { apiKeys } = instance;
  await apiKeys.ready();
  const app = express().use(before);
  app.use('/api-keys', apiKeys.adminRouter({ authorize: () => ({ kind: 'admin', id: 'root' }) }));
  app.use('/oauth', apiKeys.tokenRouter());
  app.use('/nebula', nebulaRouter(apiKeys, { verifyAccessToken: () => 'alice' }));
  app.get('/orders', apiKeys.requireApiKey('orders:read'), (_req, res) => void res.json([]));
  const audit = apiKeys.audit.as({ kind: 'admin', id: 'root' });
  return {
    ...instance,
    app,
    changeIds: async () => (await audit.list({})).items.map((entry) => entry.requestId),
    refusalIds: async () => {
      await apiKeys.close();
      const entries = (await store.accessLog?.list({ limit: 100 })) ?? [];
      return entries.map((entry) => entry.requestId);
    },
  };
}

const createKey = (app: Express) =>
  request(app)
    .post('/api-keys/keys')
    .send({ ownerId: 'alice', name: 'CI', scopes: ['orders:read'] });

describe('the option requestId', () => {
  it('takes the id that pino-http has given a request', async () => {
    const ids: string[] = [];
    const logger = pinoHttp(
      {
        genReqId: () => {
          const id = randomUUID();
          ids.push(id);
          return id;
        },
      },
      new Writable({ write: (_chunk, _encoding, done) => done() }),
    );
    const readId: RequestIdOption = (req) => (typeof req.id === 'string' ? req.id : null);
    const { app, changeIds, log } = await createApp(readId, logger);
    const made = await createKey(app).set('X-Request-Id', 'from-a-header').expect(201);
    const { id } = made.body as { id: string };
    await request(app).delete(`/api-keys/keys/${id}`).expect(200);
    expect(ids).toHaveLength(2);
    expect(await changeIds()).toEqual([ids[1], ids[0]]);
    const shown = await request(app).get('/api-keys/audit').expect(200);
    expect((shown.body as { items: { requestId: string }[] }).items.map((item) => item.requestId)).toEqual([
      ids[1],
      ids[0],
    ]);
    expect(log).toEqual([]);
  });

  it('counts for guards, token endpoints and compatibility routers too', async () => {
    const { app, changeIds, refusalIds, key } = await createApp(() => 'mine-1');
    await request(app).get('/orders').expect(401);
    await request(app)
      .post('/oauth/token')
      .type('form')
      .send({ grant_type: 'client_credentials' })
      .expect(401);
    await request(app)
      .post('/nebula/api-keys')
      .set('Authorization', 'Bearer eyJhbGciOiJub25lIn0.YQ.c2ln')
      .send({ name: 'CI' })
      .expect(({ status }) => expect(status).toBeLessThan(300));
    const { id, token } = await key();
    const credentials = { grant_type: 'client_credentials', client_id: id, client_secret: token };
    const { body } = await request(app).post('/oauth/token').type('form').send(credentials).expect(200);
    const { access_token } = body as { access_token: string };
    await request(app)
      .post('/oauth/revoke')
      .type('form')
      .send({ ...credentials, token: access_token });
    expect(await changeIds()).toEqual(['mine-1', null, 'mine-1']);
    expect(await refusalIds()).toEqual(['mine-1', 'mine-1']);
  });

  it('is not called for a request that a guard allows', async () => {
    let calls = 0;
    const { app, key } = await createApp(() => `call-${(calls += 1)}`);
    const { token } = await key();
    await request(app).get('/orders').set('X-API-Key', token).expect(200);
    expect(calls).toBe(0);
    await request(app).get('/orders').expect(401);
    expect(calls).toBe(1);
  });

  it.each<[string, string]>([
    ['is too long', 'x-'.repeat(65)],
    ['has a line break', 'a\r\nb'],
    ['may be a secret', '4bf92f3577b34da6a3ce929d0e0e4736'],
    ['is empty', ''],
  ])('leaves out an id that %s, as in the header', async (_what, id) => {
    const { app, changeIds, log } = await createApp(() => id);
    await createKey(app).expect(201);
    expect(await changeIds()).toEqual([null]);
    expect(log).toEqual([]);
  });

  it.each([null, undefined])('may return %p', async (nothing) => {
    const { app, changeIds, log } = await createApp(() => nothing);
    await createKey(app).set('X-Request-Id', 'from-a-header').expect(201);
    expect(await changeIds()).toEqual([null]);
    expect(log).toEqual([]);
  });

  it.each<[string, () => unknown, RegExp]>([
    [
      'throws',
      () => {
        throw new Error('no store');
      },
      /requestId threw/,
    ],
    [
      'throws a string',
      () => {
        // eslint-disable-next-line typescript/only-throw-error -- apps do
        throw 'no store';
      },
      /requestId threw/,
    ],
    ['returns a promise', async () => 'an-id', /requestId returned a promise, not a string/],
    ['returns a promise that rejects', () => Promise.reject(new Error('late')), /returned a promise/],
    ['returns a number', () => 4711, /requestId returned a value of type number, not a string/],
    ['returns an object', () => ({ toString: () => 'an-id' }), /a value of type object/],
    ['returns a symbol', () => Symbol('id'), /a value of type symbol/],
    [
      'returns a revoked proxy',
      () => {
        const { proxy, revoke } = Proxy.revocable({}, {});
        revoke();
        return proxy;
      },
      /requestId/,
    ],
  ])('leaves the id out, and is logged once, when it %s', async (_what, requestId, line) => {
    const { app, changeIds, refusalIds, log } = await createApp(requestId);
    await createKey(app).set('X-Request-Id', 'from-a-header').expect(201);
    await createKey(app).expect(201);
    await request(app).get('/orders').expect(401);
    expect(await changeIds()).toEqual([null, null]);
    expect(await refusalIds()).toEqual([null]);
    expect(log).toEqual([expect.stringMatching(line) as string]);
    expect(log.join()).not.toMatch(/4711|an-id/);
  });

  it('left out, leaves the header', async () => {
    const { app, changeIds } = await createApp(undefined);
    await createKey(app).set('X-Request-Id', 'from-a-header').expect(201);
    expect(await changeIds()).toEqual(['from-a-header']);
  });

  it.each(['x-correlation-id', null, {}])('refuses %p', (requestId) => {
    expect(() => createWith({ requestId })).toThrow(
      'requestId: takes a function that returns the id of a request, for example (req) => req.id',
    );
  });
});
