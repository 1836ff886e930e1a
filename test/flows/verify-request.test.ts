import { once } from 'node:events';
import { createServer, STATUS_CODES, type IncomingMessage, type Server } from 'node:http';
import {
  connect as connectHttp2,
  createServer as createHttp2Server,
  type IncomingHttpHeaders,
} from 'node:http2';
import type NodeModule from 'node:module';
import { connect, type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { runInThisContext } from 'node:vm';
import express from 'express';
import request from 'supertest';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import type { inject as Inject } from 'light-my-request';
import { WebSocket, WebSocketServer } from 'ws';
import { signRequest, type RequestVerdict } from '../../lib/index.js';
import { createInstance, type TestInstance } from '../harness/instance.js';
import { theApp } from '../harness/the-app.js';
import { basic } from '../tokens/token-app.js';

/** Loaded by Node itself: it requires an ES module, which jest cannot. */
const node = runInThisContext('process.getBuiltinModule("node:module")') as typeof NodeModule;
const { inject } = node.createRequire(__filename)('light-my-request') as { readonly inject: typeof Inject };

let instance: TestInstance;
let id: string;
let token: string;
let stop: () => Promise<void>;

beforeEach(async () => {
  instance = createInstance({ signatures: {}, tokens: { issuer: 'https://api.example' }, clock: undefined });
  ({ id, token } = await instance.key());
});
afterEach(async () => {
  await stop();
  await instance.apiKeys.close();
});

async function listen(server: Server | ReturnType<typeof createHttp2Server>): Promise<string> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const keys = () => instance.apiKeys.keys.as(theApp);

describe('keys.verifyRequest in a WebSocket upgrade', () => {
  let host: string;
  /** The sockets that were accepted, by the way in which the caller authenticated. */
  let accepted: string[];

  beforeEach(async () => {
    accepted = [];
    const { apiKeys } = instance;
    const server = createServer((_req, res) => void res.end());
    const sockets = new WebSocketServer({ noServer: true });

    async function upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
      const options = { scopes: 'orders:read', signed: 'accepted', address: '203.0.113.9' } as const;
      const verdict = await apiKeys.keys.verifyRequest(req, options);
      if (!verdict.allowed) {
        const lines = Object.entries(verdict.headers).map(([name, value]) => `${name}: ${value}\r\n`);
        socket.end(
          `HTTP/1.1 ${verdict.status} ${STATUS_CODES[verdict.status]}\r\n${lines.join('')}Connection: close\r\n\r\n${verdict.body}`,
        );
        return;
      }
      accepted.push(verdict.apiKey.via);
      sockets.handleUpgrade(req, socket, head, (client) => {
        const end = (reason: string): void => {
          client.close(4401, reason);
          client.terminate();
        };
        const remove = apiKeys.onChange(verdict.apiKey.id, () => {
          apiKeys.keys.verifyRequest(req, { ...options, cost: 0 }).then(
            (now) => (now.allowed ? client.send('still here') : end(now.code)),
            () => client.terminate(),
          );
        });
        client.on('close', remove);
        client.send(verdict.apiKey.ownerId);
      });
    }
    server.on('upgrade', (req, socket, head) => {
      upgrade(req, socket, head).catch(() => socket.destroy());
    });
    host = await listen(server);
    stop = async () => {
      for (const client of sockets.clients) client.terminate();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    };
  });

  /** The first message, or how the upgrade was refused. */
  async function open(headers: Record<string, string>, path = '/live'): Promise<[WebSocket, string]> {
    const socket = new WebSocket(`ws://${host}${path}`, { headers });
    return new Promise((resolve, reject) => {
      socket.once('message', (data: Buffer) => resolve([socket, data.toString()]));
      socket.once('unexpected-response', (_req, res) => {
        resolve([socket, `${res.statusCode} ${String(res.headers['www-authenticate'])}`]);
        res.resume();
      });
      socket.once('error', reject);
    });
  }

  async function issueToken(): Promise<string> {
    const app = express().use('/oauth', instance.apiKeys.tokenRouter());
    const { body } = await request(app)
      .post('/oauth/token')
      .set(basic(id, token.slice(-49, -6)))
      .type('form')
      .send({ grant_type: 'client_credentials' });
    return String((body as Record<string, unknown>)['access_token']);
  }

  it('accepts a key, a Bearer key, an access token and a signature', async () => {
    const { id: keyId, token: secret } = await instance.key({ signing: 'hmac' });
    const signed = signRequest({ method: 'GET', url: `http://${host}/live?a=1` }, { keyId, secret });
    const ways = [
      { 'X-API-Key': token },
      { Authorization: `Bearer ${token}` },
      { Authorization: `Bearer ${await issueToken()}` },
      signed,
    ];
    for (const headers of ways) {
      const [socket, message] = await open(headers, '/live?a=1');
      expect(message).toBe('alice');
      socket.terminate();
    }
    expect(accepted).toEqual(['key', 'key', 'token', 'signature']);
    // Once more, it is a replay.
    expect((await open(signed, '/live?a=1'))[1]).toMatch(/^401 Bearer/);
  });

  it('refuses with the whole answer, before there is a socket', async () => {
    const { token: other } = await instance.key({ scopes: [] });
    expect((await open({}))[1]).toBe('401 Bearer realm="acme"');
    expect((await open({ 'X-API-Key': 'x' }))[1]).toContain('error="invalid_token"');
    expect((await open({ 'X-API-Key': other }))[1]).toContain(
      '403 Bearer realm="acme", error="insufficient_scope"',
    );
    expect((await open({}, `/live?api_key=${token}`))[1]).toMatch(/^401/);
    expect(accepted).toEqual([]);
  });

  it('refuses a repeated Authorization line, of which Node shows the first only', async () => {
    const { port } = new URL(`http://${host}`);
    const socket = connect(Number(port), '127.0.0.1');
    const line = `Authorization: Bearer ${token}\r\n`;
    socket.write(
      `GET /live HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${line}${line}\r\n`,
    );
    let answer = '';
    for await (const chunk of socket) answer += String(chunk);
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(answer).toContain('"code":"invalid_request"');
  });

  it.each<[string, () => Promise<unknown>, string]>([
    ['its key is revoked', () => keys().revoke({ id }), 'key_revoked'],
    ['its key is disabled', () => keys().update({ id, enabled: false }), 'key_disabled'],
    ['its key loses the scope', () => keys().update({ id, scopes: [] }), 'insufficient_scope'],
  ])('is closed when %s', async (_change, change, code) => {
    const [socket] = await open({ 'X-API-Key': token });
    const closed = once(socket, 'close') as Promise<[number, Buffer]>;
    await change();
    const [status, reason] = await closed;
    expect([status, reason.toString()]).toEqual([4401, code]);
  });

  it('is closed when its access token is revoked, and stays open when another key changes', async () => {
    const accessToken = await issueToken();
    const [socket] = await open({ Authorization: `Bearer ${accessToken}` });
    const [bystander] = await open({ 'X-API-Key': (await instance.key()).token });
    const closed = once(socket, 'close');
    const app = express().use('/oauth', instance.apiKeys.tokenRouter());
    const basicAuth = basic(id, token.slice(-49, -6));
    await request(app)
      .post('/oauth/revoke')
      .set(basicAuth)
      .type('form')
      .send({ token: accessToken })
      .expect(200);
    expect((await closed)[0]).toBe(4401);
    expect(bystander.readyState).toBe(WebSocket.OPEN);
  });
});

