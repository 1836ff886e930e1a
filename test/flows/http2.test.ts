import { gzipSync } from 'node:zlib';
import express from 'express';
import { deribitRouter, nebulaRouter, yativoRouter } from '../../lib/dialects/index.js';
import { keepRawBody } from '../../lib/index.js';
import type { Actor } from '../../lib/domain/actor.js';
import { signedParts } from '../dialects/deribit-signing.js';
import { http2App, serveHttp2, type Http2Answer, type Http2Server } from '../harness/http2-server.js';
import { createInstance, type TestInstance } from '../harness/instance.js';
import { newEd25519, pemOf } from '../harness/signed-app.js';
import { signed, type Signed, type Signing, type TestSigner } from '../harness/signing.js';
import { theApp } from '../harness/the-app.js';

let instance: TestInstance;
let server: Http2Server;
let signer: TestSigner;
let token: string;
let served: string[] = [];

const form = { 'content-type': 'application/x-www-form-urlencoded' };
const json = { 'content-type': 'application/json' };
const asAlice = { 'x-actor': JSON.stringify({ kind: 'owner', ownerId: 'alice' } satisfies Actor) };
const asSession = { authorization: 'Bearer session-alice' };
const verifyAccessToken = (sent: string): string | null => /^session-(\w+)$/.exec(sent)?.[1] ?? null;

/** What a handler gets that reads the stream itself. */
const readStream: express.RequestHandler = async (req, res) => {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks).toString();
  served.push(body);
  res.json({ body, via: req.apiKey?.via, key: req.headers['x-api-key'] ?? null, raw: req.rawHeaders });
};

/** What a reader in front of a guard has read, and has left nowhere on the request. */
const readBy = new WeakMap<express.Request, string>();
const readAndDrop: express.RequestHandler = async (req, _res, next) => {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  readBy.set(req, Buffer.concat(chunks).toString());
  next();
};

beforeAll(async () => {
  instance = createInstance({
    signatures: {},
    tokens: { issuer: 'http://127.0.0.1' },
    hideCredentials: true,
  });
  const { apiKeys } = instance;
  await apiKeys.ready();
  const app = http2App();
  const guard = apiKeys.requireApiKey('orders:read', { signed: 'required' });
  app.all('/signed', guard, readStream);
  app.all('/twice', guard, guard, readStream);
  app.all('/kept', express.json({ verify: keepRawBody }), guard, (req, res) => {
    served.push(JSON.stringify(req.body));
    res.json({ body: (req.body as unknown) ?? null });
  });
  app.all('/orders', apiKeys.requireApiKey('orders:read'), readStream);
  const mcp = apiKeys.mcpGuard({ tools: { read_orders: 'orders:read', delete_order: 'orders:write' } });
  app.all('/mcp', mcp, readStream);
  app.all('/mcp-behind-a-reader', readAndDrop, mcp, (req, res) => {
    served.push(readBy.get(req) ?? '');
    res.end();
  });
  app.use(
    '/api-keys',
    apiKeys.adminRouter({ authorize: (req) => JSON.parse(req.get('x-actor') ?? 'null') as Actor }),
  );
  app.use('/oauth', apiKeys.tokenRouter());
  app.use('/deribit', deribitRouter(apiKeys, { verifyAccessToken, scopeMap: {} }));
  app.use('/yativo', yativoRouter(apiKeys, { verifyAccessToken, scopeMap: {} }));
  app.use('/nebula', nebulaRouter(apiKeys, { verifyAccessToken }));
  server = await serveHttp2(app);
  const { publicKey, privateKey } = newEd25519();
  const made = await apiKeys.keys.as(theApp).create({
    ownerId: 'alice',
    name: 'signer',
    scopes: ['orders:read'],
    publicKey: pemOf(publicKey),
  });
  signer = { keyId: made.id, privateKey };
  ({ token } = await instance.key());
});
beforeEach(() => {
  served = [];
});
afterAll(async () => {
  await server.close();
  await instance.apiKeys.close();
});

const sign = (signing: Signing): Signed =>
  signed(signer, { host: server.authority, now: instance.clock.now(), ...signing });

function headersOf({ headers, input, signature }: Signed): Record<string, string> {
  return {
    ...Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value])),
    'signature-input': `sig=${input}`,
    signature: `sig=:${signature}:`,
  };
}

