import { once } from 'node:events';
import { createServer, request, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { ApiKeysError, signRequest } from '../../lib/index.js';
import { memoryStore } from '../../lib/testing/index.js';
import { blocksOf } from '../docs/markdown.js';
import { createInstance, scopes, type Scope, type TestInstance } from '../harness/instance.js';
import { theApp } from '../harness/the-app.js';
import { startProxy } from '../servers/proxies.cjs';

type Proxy = 'nginx' | 'haproxy' | 'caddy';
type RunningProxy = Awaited<ReturnType<typeof startProxy>>;

/** So many scopes that they do not fit into the buffers that proxies have by default. */
const manyScopes = Object.fromEntries(
  Array.from({ length: 100 }, (_, index) => [
    `a-resource-with-a-rather-long-name-${index}:read-everything`,
    'Read it',
  ]),
);

let instance: TestInstance;
let isDown = false;
let app: Server;
let appPort: number;
let service: Server;
let servicePort: number;
/** The requests that the service has received. */
let received: { method: string; url: string; headers: IncomingHttpHeaders; body: string }[];
const proxies = new Map<Proxy, RunningProxy>();

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

async function listen(server: Server, port = 0): Promise<Server> {
  await once(server.listen(port, '127.0.0.1'), 'listening');
  return server;
}

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

/** What the reader's app mounts for the configurations of the page. */
function createApp(): express.Express {
  const byMethod = { GET: 'orders:read', OPTIONS: 'orders:read', POST: 'orders:write' } as const;
  const options = { scopes: byMethod, signed: 'accepted' } as const;
  const { forwardAuthRouter } = instance.apiKeys;
  return express()
    .set('trust proxy', 'loopback')
    .use('/forward-auth/by-method', forwardAuthRouter({ ...options, proxy: 'nginx' }))
    .use('/forward-auth/orders', forwardAuthRouter({ ...options, proxy: 'caddy' }));
}

const page = blocksOf('docs/production/forward-auth-configurations.md');

/** The block of the page that contains this. */
function blockWith(part: string): string {
  const block = page.find(({ text }) => text.includes(part));
  if (block === undefined) throw new Error(`No block has ${part}`);
  return block.text;
}

function startNginx(): Promise<RunningProxy> {
  return startProxy(
    'nginx',
    (port, folder) => `
daemon off;
worker_processes 1;
error_log stderr;
pid ${folder}/nginx.pid;
events {}
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join('\n  ')}
  upstream app { server 127.0.0.1:${appPort}; }
  upstream service { server 127.0.0.1:${servicePort}; }
  server {
    listen 127.0.0.1:${port};
    ${blockWith('auth_request /_forward_auth')}
  }
}
`,
  );
}

function startCaddy(): Promise<RunningProxy> {
  const site = blockWith('forward_auth app:3000')
    .replace('app:3000', `127.0.0.1:${appPort}`)
    .replace('service:8080', `127.0.0.1:${servicePort}`);
  return startProxy(
    'caddy',
    (port) =>
      `{\n  admin off\n  auto_https off\n}\n${site.replace('api.acme.example', `http://127.0.0.1:${port}`)}`,
  );
}

function startHaproxy(): Promise<RunningProxy> {
  const settings = blockWith('lua-load /etc/haproxy/forward-auth.lua')
    .replace('127.0.0.1:3000', `127.0.0.1:${appPort}`)
    .replace('10.0.0.11:8080 check', `127.0.0.1:${servicePort}`);
  return startProxy(
    'haproxy',
    (port, folder) =>
      `defaults\n  timeout connect 5s\n  timeout client 10s\n  timeout server 10s\n${settings
        .replace('/etc/haproxy', folder)
        .replace(':443 ssl crt /etc/haproxy/certs/api.pem', `127.0.0.1:${port}`)}`,
    { 'forward-auth.lua': blockWith("core.register_action('forward_auth'") },
  );
}

beforeAll(async () => {
  const store = memoryStore();
  const fail = (): Promise<never> => Promise.reject(new ApiKeysError('unavailable'));
  instance = createInstance({
    scopes: { ...scopes, ...manyScopes },
    store: { ...store, find: (...args) => (isDown ? fail() : store.find(...args)) },
    cache: false,
    signatures: {},
    clock: undefined,
  });
  await instance.apiKeys.ready();
  app = await listen(createServer(createApp()));
  appPort = portOf(app);
  service = await listen(
    createServer((req, res) => {
      let body = '';
      req.on('data', (chunk) => (body += String(chunk)));
      req.on('end', () => {
        received.push({ method: req.method ?? '', url: req.url ?? '', headers: req.headers, body });
        res.end('from the service');
      });
    }),
  );
  servicePort = portOf(service);
  proxies.set('nginx', await startNginx());
  proxies.set('caddy', await startCaddy());
  proxies.set('haproxy', await startHaproxy());
}, 300_000);

afterAll(async () => {
  for (const proxy of proxies.values()) await proxy.stop();
  await Promise.all([closeServer(app), closeServer(service)]);
  await instance.apiKeys.close();
});

beforeEach(() => {
  received = [];
  isDown = false;
});

interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string | string[]>;
  readonly body?: string;
}

