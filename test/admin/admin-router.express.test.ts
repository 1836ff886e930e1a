import request from 'supertest';
import { createApiKeys } from '../../lib/create-api-keys.js';
import type { Actor } from '../../lib/domain/actor.js';
import { memoryStore } from '../../lib/memory/memory-key-store.js';
import {
  alice,
  expectProblem,
  makeKey,
  mountPath,
  root,
  scopes,
  startAdminApp,
  type AdminApp,
} from './admin-app.js';
import { problemTypeOf } from '../harness/problem-type.js';

describe('adminRouter(options)', () => {
  const apiKeys = createApiKeys({
    prefix: 'acme',
    scopes,
    pepper: 'a pepper for tests with at least 32 bytes',
    store: memoryStore(),
  });
  const mount = apiKeys.adminRouter as (options?: unknown) => unknown;
  const authorize = () => null;
  afterAll(() => apiKeys.close());

  it.each([
    [undefined, /^adminRouter: takes an object with authorize, /],
    [null, /^adminRouter: takes an object with authorize, /],
    [authorize, /^adminRouter: takes an object with authorize, /],
    [{}, /^adminRouter\.authorize: takes a function/],
    [{ authorize: undefined }, /^adminRouter\.authorize: takes a function/],
    [{ authorize: 'owner' }, /^adminRouter\.authorize: takes a function/],
    [{ authorise: authorize }, /unknown option "authorise"; did you mean 'authorize'\?/],
    [{ authorize, managmentScope: 'keys:manage' }, /did you mean 'managementScope'\?/],
    [
      { authorize, realm: 'x' },
      /unknown option "realm"; known are authorize, managementScope, stepUp, allowedOrigins, securityScheme/,
    ],
    [{ authorize, managementScope: 'keys:mange' }, /did you mean 'keys:manage'\?/],
    [{ authorize, managementScope: '*' }, /one of the declared scopes/],
    [{ authorize, managementScope: '' }, /one of the declared scopes/],
    [{ authorize, managementScope: null }, /one of the declared scopes/],
    [{ authorize, allowedOrigins: 'https://a.example' }, /allowedOrigins: takes a list/],
    [{ authorize, allowedOrigins: ['*'] }, /is not an origin/],
    [{ authorize, allowedOrigins: ['null'] }, /is not an origin/],
    [{ authorize, allowedOrigins: ['https://a.example/'] }, /is not an origin/],
    [{ authorize, allowedOrigins: ['https://A.example'] }, /is not an origin/],
    [{ authorize, allowedOrigins: ['https://a.example:443'] }, /is not an origin/],
    [{ authorize, allowedOrigins: ['a.example'] }, /is not an origin/],
    [{ authorize, allowedOrigins: ['https://*.example'] }, /is not an origin/],
    [{ authorize, allowedOrigins: [/example/] }, /is not an origin/],
  ])('throws for %j', (options, message) => {
    expect(() => mount(options)).toThrow(message);
    expect(() => mount(options)).toThrow(
      expect.objectContaining({ code: 'ERR_API_KEYS_INVALID_OPTION' }) as Error,
    );
  });

  it('takes undefined for what is left out', () => {
    expect(() => mount({ authorize, managementScope: undefined, allowedOrigins: undefined })).not.toThrow();
  });
});