const outcome = ({ status, body }: Http2Answer): string => {
  const code = /"code":"(\w+)"/.exec(body)?.[1];
  return code === undefined ? String(status) : `${status} ${code}`;
};

const toolCall = (name: string): string =>
  JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name } });

const callTool = (path: string, name: string): Promise<Http2Answer> =>
  server.send({
    method: 'POST',
    path,
    headers: { ...json, 'x-api-key': token, accept: 'application/json, text/event-stream' },
    body: toolCall(name),
  });

describe('requests over HTTP/2', () => {
  it('P14: a signature over a request without a body opens none that has one', async () => {
    for (const path of ['/signed', '/twice', '/kept']) {
      const unsigned = sign({
        method: 'POST',
        target: path,
        components: ['"@method"', '"@target-uri"'],
        body: '',
      });
      const headers: Record<string, string> = { ...headersOf(unsigned), ...json };
      const withoutDigest = Object.fromEntries(
        Object.entries(headers).filter(([name]) => name !== 'content-digest'),
      );
      for (const sent of [headers, withoutDigest, { ...withoutDigest, 'content-digest': '' }]) {
        const answer = await server.send({ method: 'POST', path, headers: sent, body: '{"item":"evil"}' });
        expect([path, outcome(answer)]).toEqual([path, '401 invalid_signature']);
      }
    }
    expect(served).toEqual([]);
  });

  it('P14: a body in DATA frames is accepted as it was signed, with and without its length', async () => {
    const body = '{"item":"book"}';
    for (const length of [{}, { 'content-length': String(body.length) }]) {
      for (const path of ['/signed', '/twice', '/kept']) {
        const headers = { ...headersOf(sign({ target: path, body })), ...length };
        const answer = await server.send({ method: 'POST', path, headers, body });
        expect([path, length, outcome(answer)]).toEqual([path, length, '200']);
      }
    }
    expect(served.slice(0, 2)).toEqual([body, body]);
    const large = JSON.stringify({ text: 'x'.repeat(90_000) });
    const headers = headersOf(sign({ target: '/signed', body: large }));
    const answer = await server.send({ method: 'POST', path: '/signed', headers, body: large });
    expect((JSON.parse(answer.body) as { body: string }).body).toBe(large);
    const other = headersOf(sign({ target: '/signed', body }));
    const changed = await server.send({
      method: 'POST',
      path: '/signed',
      headers: other,
      body: '{"item":"bomb"}',
    });
    expect(outcome(changed)).toBe('401 invalid_signature');
  });

  it('P14: no body needs no digest, whether the stream ends with the headers or with an empty frame', async () => {
    for (const endStream of [true, false]) {
      const without = sign({ method: 'DELETE', target: '/signed' });
      const answer = await server.send({
        method: 'DELETE',
        path: '/signed',
        headers: headersOf(without),
        endStream,
      });
      expect(outcome(answer)).toBe('200');
    }
    expect(served).toEqual(['', '']);
  });

  it('P14: a key is taken out of the request where credentials are hidden', async () => {
    for (const headers of [{ 'x-api-key': token }, { authorization: `Bearer ${token}` }]) {
      const answer = await server.send({ path: '/orders', headers });
      expect(answer.status).toBe(200);
      expect(answer.body).not.toContain(token);
    }
  });

  it('P14: two credentials are one too many', async () => {
    const headers = { 'x-api-key': token, authorization: `Bearer ${token}` };
    expect(outcome(await server.send({ path: '/orders', headers }))).toBe('400 invalid_request');
  });

  it('P14: a Host that differs from :authority is refused', async () => {
    const named = { 'x-api-key': token, ':authority': server.authority };
    const headers = { ...named, host: 'other.example' };
    expect(outcome(await server.send({ path: '/orders', headers }))).toBe('400 invalid_request');
    const same = { ...named, host: server.authority };
    expect(outcome(await server.send({ path: '/orders', headers: same }))).toBe('200');
  });

  it('P14: a tool needs its scope, and what its server answers in JSON arrives', async () => {
    expect((await callTool('/mcp', 'delete_order')).body).toContain('insufficient_scope');
    const answer = await callTool('/mcp', 'read_orders');
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toMatchObject({ body: toolCall('read_orders') });
    expect(served).toEqual([toolCall('read_orders')]);
  });

  it('P14: a tool needs its scope, also where something in front has read the body and left nothing', async () => {
    expect((await callTool('/mcp-behind-a-reader', 'delete_order')).status).toBe(500);
    expect((await callTool('/mcp-behind-a-reader', 'read_orders')).status).toBe(500);
    expect(served).toEqual([]);
    // Without a body there is nothing that could be lost.
    const headers = { 'x-api-key': token, accept: 'text/event-stream' };
    expect((await server.send({ path: '/mcp-behind-a-reader', headers })).status).toBe(200);
  });

  it('P14: the management side reads bodies that come without a length', async () => {
    const post = (path: string, body: unknown, headers: object = json): Promise<Http2Answer> =>
      server.send({
        method: 'POST',
        path: `/api-keys${path}`,
        headers: { ...asAlice, ...headers },
        ...(Buffer.isBuffer(body) ? { body } : { body: JSON.stringify(body) }),
      });
    const fields = { name: 'h2', scopes: ['orders:read'] };
    const made = await post('/keys', fields);
    expect(made.status).toBe(201);
    const { id } = JSON.parse(made.body) as { id: string };
    const zipped = { ...json, 'content-encoding': 'gzip' };
    expect((await post('/keys', gzipSync(JSON.stringify(fields)), zipped)).status).toBe(201);
    expect(outcome(await post('/keys', fields, {}))).toBe('415 unsupported_media_type');
    expect(outcome(await post('/keys', { ...fields, name: 'x'.repeat(70_000) }))).toBe(
      '413 payload_too_large',
    );

    // A grace period that is not read would lock out who still uses the secret.
    const rotated = await post(`/keys/${id}/rotate`, { graceSeconds: -1 });
    expect(outcome(rotated)).toBe('400 invalid_request');
    for (const endStream of [true, false]) {
      const path = `/api-keys/keys/${id}/rotate`;
      const answer = await server.send({ method: 'POST', path, headers: asAlice, endStream });
      expect(answer.status).toBe(200);
    }
    const own = { ...json, origin: `http://${server.authority}` };
    expect((await post('/keys', fields, own)).status).toBe(201);
    const foreign = { ...json, origin: 'http://evil.example' };
    expect(outcome(await post('/keys', fields, foreign))).toBe('403 cross_site_request');
  });

  it('P14: a form without a length is read by the token endpoint', async () => {
    const pair = `${token.slice(10, 26)}:${token.slice(-49, -6)}`;
    const authorization = `Basic ${Buffer.from(pair).toString('base64')}`;
    const answer = await server.send({
      method: 'POST',
      path: '/oauth/token',
      headers: { ...form, authorization },
      body: 'grant_type=client_credentials',
    });
    expect(answer.status).toBe(200);
  });

  it('P14: dialects read bodies without a length, and check what was signed of them', async () => {
    const post = (path: string, body: string, headers: object): Promise<Http2Answer> =>
      server.send({ method: 'POST', path, headers: { ...json, ...headers }, body });
    const yativo = await post('/yativo/apikey/generate', '{"name":"h2"}', asSession);
    expect([yativo.status, yativo.body]).toEqual([200, expect.stringContaining('"h2"')]);
    const nebula = await post('/nebula/api-keys', '{"name":"h2"}', asSession);
    expect([nebula.status, nebula.body]).toEqual([200, expect.stringContaining('"h2"')]);

    const target = '/deribit/private/create_api_key';
    const rpc =
      '{"jsonrpc":"2.0","id":7,"method":"private/create_api_key","params":{"max_scope":"account:read_write"}}';
    const made = await post(target, rpc, asSession);
    expect(made.status).toBe(200);
    const { result } = JSON.parse(made.body) as { result: { client_id: string; client_secret: string } };
    const list = '/deribit/private/list_api_keys';
    const call = { key: result, method: 'POST', target: list, now: instance.clock.now() };
    const authorization = (body: string): object => {
      const { id, ts, sig, nonce } = signedParts({ ...call, body, nonce: `n${body.length}` });
      return { authorization: `deri-hmac-sha256 id=${id},ts=${ts},sig=${sig},nonce=${nonce}` };
    };
    const listRpc = '{"jsonrpc":"2.0","id":8,"method":"private/list_api_keys","params":{}}';
    const right = await post(list, listRpc, authorization(listRpc));
    expect([right.status, right.body]).toEqual([200, expect.stringContaining('"id":8')]);
    expect((await post(list, listRpc, authorization(''))).status).toBe(401);
  });
});