/** Sends a request to a proxy; unlike fetch, with any header. */
function send(
  proxy: Proxy,
  { method = 'GET', path = '/orders/1?a=1', headers = {}, body }: Sent = {},
): Promise<{ status: number; headers: IncomingHttpHeaders }> {
  return new Promise((resolve, reject) => {
    const port = proxies.get(proxy)?.port ?? 0;
    const sent = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (res) => {
      res.resume();
      res.on('end', () => resolve({ status: res.statusCode ?? 0, headers: res.headers }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

const statusOf = async (...args: Parameters<typeof send>): Promise<number> => (await send(...args)).status;

describe.each<Proxy>(['nginx', 'caddy', 'haproxy'])('forward auth behind %s', (proxy) => {
  it('passes the request of a valid key on with the caller and without the key', async () => {
    const { id, token } = await instance.key({ scopes: ['orders:read', 'orders:write'] });
    for (const headers of [{ 'X-API-Key': token }, { Authorization: `Bearer ${token}` }]) {
      received = [];
      expect(await statusOf(proxy, { headers })).toBe(200);
      expect(received).toHaveLength(1);
      const [request1] = received;
      expect(request1).toMatchObject({ method: 'GET', url: '/orders/1?a=1' });
      expect(request1?.headers).toMatchObject({
        'x-auth-key-id': id,
        'x-auth-key-owner': 'alice',
        'x-auth-key-scopes': 'orders:read orders:write',
      });
      expect(JSON.stringify(request1?.headers)).not.toContain(token);
    }
    const post = { method: 'POST', body: 'the body', headers: { 'X-API-Key': token, 'Content-Length': '8' } };
    expect(await statusOf(proxy, post)).toBe(200);
    expect(received.at(-1)).toMatchObject({ method: 'POST', body: 'the body' });
    for (const method of ['HEAD', 'OPTIONS']) {
      expect([method, await statusOf(proxy, { method, headers: { 'X-API-Key': token } })]).toEqual([
        method,
        200,
      ]);
    }
  });

  it('strips identity headers of the client, in every spelling', async () => {
    const { token } = await instance.key({ name: 'CI', features: [] });
    const names = ['Id', 'Owner', 'Name', 'Scopes', 'Features', 'Environment', 'Via', 'Anything'];
    const spoofed = names.flatMap((name) => [
      `X-Auth-Key-${name}`,
      `x-auth-key-${name}`,
      `X_Auth_Key_${name}`,
      `X-Auth_Key-${name}`,
    ]);
    const headers = Object.fromEntries(spoofed.map((name) => [name, 'mallory']));
    expect(await statusOf(proxy, { headers: { ...headers, 'X-API-Key': token } })).toBe(200);
    const seen = received[0]?.headers ?? {};
    const known = Object.entries(seen).filter(
      ([name]) => name.replaceAll('_', '-').startsWith('x-auth-key-') && name !== 'x-auth-key-anything',
    );
    expect(known.map(([, value]) => value)).not.toContain('mallory');
    expect(seen['x-auth-key-owner']).toBe('alice');
    expect(Object.keys(seen).filter((name) => name.includes('_'))).toEqual([]);
    // Named as a header of the connection, it may be missing, but it is not the client's.
    const ofConnection = { Connection: 'close, X-Auth-Key-Owner', 'X-Auth-Key-Owner': 'mallory' };
    await send(proxy, { headers: { ...ofConnection, 'X-API-Key': token } });
    expect(['alice', undefined]).toContain(received[1]?.headers['x-auth-key-owner']);
  });

  it('passes refusals on with the headers that belong to them, and no request', async () => {
    const { token } = await instance.key();
    const { token: other } = await instance.key({ scopes: [] });
    const none = await send(proxy);
    expect([none.status, none.headers['www-authenticate']]).toEqual([401, 'Bearer realm="acme"']);
    const wrong = await send(proxy, { headers: { 'X-API-Key': 'x' } });
    expect([wrong.status, wrong.headers['www-authenticate']]).toEqual([
      401,
      expect.stringContaining('invalid_token'),
    ]);
    expect(await statusOf(proxy, { headers: { 'X-API-Key': other } })).toBe(403);
    expect(
      await statusOf(proxy, { method: 'POST', headers: { 'X-API-Key': token, 'Content-Length': '0' } }),
    ).toBe(403);
    expect(await statusOf(proxy, { method: 'DELETE', headers: { 'X-API-Key': token } })).toBe(405);
    expect(await statusOf(proxy, { headers: { 'X-API-Key': token, Authorization: `Bearer ${token}` } })).toBe(
      400,
    );
    expect(await statusOf(proxy, { path: `/orders?api_key=${token}` })).toBe(401);
    expect(received).toEqual([]);
  });

  it('does not let the client choose the method, the path or the address that are checked', async () => {
    const { token } = await instance.key();
    const { token: bound } = await instance.key({ ipAllowlist: ['203.0.113.9'] });
    const { token: local } = await instance.key({ ipAllowlist: ['127.0.0.1'] });
    const claims = {
      'X-Forwarded-Method': 'GET',
      'X-Original-Method': 'GET',
      'X-HTTP-Method-Override': 'GET',
      'X-Forwarded-For': '203.0.113.9',
      'X-Real-IP': '203.0.113.9',
      'X-Original-URI': '/free',
      'X-Forwarded-Uri': '/free',
    };
    const post = { ...claims, 'X-API-Key': token, 'Content-Length': '0' };
    expect(await statusOf(proxy, { method: 'POST', headers: post })).toBe(403);
    expect(await statusOf(proxy, { headers: { ...claims, 'X-API-Key': bound } })).toBe(403);
    expect(received).toEqual([]);
    expect(await statusOf(proxy, { headers: { 'X-API-Key': local } })).toBe(200);
  });

  it('answers 429 with Retry-After once the limit is used up', async () => {
    const { token } = await instance.key({ rateLimits: [{ name: 'minute', limit: 1, windowSeconds: 60 }] });
    const headers = { 'X-API-Key': token };
    expect(await statusOf(proxy, { headers })).toBe(200);
    const limited = await send(proxy, { headers });
    expect([limited.status, limited.headers['retry-after']]).toEqual([429, expect.stringMatching(/^\d+$/)]);
    expect(received).toHaveLength(1);
  });

  it('refuses a revoked key from the next request on', async () => {
    const { id, token } = await instance.key();
    const headers = { 'X-API-Key': token };
    expect(await statusOf(proxy, { headers })).toBe(200);
    await instance.apiKeys.keys.as(theApp).revoke({ id });
    expect(await statusOf(proxy, { headers })).toBe(401);
    expect(received).toHaveLength(1);
  });

  it('encodes what a header cannot carry, and carries many scopes', async () => {
    const odd = await instance.key({ ownerId: 'Zoë, 100% \u{1f600}', name: 'a"b; c=d' });
    expect(await statusOf(proxy, { headers: { 'X-API-Key': odd.token } })).toBe(200);
    expect(received[0]?.headers['x-auth-key-owner']).toBe('Zo%C3%AB,%20100%25%20%F0%9F%98%80');
    const many = await instance.key({
      scopes: ['orders:read', ...Object.keys(manyScopes).slice(1)] as Scope[],
    });
    expect(await statusOf(proxy, { headers: { 'X-API-Key': many.token } })).toBe(200);
    expect(String(received[1]?.headers['x-auth-key-scopes']).split(' ')).toHaveLength(100);
  });

  it('verifies signatures over what the client called', async () => {
    const { id: keyId, token: secret } = await instance.key({
      signing: 'hmac',
      scopes: ['orders:read', 'orders:write'],
    });
    const url = `http://127.0.0.1:${proxies.get(proxy)?.port}/orders/1?a=1`;
    const sign = (method = 'GET') => signRequest({ method, url }, { keyId, secret });
    const headers = sign();
    expect(await statusOf(proxy, { headers })).toBe(200);
    expect(received[0]?.headers['x-auth-key-owner']).toBe('alice');
    expect(await statusOf(proxy, { headers })).toBe(401);
    expect(await statusOf(proxy, { headers: sign(), path: '/orders/2' })).toBe(401);
    expect(await statusOf(proxy, { headers: sign('HEAD') })).toBe(401);
    // The proxy does not pass the body on, so nothing is known of it.
    const post = { method: 'POST', body: 'x', headers: { ...sign('POST'), 'Content-Length': '1' } };
    expect(await statusOf(proxy, post)).toBe(400);
    expect(received).toHaveLength(1);
  });

  it('passes nothing on while the database, or the app, does not respond', async () => {
    const { token } = await instance.key();
    const headers = { 'X-API-Key': token };
    isDown = true;
    expect(await statusOf(proxy, { headers })).toBe(503);
    isDown = false;
    await closeServer(app);
    try {
      expect(await statusOf(proxy, { headers })).toBeGreaterThanOrEqual(500);
    } finally {
      app = await listen(createServer(createApp()), appPort);
    }
    expect(received).toEqual([]);
    expect(await statusOf(proxy, { headers })).toBe(200);
  });
});
