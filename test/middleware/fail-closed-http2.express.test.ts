import { once } from 'node:events';
import { createReadStream, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import type { Http2ServerResponse } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express, { type Express, type RequestHandler, type Response } from 'express';
import { http2App, serveHttp2, type Http2Answer, type Http2Server } from '../harness/http2-server.js';
import { createInstance, type TestInstance } from '../harness/instance.js';

const folder = mkdtempSync(join(tmpdir(), 'express-api-keys-fail-closed-'));
const file = join(folder, 'secret.txt');
writeFileSync(file, 'secret '.repeat(5_000));
const descriptor = openSync(file, 'r');
afterAll(() => rmSync(folder, { recursive: true }));

let instance: TestInstance;
/** May read orders. */
let token: string;
beforeAll(async () => {
  instance = createInstance();
  ({ token } = await instance.key());
});
beforeEach(() => {
  (instance.log as string[]).length = 0;
});
afterAll(() => instance.apiKeys.close());

/** The response as it is over HTTP/2. */
const http2Of = (res: Response): Http2ServerResponse => res as unknown as Http2ServerResponse;

const hints = { link: '</secret.css>; rel=preload', 'x-secret': 'secret' };
const withSecret = { ':status': 200, 'x-secret': 'secret' };

/** Every way to answer past the response, straight into its stream. */
const intoTheStream: ReadonlyArray<readonly [string, RequestHandler]> = [
  [
    'respond and end',
    (_req, res) => void (http2Of(res).stream.respond(withSecret), http2Of(res).stream.end('secret')),
  ],
  ['respond without a body', (_req, res) => http2Of(res).stream.respond(withSecret, { endStream: true })],
  [
    'a status of errors',
    (_req, res) =>
      void (
        http2Of(res).stream.respond({ ':status': 404, 'x-secret': 'secret' }),
        http2Of(res).stream.end('secret')
      ),
  ],
  [
    'write and end',
    (_req, res) => void (http2Of(res).stream.write('secret'), http2Of(res).stream.end('secret')),
  ],
  ['end alone', (_req, res) => void http2Of(res).stream.end('secret')],
  ['respondWithFile', (_req, res) => http2Of(res).stream.respondWithFile(file, withSecret)],
  ['respondWithFD', (_req, res) => http2Of(res).stream.respondWithFD(descriptor, withSecret, { length: 7 })],
  ['a pipe', (_req, res) => void createReadStream(file).pipe(http2Of(res).stream)],
  [
    'the stream of the request',
    (req, res) =>
      void ((req as unknown as Http2ServerResponse).stream.respond(withSecret), res.end('secret')),
  ],
  [
    'trailers that it waits for',
    (_req, res) => {
      const { stream } = http2Of(res);
      // Those of the response itself.
      stream
        .removeAllListeners('wantTrailers')
        .on('wantTrailers', () => stream.sendTrailers({ 'x-secret': 'secret' }));
      stream.respond(withSecret, { waitForTrailers: true });
      stream.end('secret');
    },
  ],
];

/** What comes before or beside an answer through the response; the answer is one of the rest. */
const besideTheAnswer: ReadonlyArray<readonly [string, RequestHandler]> = [
  ['early hints', (_req, res) => void (res.writeEarlyHints(hints), res.end('secret'))],
  ['100 and 102', (_req, res) => void (res.writeContinue(), res.write('secret'), res.end('secret'))],
  ['write before headers', (_req, res) => void (res.write('secret'), res.end())],
  ['flushHeaders', (_req, res) => void (res.set('X-Secret', 'secret').flushHeaders(), res.end('secret'))],
  [
    'trailers',
    (_req, res) => {
      res.set('Trailer', 'X-Secret').write('secret');
      res.addTrailers({ 'X-Secret': 'secret' });
      res.end();
    },
  ],
];

function mount(app: Express, handlers: ReadonlyArray<readonly [string, RequestHandler]>): Express {
  app.set('env', 'test');
  app.use(instance.apiKeys.failClosed({ answer: 'forbidden' }));
  for (const [index, [, handler]] of handlers.entries()) {
    app.get(`/forgotten/${index}`, handler);
    app.get(`/guarded/${index}`, instance.apiKeys.requireApiKey('orders:read'), handler);
  }
  return app;
}

function countLogged(): number {
  return instance.log.filter((line) => /no guard has decided about \w+ \/forgotten/.test(line)).length;
}

describe('failClosed over HTTP/2', () => {
  let server: Http2Server;
  const ways = [...intoTheStream, ...besideTheAnswer];
  /** By writing to a socket. */
  let thrown: unknown;

  beforeAll(async () => {
    const app = mount(http2App(), ways);
    app.get('/push', (_req, res) => pushAndAnswer(res));
    app.get('/guarded-push', instance.apiKeys.requireApiKey('orders:read'), (_req, res) =>
      pushAndAnswer(res),
    );
    app.get('/bare', (_req, res) => {
      http2Of(res).stream.additionalHeaders({ ':status': 100 });
      http2Of(res).stream.additionalHeaders({ ':status': 103, 'x-secret': 'secret' });
      res.end('secret');
    });
    app.get('/socket', (_req, res) => {
      try {
        res.socket?.write('secret');
      } catch (error) {
        thrown = (error as { code?: unknown }).code;
      }
      res.end('secret');
    });
    server = await serveHttp2(app);
  });
  afterAll(() => server.close());

  function pushAndAnswer(res: Response): void {
    http2Of(res).createPushResponse({ ':path': '/secret.css' }, (error, push) => {
      if (error === null) push.end('secret');
      res.end(error === null ? 'pushed' : 'not pushed');
    });
  }

  function expectNoSecret(answer: Http2Answer): void {
    expect(answer.status).toBe(403);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'forbidden' });
    expect(JSON.stringify(answer)).not.toContain('secret');
  }

  it.each(ways.map(([name], index) => [name, index] as const))(
    'replaces %s, whole and once',
    async (_name, index) => {
      for (const method of ['GET', 'GET', 'HEAD']) {
        const answer = await server.send({ method, path: `/forgotten/${index}` });
        if (method === 'GET') expectNoSecret(answer);
        else expect([answer.status, JSON.stringify(answer).includes('secret')]).toEqual([403, false]);
      }
      expect(countLogged()).toBe(2);
    },
  );

  it.each(ways.map(([name], index) => [name, index] as const))(
    'leaves %s behind a guard as it is',
    async (_name, index) => {
      const answer = await server.send({ path: `/guarded/${index}`, headers: { 'x-api-key': token } });
      expect(answer.status).not.toBe(403);
      expect(JSON.stringify(answer)).toContain('secret');
      expect((await server.send({ path: `/guarded/${index}` })).status).toBe(401);
      expect(instance.log).toEqual([]);
    },
  );

  it('pushes nothing, and says so to the handler', async () => {
    const answer = await server.send({ path: '/push' });
    expectNoSecret(answer);
    expect(answer.pushed).toEqual([]);
    const guarded = await server.send({ path: '/guarded-push', headers: { 'x-api-key': token } });
    expect([guarded.body, guarded.pushed]).toEqual(['pushed', ['/secret.css']]);
  });

  it('lets 100 without headers through, which is no answer', async () => {
    const answer = await server.send({ path: '/bare' });
    expectNoSecret(answer);
    expect(answer.early.map((headers) => headers[':status'])).toEqual([100]);
  });

  it('has no socket that a handler could write to', async () => {
    expectNoSecret(await server.send({ path: '/socket' }));
    expect(thrown).toBe('ERR_HTTP2_NO_SOCKET_MANIPULATION');
  });
});