describe('the admin router', () => {
  let adminApp: AdminApp;
  beforeAll(async () => {
    adminApp = await startAdminApp();
  });
  afterAll(() => adminApp.close());

  it.each([
    ['an answer', '/keys', 200],
    ['a refusal', '/keys/0000000000000000', 404],
    ['an unknown path', '/nothing', 404],
  ])('sends headers that keep %s from being run, framed or stored', async (_what, path, status) => {
    const answer = await adminApp.as(alice).get(path).expect(status);
    expect(answer.headers).toMatchObject({
      'content-security-policy':
        "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'no-store',
      pragma: 'no-cache',
    });
    expect(answer.headers['x-powered-by']).toBeUndefined();
    // The whole host is the app's to bind, not one router's.
    expect(answer.headers['strict-transport-security']).toBeUndefined();
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  });

  it.each([
    '/',
    '',
    '/KEYS',
    '/Keys',
    '/key',
    '/keys;x=1',
    '/keysx',
    '/%6beys',
    '/keys/x/y',
    '/keys/x/rotate/y',
    '/self/rotate',
    '/%2e/keys',
    '/./keys/../nothing',
  ])('answers 404 for %j and lets nothing fall through to the app', async (path) => {
    for (const sender of [null, alice, root]) {
      expectProblem(await adminApp.as(sender).get(path), 404, 'not_found');
    }
  });

  it('guards a path with a doubled slash like the path it is routed to, if any', async () => {
    // Express 4 takes the slash for a part of the mount path, Express 5 does not.
    const nobody = await adminApp.as(null).get('//keys');
    const signedIn = await adminApp.as(alice).get('//keys');
    expect([
      [401, 200],
      [404, 404],
    ]).toContainEqual([nobody.status, signedIn.status]);
  });

  it.each([
    ['/keys', 'GET, HEAD, OPTIONS, POST'],
    ['/keys/0000000000000000', 'DELETE, GET, HEAD, OPTIONS, PATCH'],
    ['/keys/0000000000000000/rotate', 'OPTIONS, POST'],
    ['/keys/0000000000000000/revoke', 'OPTIONS, POST'],
    ['/audit', 'GET, HEAD, OPTIONS'],
    ['/self', 'GET, HEAD, OPTIONS'],
    ['/self/revoke', 'OPTIONS, POST'],
  ])('says which methods %s has', async (path, allow) => {
    const refused = await adminApp.as(alice).put(path);
    expectProblem(refused, 405, 'method_not_allowed');
    expect(refused.headers.allow).toBe(allow);

    const asked = await adminApp
      .as(null)
      .options(path)
      .set('Origin', 'https://evil.example')
      .set('Access-Control-Request-Method', 'POST')
      .expect(204);
    expect(asked.headers.allow).toBe(allow);
    expect(Object.keys(asked.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it('changes nothing on HEAD', async () => {
    const { id } = await makeKey(adminApp, alice);
    expectProblemStatus(await adminApp.as(alice).head(`/keys/${id}/revoke`), 405);
    expectProblemStatus(await adminApp.as(alice).head(`/keys/${id}/rotate`), 405);
    await adminApp.as(alice).head(`/keys/${id}`).expect(200).expect('ETag', '"1"');
    expect((await adminApp.as(alice).get(`/keys/${id}`)).body).toMatchObject({ version: 1 });
  });

  it('pays no attention to a method in a header', async () => {
    const { id } = await makeKey(adminApp, alice);
    await adminApp.as(alice).get(`/keys/${id}`).set('X-HTTP-Method-Override', 'DELETE').expect(200);
    await adminApp.as(alice).post(`/keys/${id}`).set('X-HTTP-Method-Override', 'DELETE').expect(405);
    expect((await adminApp.as(alice).get(`/keys/${id}`)).body).toMatchObject({ state: 'active' });
  });

  it('obeys no JSON settings of the app', async () => {
    const odd = await startAdminApp({
      configure: (app) => {
        app.set('json replacer', () => 'replaced');
        app.set('json spaces', 8);
        app.set('etag', 'weak');
        app.set('case sensitive routing', false);
      },
    });
    const { id } = await makeKey(odd, alice);
    const answer = await odd.as(alice).get(`/keys/${id}`).set('If-None-Match', '"1"').expect(200);
    expect(answer.headers.etag).toBe('"1"');
    expect(answer.text).toMatch(/^\{"id":"/);
    await odd.as(alice).get('/KEYS').expect(404);
    await odd.close();
  });

  it('answers 503 before the instance is ready and after it was closed', async () => {
    const early = await startAdminApp({ unready: true });
    const answer = await early.as(alice).get('/keys');
    expectProblem(answer, 503, 'unavailable');
    expect(Number(answer.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    await early.apiKeys.ready();
    await early.as(alice).get('/keys').expect(200);
    await early.apiKeys.close();
    expectProblem(await early.as(alice).get('/keys'), 503, 'unavailable');
    await early.close();
  });
});

describe('authorize', () => {
  const secret = 'acme_live_0123456789abcdefABCDEF0123456789';

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error(`cannot read ${secret}`);
      },
    ],
    ['rejects', () => Promise.reject(new Error(`cannot read ${secret}`))],
    [
      'throws something that is no Error',
      () => {
        throw secret as unknown as Error;
      },
    ],
    ['answers nothing', () => undefined],
    ['answers true', () => true],
    ['answers an unknown kind', () => ({ kind: 'owners', ownerId: 'alice' })],
    ['answers an owner without id', () => ({ kind: 'owner' })],
    ['answers an owner with an empty id', () => ({ kind: 'owner', ownerId: '' })],
    ['answers an owner whose id is a list', () => ({ kind: 'owner', ownerId: ['alice'] })],
    ['answers an owner whose id is a number', () => ({ kind: 'owner', ownerId: 7 })],
    ['answers an admin without id', () => ({ kind: 'admin' })],
    ['answers a key that is none', () => ({ kind: 'key', apiKey: secret })],
    ['answers an array', () => [alice]],
  ])('that %s is a 500 without details', async (_what, authorize) => {
    const adminApp = await startAdminApp({ router: { authorize: authorize as () => Actor } });
    const answer = await adminApp.as(null).get('/keys').set('Authorization', `Bearer ${secret}`);
    expectProblem(answer, 500, 'internal_error');
    expect(answer.body).toEqual({
      type: problemTypeOf('internal_error'),
      title: 'Internal error',
      status: 500,
      detail: 'Something went wrong here. Try again later.',
      code: 'internal_error',
    });
    expect(adminApp.logged).toHaveLength(1);
    expect(adminApp.logged[0]).toContain('the admin router failed');
    expect(adminApp.logged[0]).not.toContain(secret);
    await adminApp.close();
  });

  it('is waited for, and asked before anything is read', async () => {
    let asked = 0;
    const adminApp = await startAdminApp({
      router: {
        authorize: async () => {
          await new Promise((resolve) => setImmediate(resolve));
          asked += 1;
          return null;
        },
      },
    });
    const answer = await adminApp.as(null).post('/keys').type('json').send('{ not JSON');
    expectProblem(answer, 401, 'unauthenticated');
    expect(asked).toBe(1);
    await adminApp.close();
  });

  it('is the only source of identity: headers, query and body are none', async () => {
    const adminApp = await startAdminApp({ router: { authorize: () => null } });
    const answer = await request(adminApp.server)
      .post(`${mountPath}/keys?ownerId=alice`)
      .set({ 'X-Owner-Id': 'alice', 'X-User-Id': 'alice', 'X-Forwarded-User': 'alice' })
      .send({ name: 'a key', scopes: [], ownerId: 'alice', userId: 'alice', isAdmin: true });
    expectProblem(answer, 401, 'unauthenticated');
    await adminApp.close();
  });
});

/** HEAD has no body to look at. */
function expectProblemStatus(answer: { status: number }, status: number): void {
  expect(answer.status).toBe(status);
}
