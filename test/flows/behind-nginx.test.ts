import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import {
  createServer,
  request,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
} from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';
import express from 'express';
import { signRequest } from '../../lib/index.js';
import { createInstance, type TestInstance } from '../harness/instance.js';
import { theApp } from '../harness/the-app.js';
import { startProxy } from '../servers/proxies.cjs';

const folder = mkdtempSync(join(tmpdir(), 'behind-nginx-'));
const socketPath = join(folder, 'app.sock');
const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

let instance: TestInstance;
let server: Server;
let nginx: Awaited<ReturnType<typeof startProxy>>;

/** The app listens on a Unix socket; `/ports/` forwards addresses as Azure writes them, `/api/` strips itself from the path. */
const writeSettings = (port: number, data: string): string => `
daemon off;
worker_processes 1;
error_log stderr;
pid ${data}/nginx.pid;
events {}
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${data}/${name};`).join('\n  ')}
  gzip on;
  gzip_types application/json;
  upstream app { server unix:${socketPath}; }
  proxy_set_header Host $host;
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass http://app; proxy_set_header X-Forwarded-For $remote_addr; }
    location /ports/ { proxy_pass http://app/; proxy_set_header X-Forwarded-For $remote_addr:$remote_port; }
    location /api/ { proxy_pass http://app/; proxy_set_header X-Forwarded-For $remote_addr; }
    location /silent/ { proxy_pass http://app/; proxy_set_header X-Forwarded-For ""; }
  }
}
`;

beforeAll(async () => {
  instance = createInstance({ clock: undefined, signatures: { origin: 'https://shop.example/api' } });
  const { apiKeys } = instance;
  await apiKeys.ready();
  const app = express().set('trust proxy', 1);
  app.get('/orders', apiKeys.requireApiKey('orders:read'), (_req, res) => void res.end());
  app.get(
    '/signed',
    apiKeys.requireApiKey('orders:read', { signed: 'required' }),
    (_req, res) => void res.end(),
  );
  app.use('/api-keys', apiKeys.adminRouter({ authorize: () => ({ kind: 'owner', ownerId: 'alice' }) }));
  server = createServer(app).listen(socketPath);
  await once(server, 'listening');
  // The workers of nginx have an account of their own.
  chmodSync(folder, 0o755);
  chmodSync(socketPath, 0o777);
  nginx = await startProxy('nginx', writeSettings);
}, 300_000);

afterAll(async () => {
  await nginx.stop();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await instance.apiKeys.close();
  rmSync(folder, { recursive: true });
});

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

async function send(
  path: string,
  headers: Record<string, string>,
  { method = 'GET', body }: { method?: string; body?: string } = {},
): Promise<Answer> {
  const sent = request({ port: nginx.port, host: '127.0.0.1', path, method, headers }).end(body);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  const isCompressed = answer.headers['content-encoding'] === 'gzip';
  const stream = isCompressed ? answer.pipe(createGunzip()) : answer;
  const isJson = /json/.test(answer.headers['content-type'] ?? '');
  const received = isJson ? await json(stream) : (answer.resume(), null);
  return { status: answer.statusCode, headers: answer.headers, body: received };
}

describe('an app on a Unix socket behind nginx', () => {
  it.each(['/orders', '/ports/orders'])(
    'knows the address of the caller at %s, and no other',
    async (path) => {
      const near = await instance.key({ ipAllowlist: ['127.0.0.1'] });
      const far = await instance.key({ ipAllowlist: ['203.0.113.0/24'] });
      const claimed = { 'X-Forwarded-For': '203.0.113.9' };
      expect((await send(path, { 'X-Api-Key': near.token, ...claimed })).status).toBe(200);
      expect((await send(path, { 'X-Api-Key': far.token, ...claimed })).status).toBe(403);
    },
  );

  it('refuses a key with an allowlist where nginx forwards no address, and logs why', async () => {
    const { token } = await instance.key({ ipAllowlist: ['127.0.0.1'] });
    const answer = await send('/silent/orders', { 'X-Api-Key': token, 'X-Forwarded-For': '127.0.0.1' });
    expect(answer.status).toBe(403);
    expect(instance.log.filter((line) => line.includes('(ADDRESS_UNKNOWN, '))).toHaveLength(1);
  });

  it('takes the ETag that nginx has made weak as If-Match, once', async () => {
    const { id } = await instance.key();
    const path = `/api-keys/keys/${id}`;
    const shown = await send(path, { 'Accept-Encoding': 'gzip' });
    const { etag = '' } = shown.headers;
    expect([shown.headers['content-encoding'], etag]).toEqual(['gzip', 'W/"1"']);
    const headers = { 'If-Match': etag, 'Content-Type': 'application/json' };
    const change = { method: 'PATCH', body: '{"name":"renamed"}' };
    expect((await send(path, headers, change)).body).toMatchObject({ version: 2, name: 'renamed' });
    expect((await send(path, headers, change)).status).toBe(412);
  });

  it('verifies signatures of the URL that the client called, before nginx stripped its path', async () => {
    const fields = { ownerId: 'alice', name: 'signs', scopes: ['orders:read'] } as const;
    const keys = instance.apiKeys.keys.as(theApp);
    const withSecret = await keys.create({ ...fields, signing: 'hmac' });
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString();
    const withKeyPair = await keys.create({ ...fields, publicKey: pem });
    for (const signer of [
      { keyId: withSecret.id, secret: withSecret.key },
      { keyId: withKeyPair.id, privateKey, tag: 'acme' },
    ]) {
      const statusFor = async (url: string): Promise<number | undefined> => {
        const signature = signRequest({ method: 'GET', url }, signer);
        return (await send('/api/signed?a=1', { Host: 'shop.example', ...signature })).status;
      };
      expect(await statusFor('https://shop.example/api/signed?a=1')).toBe(200);
      expect(await statusFor('https://shop.example/signed?a=1')).toBe(401);
    }
  });
});
