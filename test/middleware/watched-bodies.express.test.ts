import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import { gzipSync } from 'node:zlib';
import request from 'supertest';
import { memoryStore } from '../../lib/testing/index.js';
import { createInstance, type TestInstance } from '../harness/instance.js';
import { newEd25519, pemOf } from '../harness/signed-app.js';
import { digestOf, signed } from '../harness/signing.js';
import { theApp } from '../harness/the-app.js';
import { startMcpApp } from './mcp-app.js';

// Something in front of a guard or a router listens to the body without reading it for others: a logger that counts bytes. From then
// on the body flows, and what flows while middleware waits for I/O is lost to a parser behind it.

const body = '{"item":"book"}';
let instance: TestInstance;
let counted: number;

const countBytes: RequestHandler = (req, _res, next) => {
  counted = 0;
  req.on('data', (chunk: Buffer) => (counted += chunk.length));
  next();
};

beforeEach(async () => {
  instance = createInstance({ signatures: {}, tokens: { issuer: 'https://api.example' }, cache: false });
  await instance.apiKeys.ready();
});
afterEach(() => instance.apiKeys.close());

const echo: RequestHandler = (req, res) => void res.json(req.body);

function createApp(): Express {
  const { apiKeys } = instance;
  const app = express().use(countBytes);
  app.use(
    '/api-keys',
    apiKeys.adminRouter({
      authorize: () => new Promise((resolve) => setTimeout(resolve, 20, { kind: 'owner', ownerId: 'alice' })),
    }),
  );
  app.use('/oauth', apiKeys.tokenRouter());
  const forwardAuth = apiKeys.forwardAuthRouter({ proxy: 'envoy', signed: 'required' });
  app.set('trust proxy', 'loopback').use('/auth', forwardAuth);
  app.post('/orders', apiKeys.requireApiKey('orders:read') as RequestHandler, express.json(), echo);
  app.post(
    '/stream',
    apiKeys.requireApiKey('orders:read') as RequestHandler,
    (req, res) => void req.pipe(res.type('text')),
  );
  const guard = apiKeys.requireApiKey('orders:read', { signed: 'required' });
  app.post('/signed', guard as RequestHandler, express.json(), echo);
  return app;
}

describe('a body that something in front of it listens to', () => {
  it.each(['/orders', '/stream'])('reaches a parser behind a guard that waits for I/O: %s', async (path) => {
    const { token } = await instance.key();
    const app = createApp();
    const sent = await request(app)
      .post(path)
      .set('X-API-Key', token)
      .set('Content-Type', 'application/json')
      .send(body);
    expect({ status: sent.status, text: sent.text }).toEqual({
      status: 200,
      text: body,
    });
    expect(counted).toBe(body.length);
  });

  it('is discarded with a refusal, and the connection is used again', async () => {
    const { id, token } = await instance.key();
    await instance.apiKeys.keys.as(theApp).revoke({ id });
    const agent = request.agent(createApp());
    const large = JSON.stringify({ item: 'x'.repeat(200_000) });
    const send = () =>
      agent.post('/orders').set('X-API-Key', token).set('Content-Type', 'application/json').send(large);
    await send().expect(401);
    await send().expect(401);
  });

  it('is that of a request to the management router', async () => {
    const app = createApp();
    const created = await request(app)
      .post('/api-keys/keys')
      .send({ name: 'CI', scopes: ['orders:read'] });
    expect(created.body).toMatchObject({ name: 'CI', ownerId: 'alice' });
  });

  it('is that of a request for an access token', async () => {
    const { token } = await instance.key();
    const answer = await request(createApp())
      .post('/oauth/token')
      .type('form')
      .send({ grant_type: 'client_credentials', client_secret: token });
    expect(answer.body).toMatchObject({ token_type: 'Bearer' });
  });

  it.each<[string, string, unknown]>([
    ['a guard for signed requests, and reaches the parser behind it', '/signed', JSON.parse(body)],
    ['the router that a proxy asks about signed requests', '/auth/signed', {}],
  ])('is verified by %s', async (_, path, answered) => {
    const { publicKey, privateKey } = newEd25519();
    const made = await instance.apiKeys.keys
      .as(theApp)
      .create({ ownerId: 'alice', name: 'signer', scopes: ['orders:read'], publicKey: pemOf(publicKey) });
    const host = 'api.example';
    const { headers, input, signature } = signed(
      { keyId: made.id, privateKey },
      { now: instance.clock.now(), host, body, headers: [['Content-Digest', digestOf(body)]] },
    );
    const answer = await request(createApp())
      .post(path)
      .set(Object.fromEntries(headers))
      .set({ Host: host, 'Signature-Input': `sig=${input}`, Signature: `sig=:${signature}:` })
      .serialize((sent) => sent as unknown as string)
      .send(body);
    expect({ status: answer.status, body: answer.body as unknown }).toEqual({
      status: 200,
      body: answered,
    });
  });
});

