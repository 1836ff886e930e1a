import { once } from 'node:events';
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, pipeline } from 'node:stream';
import { createGzip } from 'node:zlib';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import request from 'supertest';
import { InvalidOptionError } from 'express-api-keys';
import { createInstance, type TestInstance } from '../harness/instance.js';

const folder = mkdtempSync(join(tmpdir(), 'express-api-keys-fail-closed-'));
const file = join(folder, 'secret.txt');
writeFileSync(file, 'secret '.repeat(50_000));
afterAll(() => rmSync(folder, { recursive: true }));

let instance: TestInstance;
/** May read orders. */
let token: string;
let app: Express;

beforeAll(async () => {
  instance = createInstance();
  ({ token } = await instance.key());
});
beforeEach(() => {
  (instance.log as string[]).length = 0;
  app = express();
  app.set('env', 'test');
});
afterAll(() => instance.apiKeys.close());

const forbidden = { answer: 'forbidden' } as const;
const answerSecret: RequestHandler = (_req, res) => void res.json({ secret: true });

/** Every way in which handlers answer that differs for what watches them. */
const answers: ReadonlyArray<readonly [string, RequestHandler]> = [
  ['json', answerSecret],
  ['send in a promise', async (_req, res) => void (await Promise.resolve(), res.send('secret'))],
  ['end without a body', (_req, res) => void res.status(201).set('Location', '/secret').end()],
  ['end alone', (_req, res) => void res.end('secret')],
  ['write and end', (_req, res) => void (res.write('secret'), res.write('secret'), res.end('secret'))],
  ['writeHead', (_req, res) => void res.writeHead(200, { 'X-Secret': 'secret' }).end('secret')],
  ['flushHeaders', (_req, res) => void (res.set('X-Secret', 'secret').flushHeaders(), res.end('secret'))],
  ['a pipe', (_req, res) => void createReadStream(file).pipe(res)],
  ['a pipeline', (_req, res) => void pipeline(createReadStream(file), createGzip(), res, () => undefined)],
  ['a slow stream', (_req, res) => void Readable.from(['secret', 'secret']).pipe(res)],
  ['sendFile', (_req, res) => void res.sendFile(file)],
  ['download', (_req, res) => void res.download(file)],
  ['redirect', (_req, res) => void res.redirect('/secret')],
  ['a cookie', (_req, res) => void res.cookie('session', 'secret').send('secret')],
  ['sendStatus', (_req, res) => void res.set('X-Secret', 'secret').sendStatus(404)],
  [
    'a thrown error',
    () => {
      throw new Error('secret');
    },
  ],
  ['next(error)', (_req, _res, next) => next(new Error('secret'))],
];