describe('keys.verifyRequest in other servers', () => {
  const show = (verdict: RequestVerdict): string =>
    verdict.allowed ? `${verdict.apiKey.ownerId} ${verdict.apiKey.via}` : verdict.code;

  it('Hono: a Request of fetch', async () => {
    const { keys: api } = instance.apiKeys;
    const app = new Hono();
    app.use('/orders', async (context, next) => {
      const verdict = await api.verifyRequest(context.req.raw, { scopes: 'orders:read', signed: 'accepted' });
      if (!verdict.allowed) return new Response(verdict.body, verdict);
      await next();
      for (const [name, value] of Object.entries(verdict.headers)) context.res.headers.set(name, value);
      return undefined;
    });
    app.all('/orders', async (context) => context.text(await context.req.text()));
    const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' });
    await once(server, 'listening');
    stop = async () => void (await new Promise((resolve) => server.close(resolve)));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/orders`;

    const allowed = await fetch(url, { headers: { 'X-API-Key': token } });
    expect([allowed.status, allowed.headers.get('vary')]).toEqual([
      200,
      'x-api-key, authorization, signature',
    ]);
    const refused = await fetch(url);
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="acme"']);
    expect(await refused.json()).toMatchObject({ code: 'missing_credential' });
    const { id: keyId, token: secret } = await instance.key({ signing: 'hmac' });
    const body = 'the body';
    const headers = signRequest({ method: 'POST', url, body }, { keyId, secret });
    const signed = await fetch(url, { method: 'POST', body, headers });
    expect([signed.status, await signed.text()]).toEqual([200, body]);
    const other = signRequest({ method: 'POST', url, body }, { keyId, secret });
    expect((await fetch(url, { method: 'POST', body: 'another', headers: other })).status).toBe(401);
  });

  it('Node alone: an IncomingMessage, whose body stays readable', async () => {
    const { keys: api } = instance.apiKeys;
    const server = createServer((req, res) => {
      void api.verifyRequest(req, { scopes: 'orders:read', signed: 'accepted' }).then((verdict) => {
        if (!verdict.allowed) return res.writeHead(verdict.status, verdict.headers).end(verdict.body);
        return req.pipe(res.writeHead(200, verdict.headers));
      });
    });
    const host = await listen(server);
    stop = async () => void (await new Promise((resolve) => server.close(resolve)));
    const url = `http://${host}/orders`;
    const { id: keyId, token: secret } = await instance.key({ signing: 'hmac' });
    const headers = signRequest({ method: 'POST', url, body: 'a' }, { keyId, secret });
    const signed = await fetch(url, { method: 'POST', body: 'a', headers });
    expect([signed.status, await signed.text()]).toEqual([200, 'a']);
    expect((await fetch(url, { headers: { 'X-API-Key': 'x' } })).status).toBe(401);
  });

  it('HTTP/2: the request of the compatibility API', async () => {
    const { keys: api } = instance.apiKeys;
    const server = createHttp2Server((req, res) => {
      void api
        .verifyRequest(req, { scopes: 'orders:read', signed: 'accepted' })
        .then((verdict) => res.end(show(verdict)));
    });
    const host = await listen(server);
    const client = connectHttp2(`http://${host}`);
    stop = async () => {
      client.destroy();
      await new Promise((resolve) => server.close(resolve));
    };
    const ask = async (headers: IncomingHttpHeaders): Promise<string> => {
      let answer = '';
      for await (const chunk of client.request({ ':path': '/orders?a=1', ...headers }))
        answer += String(chunk);
      return answer;
    };
    expect(await ask({ 'x-api-key': token })).toBe('alice key');
    expect(await ask({})).toBe('missing_credential');
    const { id: keyId, token: secret } = await instance.key({ signing: 'hmac' });
    const signed = signRequest({ method: 'GET', url: `http://${host}/orders?a=1` }, { keyId, secret });
    expect(await ask(signed)).toBe('alice signature');
  });

  it('light-my-request, which Fastify uses: a request that no socket received', async () => {
    stop = () => Promise.resolve();
    const { keys: api } = instance.apiKeys;
    const ask = async (headers: Record<string, string>): Promise<string> => {
      const dispatch: Parameters<typeof Inject>[0] = (req, res) => {
        void api.verifyRequest(req, { scopes: 'orders:read' }).then((verdict) => res.end(show(verdict)));
      };
      return (await inject(dispatch, { method: 'GET', url: '/orders', headers })).payload;
    };
    expect(await ask({ 'x-api-key': token })).toBe('alice key');
    expect(await ask({})).toBe('missing_credential');
    expect(await ask({ 'x-api-key': `${token}, ${token}` })).not.toContain('alice');
  });
});