describe('failClosed over HTTP/1.1', () => {
  let server: Server;

  beforeAll(async () => {
    const app = mount(express(), besideTheAnswer);
    app.use((_req, res, next) => {
      res.writeEarlyHints({ link: '</style.css>; rel=preload' }, next);
    });
    app.get(
      '/hinted',
      instance.apiKeys.requireApiKey('orders:read'),
      (_req, res) => void res.send('an order'),
    );
    server = createServer(app).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(() => void server.close());

  interface Answer {
    readonly status: number | undefined;
    readonly headers: object;
    readonly body: string;
    readonly early: readonly object[];
    readonly trailers: object;
  }

  async function send(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    const { port } = server.address() as AddressInfo;
    const sent = httpRequest({ port, host: '127.0.0.1', path, headers, agent: false }).end();
    const early: object[] = [];
    sent.on('information', (info) => void early.push({ status: info.statusCode, headers: info.headers }));
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of answer) chunks.push(chunk as Buffer);
    const { statusCode: status, headers: received, trailers } = answer;
    return { status, headers: received, body: Buffer.concat(chunks).toString(), early, trailers };
  }

  const ways = besideTheAnswer.map(([name], index) => [name, index] as const);

  it.each(ways)('replaces %s, whole and once', async (_name, index) => {
    for (let count = 0; count < 2; count += 1) {
      const answer = await send(`/forgotten/${index}`);
      expect(answer.status).toBe(403);
      expect(JSON.parse(answer.body)).toMatchObject({ code: 'forbidden' });
      expect(JSON.stringify(answer)).not.toContain('secret');
    }
    expect(countLogged()).toBe(1);
  });

  it.each(ways)('leaves %s behind a guard as it is', async (_name, index) => {
    const answer = await send(`/guarded/${index}`, { 'x-api-key': token });
    expect([answer.status, answer.body]).toEqual([200, expect.stringContaining('secret')]);
    expect(instance.log).toEqual([]);
  });

  it('leaves the hints of middleware in front of a guard alone, and those of a guarded handler', async () => {
    const early = [{ status: 103, headers: { link: '</style.css>; rel=preload' } }];
    expect((await send('/hinted', { 'x-api-key': token })).early).toEqual(early);
    expect((await send('/hinted')).early).toEqual(early);
    const [hinted] = (await send('/guarded/0', { 'x-api-key': token })).early;
    expect(hinted).toEqual({ status: 103, headers: expect.objectContaining({ 'x-secret': 'secret' }) });
  });
});