describe('a message to an MCP server that something in front of it listens to', () => {
  const params = { name: 'greet', arguments: {} };
  const message = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params });

  it.each<[string, boolean, string | Buffer, Record<string, string>]>([
    ['while the guard waits for I/O', false, message, {}],
    ['of a cached key', true, message, {}],
    ['while it is decompressed', true, gzipSync(message), { 'Content-Encoding': 'gzip' }],
  ])('reaches the server %s', async (_, isCached, sent, headers) => {
    const app = await startMcpApp({
      isStateless: true,
      parser: 'behind',
      before: countBytes,
      ...(isCached ? {} : { instance: { cache: false } }),
    });
    try {
      const { token } = await app.key();
      for (let sentTimes = 0; sentTimes < 2; sentTimes += 1) {
        const answer = await fetch(app.mcp, {
          method: 'POST',
          headers: {
            'Content-Type': 'application/json',
            Accept: 'application/json, text/event-stream',
            'X-API-Key': token,
            ...headers,
          },
          body: sent,
        });
        expect({ status: answer.status, text: await answer.text() }).toEqual({
          status: 200,
          text: expect.stringContaining('greet done') as string,
        });
      }
    } finally {
      await app.close();
    }
  });
});

describe('a body that something in front of it listens to, when the decision fails', () => {
  const find = () => new Promise<never>((_, reject) => setTimeout(reject, 20, new Error('broken')));
  const parse = express.json();
  const parseAfterError: ErrorRequestHandler = (_error, req, res, next) => parse(req, res, next);
  const token = `acme_live_${'0'.repeat(65)}`;

  const echoed = { status: 200, text: body, counted: body.length };

  async function sendTo(app: Express, headers: Record<string, string>): Promise<typeof echoed> {
    const sent = request(app).post('/orders').set('Content-Type', 'application/json').set(headers);
    const { status, text } = await sent.timeout(5_000).send(body);
    return { status, text, counted };
  }

  it.each<[string, { readonly signed?: 'accepted' }]>([
    ['a guard', {}],
    ['a guard for signed requests', { signed: 'accepted' }],
  ])('reaches the parser behind %s in observe mode', async (_, options) => {
    const broken = createInstance({ signatures: {}, store: { ...memoryStore(), find } });
    await broken.apiKeys.ready();
    const { token: valid } = await broken.key();
    const guard = broken.apiKeys.requireApiKey('orders:read', { ...options, mode: 'observe' });
    const app = express()
      .use(countBytes)
      .post('/orders', guard as RequestHandler, parse, echo);
    expect(await sendTo(app, { 'X-API-Key': valid })).toEqual(echoed);
    expect(broken.log.join()).toContain('a guard in observe mode');
    await broken.apiKeys.close();
  });

  it('reaches an error handler that parses it', async () => {
    const broken = createInstance({ store: { ...memoryStore(), find } });
    await broken.apiKeys.ready();
    const { token: valid } = await broken.key();
    const guard = broken.apiKeys.requireApiKey('orders:read', { onRefusal: 'next' });
    const app = express().use(countBytes, guard as RequestHandler, parseAfterError, echo);
    expect(await sendTo(app, { 'X-API-Key': valid })).toEqual(echoed);
    await broken.apiKeys.close();
  });

  it.each<[string, 'observe' | 'enforce']>([
    ['the parser behind a guard in observe mode', 'observe'],
    ['an error handler that parses it', 'enforce'],
  ])('reaches %s before the instance is ready', async (_, mode) => {
    const closed = createInstance({ signatures: {} });
    await closed.apiKeys.close();
    const guard = closed.apiKeys.requireApiKey('orders:read', {
      mode,
      signed: 'accepted',
      onRefusal: 'next',
    });
    const app = express()
      .use(countBytes)
      .post('/orders', guard as RequestHandler, parse, echo);
    app.use(parseAfterError, echo);
    expect(await sendTo(app, { 'X-API-Key': token })).toEqual(echoed);
  });
});