describe('failClosed', () => {
  it.each(answers)('replaces an answer by %s with 403, whole and once', async (_name, handler) => {
    app.use(instance.apiKeys.failClosed(forbidden), (_req, res, next) => {
      res.set('Access-Control-Allow-Origin', '*');
      next();
    });
    app.get('/forgotten/:id', handler);
    for (const method of ['get', 'head', 'get'] as const) {
      const res = await request(app)[method]('/forgotten/7');
      expect(res.status).toBe(403);
      expect(JSON.stringify(res.headers)).not.toContain('secret');
      expect(res.headers['content-type']).toBe('application/problem+json; charset=utf-8');
      expect(res.headers['access-control-allow-origin']).toBe('*');
      if (method === 'get') expect(res.body).toMatchObject({ code: 'forbidden', status: 403 });
      else expect(res.text ?? '').toBe('');
    }
    expect(instance.log.filter((line) => line.includes('GET /forgotten/:id'))).toHaveLength(1);
    expect(instance.log.join()).not.toContain('/forgotten/7');
  });

  it('explains itself to the developer outside of production', async () => {
    app.use(instance.apiKeys.failClosed());
    app.get('/forgotten', answerSecret);
    const res = await request(app).get('/forgotten').expect(500);
    expect(res.body.detail).toContain('No guard has decided about GET /forgotten');
    expect(res.body.code).toBe('internal_error');
  });

  it('answers 403 by default in production', async () => {
    const before = process.env['NODE_ENV'];
    process.env['NODE_ENV'] = 'production';
    try {
      app.use(instance.apiKeys.failClosed());
    } finally {
      process.env['NODE_ENV'] = before;
    }
    app.get('/forgotten', answerSecret);
    await request(app).get('/forgotten').expect(403);
  });

  it.each(answers)('leaves %s behind a guard and behind open() as it is', async (_name, handler) => {
    const plain = express();
    plain.set('env', 'test');
    plain.get('/x', handler);
    app.use(instance.apiKeys.failClosed(forbidden));
    app.get('/x', instance.apiKeys.requireApiKey('orders:read', { cacheHeaders: false }), handler);
    app.get('/open', instance.apiKeys.open('for a test'), handler);
    const wanted = await request(plain).get('/x').redirects(0);
    for (const res of [
      await request(app).get('/x').set('X-API-Key', token).redirects(0),
      await request(app).get('/open').redirects(0),
    ]) {
      expect(res.status).toBe(wanted.status);
      const type = wanted.headers['content-type'] ?? '';
      if (!type.startsWith('text/html')) expect(res.text).toBe(wanted.text);
      expect(res.headers['content-type']).toBe(wanted.headers['content-type']);
    }
    expect(instance.log).toEqual([]);
  });

  it('lets the refusals of guards through', async () => {
    app.use(instance.apiKeys.failClosed(forbidden));
    app.get('/x', instance.apiKeys.requireApiKey('orders:write'), answerSecret);
    app.get('/next', instance.apiKeys.requireApiKey('orders:write', { onRefusal: 'next' }), answerSecret);
    const showStatus: ErrorRequestHandler = (error: { status: number }, _req, res, _next) => {
      res.status(error.status).send('mine');
    };
    app.use(showStatus);
    const missing = await request(app).get('/x').expect(401);
    expect(missing.body.code).toBe('missing_credential');
    const res = await request(app).get('/x').set('X-API-Key', token).expect(403);
    expect(res.body.code).toBe('insufficient_scope');
    await request(app).get('/next').expect(401, 'mine');
  });

  it('lets the routers of the package decide themselves', async () => {
    app.use(instance.apiKeys.failClosed(forbidden));
    app.use(
      '/api-keys',
      instance.apiKeys.adminRouter({ authorize: () => ({ kind: 'owner', ownerId: 'alice' }) }),
    );
    app.use('/forward-auth', instance.apiKeys.forwardAuthRouter());
    await request(app).get('/api-keys/keys').expect(200);
    await request(app).get('/api-keys/openapi.json').expect(200);
    await request(app).get('/api-keys/nothing').expect(404);
    await request(app).get('/forward-auth').expect(401);
  });

  it('lets 404, preflights and lists of methods through where no route is', async () => {
    app.use(instance.apiKeys.failClosed(forbidden));
    const preflight: RequestHandler = (req, res, next) => {
      if (req.method === 'OPTIONS' && req.headers.origin !== undefined) res.status(204).end();
      else next();
    };
    app.use(preflight);
    app.get('/x', instance.apiKeys.requireApiKey(), answerSecret);
    app.get('/passed-on', (_req, _res, next) => next());
    await request(app).get('/nothing').expect(404);
    await request(app).get('/passed-on').expect(404);
    await request(app)
      .options('/x')
      .expect(200)
      .expect('Allow', /^GET, ?HEAD$/);
    await request(app).options('/x').set('Origin', 'https://a.example').expect(204);
    app.use((_req, res) => void res.status(404).json({ error: 'not found' }));
    await request(app).get('/nothing').expect(404, { error: 'not found' });
  });

  it('lets a body parser refuse a request before the guard of its route can', async () => {
    app.use(instance.apiKeys.failClosed(forbidden));
    app.post('/x', express.json(), instance.apiKeys.requireApiKey(), answerSecret);
    app.post('/early', express.json(), answerSecret);
    const post = (path: string): request.Test =>
      request(app).post(path).set('Content-Type', 'application/json').send('{');
    await post('/x').expect(400);
    await post('/early').expect(403);
    app.use(express.json());
    await post('/nothing').expect(400);
  });

  it('lets a preflight through that a route answers, and nothing else that it answers', async () => {
    app.use(instance.apiKeys.failClosed(forbidden));
    app.options(
      '/orders',
      (_req, res) => void res.set('Access-Control-Allow-Methods', 'GET').sendStatus(204),
    );
    app.options('/old', (_req, res) => void res.set('Content-Length', '0').status(200).end());
    app.options('/leak', (_req, res) => void res.set('Allow', 'GET').json({ secret: true }));
    const preflight = { Origin: 'https://shop.example', 'Access-Control-Request-Method': 'GET' };
    await request(app).options('/orders').set(preflight).expect(204);
    await request(app).options('/old').set(preflight).expect(200, '');
    await request(app).options('/leak').set(preflight).expect(403);
    await request(app).options('/orders').expect(403);
    await request(app).options('/leak').expect(403);
  });

  it('lets the list of methods through that Express sends after a route has passed', async () => {
    app.use(instance.apiKeys.failClosed(forbidden));
    app.all(/.*/, (_req, _res, next) => next());
    app.get('/orders', instance.apiKeys.requireApiKey('orders:read'), answerSecret);
    const res = await request(app).options('/orders').expect(200);
    expect(res.headers['allow']).toMatch(/^GET, ?HEAD$/);
    // What no route answers after one has passed is the 404 of Express itself.
    await request(app)
      .get('/nothing')
      .expect(404, /Cannot GET/);
  });

  it('replaces the 404 of a route without a guard, which would tell which ids exist', async () => {
    app.use(instance.apiKeys.failClosed(forbidden));
    app.get('/users/:id', ({ params }, res, next) => {
      if (params['id'] === '1') res.json({ secret: true });
      else next(Object.assign(new Error('secret'), { status: 404, expose: true }));
    });
    for (const env of ['production', 'development']) {
      app.set('env', env);
      const answered = await Promise.all(['1', '2'].map((id) => request(app).get(`/users/${id}`)));
      expect(answered.map(({ status }) => status)).toEqual([403, 403]);
      expect(answered[1]?.text).not.toContain('secret');
    }
  });

  it('takes only a guard of the same method, with a handler behind it, for the one that a request failed before', async () => {
    const guard = instance.apiKeys.requireApiKey('orders:read');
    const failWithSecret: RequestHandler = (_req, res) => void res.status(409).json({ secret: true });
    app.use(instance.apiKeys.failClosed(forbidden));
    app.route('/orders').get(failWithSecret).post(guard, answerSecret);
    app.get('/late', failWithSecret, guard);
    await request(app).get('/orders').expect(403);
    await request(app).get('/late').expect(403);
    await request(app).post('/orders').expect(401);
  });

  it('logs 1,000 routes at most, whatever callers make up', async () => {
    app.use(instance.apiKeys.failClosed(forbidden), answerSecret);
    const server = app.listen(0);
    const letters = (index: number): string =>
      [...index.toString(26)].map((digit) => String.fromCharCode(97 + parseInt(digit, 26))).join('');
    const agent = request(server);
    for (let index = 0; index < 1_010; index += 1) await agent.get(`/w${letters(index)}`).expect(403);
    for (let again = 0; again < 5; again += 1) await agent.get('/other').expect(403);
    server.close();
    expect(instance.log.filter((line) => line.includes('no guard has decided about'))).toHaveLength(1_001);
  });

  it('refuses what middleware answers without a route, and 304', async () => {
    app.use(instance.apiKeys.failClosed(forbidden));
    app.use('/files', express.static(folder));
    app.use('/open-files', instance.apiKeys.open('public files'), express.static(folder));
    app.use('/all', (_req, res) => void res.send('secret'));
    const { headers } = await request(app).get('/open-files/secret.txt').expect(200);
    const etag = String(headers['etag']);
    await request(app).get('/open-files/secret.txt').set('If-None-Match', etag).expect(304);
    await request(app).get('/files/secret.txt').expect(403);
    await request(app).get('/files/secret.txt').set('If-None-Match', etag).expect(403);
    await request(app).get('/all/of/it').expect(403);
  });

  it('holds for a guard that stands behind the handler', async () => {
    app.use(instance.apiKeys.failClosed(forbidden));
    app.get('/x', answerSecret, instance.apiKeys.requireApiKey());
    await request(app).get('/x').expect(403);
  });

  it('replaces the answer below middleware that changes what is written', async () => {
    app.use(instance.apiKeys.failClosed(forbidden));
    // As the package compression does it.
    app.use((_req, res, next) => {
      const { writeHead, end } = res;
      res.writeHead = ((...args: never[]) => {
        res.setHeader('Content-Encoding', 'gzip');
        return (writeHead as (...all: never[]) => unknown).apply(res, args);
      }) as never;
      res.end = ((...args: never[]) => (end as (...all: never[]) => unknown).apply(res, args)) as never;
      next();
    });
    app.get('/x', answerSecret);
    const res = await request(app).get('/x').expect(403);
    expect(res.headers['content-encoding']).toBeUndefined();
    expect(res.body.code).toBe('forbidden');
  });

  it('leaves the connection usable, and upgrades alone', async () => {
    app.use(instance.apiKeys.failClosed(forbidden));
    app.get('/pipe', (_req, res) => void createReadStream(file).pipe(res));
    const server: Server = createServer(app).listen(0, '127.0.0.1');
    await once(server, 'listening');
    server.on('upgrade', (_req, socket) =>
      socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'),
    );
    const { port } = server.address() as AddressInfo;
    try {
      for (let count = 0; count < 3; count += 1) await request(server).get('/pipe').expect(403);
      const upgrade = httpRequest({ port, path: '/ws', headers: { Connection: 'Upgrade', Upgrade: 'x' } });
      upgrade.end();
      const [res] = (await once(upgrade, 'upgrade')) as [{ statusCode: number }, { destroy(): void }];
      expect(res.statusCode).toBe(101);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it('can be mounted twice', async () => {
    app.use(instance.apiKeys.failClosed(forbidden), instance.apiKeys.failClosed(forbidden));
    app.get('/x', answerSecret);
    app.get('/guarded', instance.apiKeys.requireApiKey(), answerSecret);
    await request(app).get('/x').expect(403);
    await request(app).get('/guarded').set('X-API-Key', token).expect(200);
  });

  it('refuses options that it does not know, and open() without a reason', () => {
    const { failClosed, open } = instance.apiKeys;
    expect(() => failClosed({ answer: 'log' } as never)).toThrow(InvalidOptionError);
    expect(() => failClosed({ replay: true } as never)).toThrow('unknown option "replay"');
    expect(() => open('' as never)).toThrow("open('health check of the load balancer')");
    expect(() => open(undefined as never)).toThrow(InvalidOptionError);
  });
});
