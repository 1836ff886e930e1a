import express, { type Express, type RequestHandler } from 'express';
import request from 'supertest';
import { createDialectRouter, type DialectRoute } from '../../lib/dialects/dialect-router.js';
import { ApiKeysError } from '../../lib/errors.js';
import { createClientAddress } from '../../lib/http/client-address.js';
import { ProxyObserver } from '../../lib/http/proxy-observer.js';
import { createErrorReporter } from '../../lib/http/error-reporter.js';
import { readRequestId } from '../../lib/http/read-request-id.js';
import { sendRaw } from './send-raw.js';
import { serveApp } from './serve-app.js';

describe('the router of a dialect', () => {
  let logged: string[];
  let executed: number;
  let answersErrors: boolean;
  const log = (...parts: unknown[]): void => void logged.push(parts.map(String).join(' '));
  const logger = { warn: log, error: log };

  beforeEach(() => {
    logged = [];
    executed = 0;
    answersErrors = true;
  });

  const count = (answer: () => object): (() => { status: number; body: object }) => {
    return () => {
      executed += 1;
      return { status: 200, body: answer() };
    };
  };
  const fail = (thrown: () => unknown): (() => Promise<never>) => {
    return () => Promise.reject(thrown() as Error);
  };
  const routes: readonly DialectRoute[] = [
    { methods: ['GET', 'POST'], path: '/new', handle: count(() => ({ made: true })) },
    {
      methods: ['DELETE'],
      path: ['/keys/:id', '/old_keys/:id'],
      handle: ({ params }) => ({ status: 200, body: params, headers: { 'X-Seen': 'yes' } }),
    },
    {
      methods: ['GET'],
      path: '/keys/:id',
      handle: ({ params }) => ({ status: 200, body: { got: params['id'] } }),
    },
    {
      methods: ['POST'],
      path: '/read',
      async handle(call) {
        const [once, twice] = [await call.body(), await call.body()];
        const { requestId, startedAt } = call;
        const taken = call.microseconds() - startedAt;
        const body = { same: once === twice, body: once, query: call.query(), address: call.address() };
        return { status: 200, body: { ...body, requestId, startedAt, isLater: taken > 0 } };
      },
    },
    { methods: ['GET'], path: '/refused', handle: fail(() => new ApiKeysError('conflict')) },
    { methods: ['GET'], path: '/out', handle: fail(() => new ApiKeysError('unavailable')) },
    { methods: ['GET'], path: '/broken', handle: fail(() => new Error('the database of bob')) },
    {
      methods: ['GET'],
      path: '/thrown',
      handle() {
        throw new TypeError('at once');
      },
    },
    {
      methods: ['GET'],
      path: '/bad-header',
      handle: () => ({ status: 200, body: {}, headers: { A: 'a\nb' } }),
    },
    { methods: ['GET'], path: '/odd-text', handle: () => ({ status: 200, body: { text: '\u2028' } }) },
  ];

  function appWith({ mountPath = '/dialect', before = [] as RequestHandler[] } = {}): Express {
    const app = express();
    for (const handler of before) app.use(handler);
    const router = createDialectRouter({
      name: 'the test router',
      routes,
      clientAddress: createClientAddress(logger, new ProxyObserver()),
      readRequestId,
      reportError: createErrorReporter(logger),
      clock: { now: () => 1_700_000_000_000 },
      answerError: (error) => {
        if (!answersErrors) throw new Error('cannot say it');
        return { status: error.status === 503 ? 500 : error.status, body: { failed: error.problem } };
      },
    });
    app.use(mountPath, router);
    app.use((_req, res) => void res.status(404).send('the app itself'));
    return app;
  }

  const safeHeaders = (headers: Record<string, string>): void => {
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      pragma: 'no-cache',
      'content-security-policy': expect.stringContaining("default-src 'none'") as string,
      'x-content-type-options': 'nosniff',
    });
    expect(headers).not.toHaveProperty('etag');
    expect(headers).not.toHaveProperty('x-powered-by');
  };

  it('answers with JSON that nobody keeps', async () => {
    const answer = await request(appWith()).get('/dialect/new').set('If-None-Match', '*').expect(200);
    expect(answer.body).toEqual({ made: true });
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    safeHeaders(answer.headers as Record<string, string>);
    expect((await request(appWith()).get('/dialect/odd-text')).text).toBe('{"text":"\\u2028"}');
  });

  it('DD1 executes nothing for HEAD and OPTIONS', async () => {
    for (const [method, status] of [
      ['head', 405],
      ['options', 204],
    ] as const) {
      const answer = await request(appWith())[method]('/dialect/new').expect(status);
      expect(answer.headers['allow']).toBe('GET, OPTIONS, POST');
      expect(answer.text ?? '').toBe('');
      safeHeaders(answer.headers as Record<string, string>);
    }
    expect(executed).toBe(0);
    await request(appWith()).post('/dialect/new').expect(200);
    expect(executed).toBe(1);
  });

  it('says which methods a path has, over all its routes', async () => {
    const answer = await request(appWith())
      .put('/dialect/keys/1')
      .expect(405, { failed: 'method_not_allowed' });
    expect(answer.headers['allow']).toBe('DELETE, GET, OPTIONS');
    safeHeaders(answer.headers as Record<string, string>);
    await request(appWith()).get('/dialect/keys/1').expect(200, { got: '1' });
    await request(appWith())
      .delete('/dialect/old_keys/a%20b')
      .expect(200, { id: 'a b' })
      .expect('X-Seen', 'yes');
    await request(appWith()).get('/dialect/old_keys/1').expect(405);
  });

  it('leaves what it does not know to the app, without a trace', async () => {
    for (const path of ['/', '/NEW', '/new/more', '/other/%zz']) {
      const answer = await request(appWith({ mountPath: '/' })).get(path);
      expect(answer.headers).not.toHaveProperty('content-security-policy');
      expect(answer.headers).not.toHaveProperty('cache-control');
    }
    const answer = await request(appWith({ mountPath: '/' }))
      .head('/unknown')
      .expect(404);
    expect(answer.headers).not.toHaveProperty('allow');
    await request(appWith({ mountPath: '/' }))
      .get('/unknown')
      .expect(404, 'the app itself');
  });

  it('gives handlers the request as it was sent', async () => {
    const before = [express.urlencoded({ extended: true })];
    const answer = await request(appWith({ before }))
      .post('/dialect/read?b[0]=1&c=2')
      .set('X-Request-Id', 'request-1')
      .send({ a: 1 })
      .expect(200);
    expect(answer.body).toEqual({
      ...{ same: true, body: { a: 1 }, query: { b: ['1'], c: '2' }, address: '127.0.0.1' },
      ...{ requestId: 'request-1', startedAt: 1_700_000_000_000_000, isLater: true },
    });
  });

  it('says refusals in the words of the dialect', async () => {
    const answer = await request(appWith()).get('/dialect/refused').expect(409, { failed: 'conflict' });
    safeHeaders(answer.headers as Record<string, string>);
    expect(logged).toEqual([]);
    await request(appWith())
      .post('/dialect/read')
      .set('Content-Type', 'application/json')
      .send('{')
      .expect(400, { failed: 'invalid_request' });
    await request(appWith()).get('/dialect/keys/%zz').expect(404, { failed: 'not_found' });
  });

  it('is 503 with Retry-After while something is out of reach', async () => {
    await request(appWith())
      .get('/dialect/out')
      .expect(503, { failed: 'unavailable' })
      .expect('Retry-After', '1');
    expect(logged.join()).toContain('the test router answers 503');
  });

  it.each(['/broken', '/thrown', '/bad-header'])(
    'tells operators what it does not tell callers: %s',
    async (path) => {
      const answer = await request(appWith()).get(`/dialect${path}`).expect(500);
      expect(answer.body).toEqual({ failed: 'internal_error' });
      expect(logged.join()).toContain('the test router failed');
    },
  );

  it('answers even when the dialect cannot', async () => {
    answersErrors = false;
    await request(appWith()).get('/dialect/refused').expect(500, {});
    expect(logged.join()).toContain('cannot say it');
  });

  it('refuses a second Host line, and more header lines than Node keeps', async () => {
    await serveApp(appWith(), async (url) => {
      const twice = await sendRaw(url, ['GET /dialect/new HTTP/1.1', 'Host: a', 'Host: b']);
      expect(twice).toMatch(/^HTTP\/1\.1 400 .*"failed":"invalid_request"/s);
      const many = Array.from({ length: 1100 }, (_, index) => `a${index}: b`);
      const flood = await sendRaw(url, ['GET /dialect/new HTTP/1.1', 'Host: a', ...many]);
      expect(flood).toMatch(/^HTTP\/1\.1 431 .*"failed":"too_many_headers"/s);
    });
    expect(executed).toBe(0);
  });
});
