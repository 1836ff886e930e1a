import express from 'express';
import request from 'supertest';
import type { ForwardAuthOptions } from '../../lib/index.js';
import { memoryStore } from '../../lib/testing/index.js';
import { createInstance, type Scope, type TestInstance } from '../harness/instance.js';
import { theApp } from '../harness/the-app.js';

let instance: TestInstance;
let store: ReturnType<typeof memoryStore>;
let log: string[];
const note = (...parts: unknown[]): void => void log.push(JSON.stringify(parts));

beforeEach(() => {
  log = [];
  store = memoryStore();
  instance = createInstance({ signatures: {}, store, logger: { warn: note, error: note } });
});
afterEach(() => instance.apiKeys.close());

function createApp(
  options: ForwardAuthOptions<Scope> = {},
  trustProxy: unknown = 'loopback',
): express.Express {
  return express().set('trust proxy', trustProxy).use('/auth', instance.apiKeys.forwardAuthRouter(options));
}

const byMethod = { GET: 'orders:read', DELETE: 'orders:write' } as const;
const identity = (headers: Record<string, unknown>): readonly string[] =>
  Object.keys(headers).filter((name) => name.startsWith('x-auth-key-'));

describe('forwardAuthRouter', () => {
  it('answers 200 with the caller, on any path below it, to any method, and never with a body', async () => {
    const { token, id } = await instance.key({ name: 'CI' });
    const app = createApp({ scopes: 'orders:read' });
    const requests = [
      request(app).get('/auth'),
      request(app).head('/auth/'),
      request(app).options('/auth'),
      request(app).post('/auth/orders/1?x=1').send({ a: 1 }),
    ];
    for (const sent of requests) {
      const answer = await sent.set('X-Api-Key', token).expect(200);
      expect(answer.text ?? '').toBe('');
      expect(answer.headers).toMatchObject({
        ...{ 'x-auth-key-id': id, 'x-auth-key-owner': 'alice', 'x-auth-key-name': 'CI' },
        ...{ 'x-auth-key-scopes': 'orders:read', 'x-auth-key-features': '-', 'x-auth-key-via': 'key' },
        ...{ 'x-auth-key-environment': 'live', 'cache-control': 'no-store' },
      });
    }
  });

  it('leaves no header empty, and encodes what a header cannot carry', async () => {
    const ownerId = 'Zoë, 100% \u{1f600}';
    const { token } = await instance.key({ ownerId, scopes: [] });
    const { headers } = await request(createApp()).get('/auth').set('X-Api-Key', token).expect(200);
    expect(headers['x-auth-key-owner']).toBe('Zo%C3%AB,%20100%25%20%F0%9F%98%80');
    expect(decodeURIComponent(String(headers['x-auth-key-owner']))).toBe(ownerId);
    expect(headers['x-auth-key-scopes']).toBe('-');
  });

  it('does not repeat identity headers of the client, and names no caller in a refusal', async () => {
    const { token } = await instance.key({ scopes: [] });
    const app = createApp({ scopes: 'orders:read' });
    const spoofed = { 'X-Auth-Key-Owner': 'admin', 'X-Auth-Key-Id': 'x' };
    const allowed = await request(createApp())
      .get('/auth')
      .set({ ...spoofed, 'X-Api-Key': token });
    expect(allowed.headers['x-auth-key-owner']).toBe('alice');
    const missing = await request(app).get('/auth').set(spoofed).expect(401);
    expect(missing.headers['www-authenticate']).toBe('Bearer realm="acme"');
    const forbidden = await request(app)
      .get('/auth')
      .set({ ...spoofed, 'X-Api-Key': token })
      .expect(403);
    expect(forbidden.body).toMatchObject({ code: 'insufficient_scope', missingScopes: ['orders:read'] });
    expect([identity(missing.headers), identity(forbidden.headers)]).toEqual([[], []]);
  });

  it('answers 429 with the state of limits, and 401 once the key is revoked', async () => {
    const { id, token } = await instance.key({
      rateLimits: [{ name: 'minute', limit: 1, windowSeconds: 60 }],
    });
    const app = createApp();
    const use = (): request.Test => request(app).get('/auth').set('X-Api-Key', token);
    await use()
      .expect(200)
      .expect('RateLimit', /^"minute";r=0/);
    await use().expect(429).expect('Retry-After', /^\d+$/);
    await instance.apiKeys.keys.as(theApp).revoke({ id });
    const revoked = await use().expect(401);
    expect(revoked.body).toMatchObject({ code: 'key_revoked' });
  });

  it.each([
    ['traefik', 'x-forwarded-method', 'x-forwarded-uri'],
    ['caddy', 'x-forwarded-method', 'x-forwarded-uri'],
    ['nginx', 'x-original-method', 'x-original-uri'],
    ['haproxy', 'x-original-method', 'x-original-uri'],
  ] as const)(
    'judges by the method that %s sends, and by none when it is missing',
    async (proxy, method, uri) => {
      const { token } = await instance.key();
      const app = createApp({ scopes: byMethod, proxy });
      const statusOf = async (headers: Record<string, string>): Promise<number> =>
        (
          await request(app)
            .get('/auth')
            .set({ 'X-Api-Key': token, ...headers })
        ).status;
      expect(await statusOf({ [method]: 'GET', [uri]: '/a' })).toBe(200);
      expect(await statusOf({ [method]: 'HEAD', [uri]: '/a' })).toBe(200);
      expect(await statusOf({ [method]: 'DELETE', [uri]: '/a' })).toBe(403);
      expect(await statusOf({ [method]: 'PATCH', [uri]: '/a' })).toBe(405);
      for (const odd of ['GET, DELETE', 'get', 'G E T']) {
        expect([odd, await statusOf({ [method]: odd, [uri]: '/a' })]).toEqual([odd, 400]);
      }
      expect(await statusOf({ [uri]: '/a' })).toBe(500);
      expect(await statusOf({ [method]: 'GET' })).toBe(500);
      expect(log.join('\n')).toContain(`the proxy sent no ${method}`);
    },
  );

  it('believes no headers from an address that is no trusted proxy, and says what to set', async () => {
    const { token } = await instance.key();
    const headers = { 'X-Api-Key': token, 'X-Original-Method': 'GET', 'X-Original-URI': '/' };
    for (const trust of [
      false,
      '203.0.113.9',
      () => {
        throw new Error('thrown');
      },
    ]) {
      const app = createApp({ scopes: byMethod, proxy: 'nginx' }, trust);
      await request(app).get('/auth').set(headers).expect(500);
    }
    expect(log.join('\n')).toContain("Name the proxy in app.set('trust proxy', …)");
  });

  it('answers Traefik, which asks with GET and sets X-Forwarded headers over those of the client', async () => {
    const { token } = await instance.key({ ipAllowlist: ['203.0.113.9'] });
    const app = createApp({ scopes: byMethod, proxy: 'traefik' });
    // As https://doc.traefik.io/traefik/reference/routing-configuration/http/middlewares/forwardauth/ has it.
    const asked = {
      'X-Forwarded-For': '203.0.113.9',
      'X-Forwarded-Host': 'api.acme.example',
      'X-Forwarded-Proto': 'https',
      'X-Forwarded-Uri': '/orders/1?a=1',
    };
    await request(app)
      .get('/auth')
      .set({ ...asked, 'X-Forwarded-Method': 'GET', 'X-Api-Key': token })
      .expect(200);
    await request(app)
      .get('/auth')
      .set({ ...asked, 'X-Forwarded-Method': 'DELETE', 'X-Api-Key': token })
      .expect(403);
    await request(app)
      .get('/auth')
      .set({ ...asked, 'X-Forwarded-Method': 'GET' })
      .expect(401);
    const elsewhere = {
      ...asked,
      'X-Forwarded-For': '203.0.113.10',
      'X-Forwarded-Method': 'GET',
      'X-Api-Key': token,
    };
    await request(app).get('/auth').set(elsewhere).expect(403);
  });

  it('answers Envoy, which asks with the method, the path behind the prefix and the host of its client', async () => {
    const { token } = await instance.key();
    const app = createApp({ scopes: byMethod, proxy: 'envoy', signed: 'accepted' });
    // As the comments of HttpService in ext_authz.proto have it: Authorization and Content-Length: 0 by itself.
    const envoy = { Authorization: `Bearer ${token}`, Host: 'api.acme.example', 'X-Forwarded-Method': 'GET' };
    await request(app).get('/auth/orders/1?a=1').set(envoy).expect(200);
    await request(app)
      .delete('/auth/orders/1')
      .set({ ...envoy, 'Content-Length': '0' })
      .expect(403);
    await request(app)
      .put('/auth/orders/1')
      .set({ ...envoy, 'Content-Length': '0' })
      .expect(405);
    await request(app)
      .head('/auth/../../orders')
      .set(envoy)
      .expect((res) => expect([200, 404]).toContain(res.status));
  });

  it('records a refusal as one of the request that the client sent', async () => {
    const { token } = await instance.key({ scopes: [] });
    const app = createApp({ scopes: byMethod, proxy: 'traefik' });
    const headers = {
      'X-Forwarded-Method': 'DELETE',
      'X-Forwarded-Uri': `/orders/${token}`,
      'X-Forwarded-For': '203.0.113.9',
    };
    await request(app)
      .get('/auth')
      .set({ ...headers, 'X-Api-Key': token })
      .expect(403);
    await instance.apiKeys.close();
    expect(await store.accessLog.list({ limit: 10 })).toEqual([
      expect.objectContaining({
        ...{ code: 'insufficient_scope', method: 'DELETE', route: '/orders/*', address: '203.0.113.9' },
      }),
    ]);
  });

  it('answers 503 until the instance is ready, and afterwards', async () => {
    const app = createApp();
    await instance.apiKeys.close();
    const answer = await request(app).get('/auth').set('X-Api-Key', 'x').expect(503);
    expect(identity(answer.headers)).toEqual([]);
  });

  it('takes no options that would open more than was meant', () => {
    const forwardAuthRouter = instance.apiKeys.forwardAuthRouter as (...args: unknown[]) => unknown;
    expect(() => forwardAuthRouter(undefined)).toThrow('forwardAuthRouter: takes an object');
    expect(() => forwardAuthRouter('orders:read')).toThrow('forwardAuthRouter: takes an object');
    expect(() => forwardAuthRouter({ scopes: undefined })).toThrow('For any valid key, leave scopes out');
    expect(() => forwardAuthRouter({ scopes: 'orders:raed' })).toThrow('forwardAuthRouter');
    expect(() => forwardAuthRouter({ scope: 'orders:read' })).toThrow('scopes');
    expect(() => forwardAuthRouter({ scopes: byMethod })).toThrow("for example proxy: 'nginx'");
    expect(() => forwardAuthRouter({ signed: 'required' })).toThrow("for example proxy: 'nginx'");
    expect(() => forwardAuthRouter({ proxy: 'apache' })).toThrow('forwardAuthRouter.proxy: takes');
    expect(() => forwardAuthRouter({ feature: 'x' })).toThrow('forwardAuthRouter: unknown feature');
    expect(() => forwardAuthRouter({ cost: -1 })).toThrow('forwardAuthRouter: cost');
    expect(() => forwardAuthRouter({ credentialFrom: ['X-Auth-Key-Owner'] })).toThrow('x-auth-key-owner');
  });
});
