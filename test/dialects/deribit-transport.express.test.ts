import { generateKeyPairSync } from 'node:crypto';
import express, { type RequestHandler } from 'express';
import request from 'supertest';
import { deribitRouter } from '../../lib/dialects/index.js';
import { createInstance } from '../harness/instance.js';
import { asOwner, createDeribitApp, type DeribitApp, neededOptions, ownerOfSession } from './deribit-app.js';
import { sendRaw } from './send-raw.js';
import { serveApp } from './serve-app.js';

const path = '/api/v2/private/create_api_key';
const secret = expect.stringMatching(/^[A-Za-z0-9_-]{43}$/) as string;

describe("Deribit's transports", () => {
  let deribit: DeribitApp;

  beforeEach(async () => {
    deribit = createDeribitApp({ maxKeys: 100 });
    await deribit.apiKeys.ready();
  });
  afterEach(() => deribit.apiKeys.close());

  const get = (target: string) => request(deribit.app).get(target).set(asOwner('alice'));
  const post = (target: string) => request(deribit.app).post(target).set(asOwner('alice'));
  const keyCount = async (): Promise<number> =>
    (await deribit.rpc<readonly unknown[]>('private/list_api_keys')).result.length;
  const shown = { client_secret: secret, name: 'k', max_scope: 'account:read trade:read' };
  const call = {
    ...{ jsonrpc: '2.0', id: 5, method: 'private/create_api_key' },
    params: { name: 'k', max_scope: ['account:read', 'trade:read'] },
  };

  describe('one call, however it comes', () => {
    it('DB9 as GET with a query', async () => {
      const { status, body } = await get(`${path}?name=k&max_scope=account:read&max_scope=trade%3Aread`);
      expect([status, body.result]).toEqual([200, expect.objectContaining(shown)]);
      expect(body).not.toHaveProperty('id');
    });

    it.each(['GET', 'POST'] as const)('DB9 as %s with a JSON-RPC body at its path', async (method) => {
      for (const sent of [
        call,
        { ...call, method: '/private/create_api_key' },
        { id: 5, params: call.params },
      ]) {
        const answer = await (method === 'GET' ? get(path) : post(path)).send(sent);
        expect([answer.status, answer.body.id]).toEqual([200, 5]);
        expect(answer.body.result).toMatchObject(shown);
      }
    });

    it('DB9 as POST to the root, with or without a slash before the method, whatever the content type says', async () => {
      await serveApp(deribit.app, async (url) => {
        for (const [target, type] of [
          ['/api/v2', []],
          ['/api/v2/', ['Content-Type: text/plain']],
          ['/api/v2', ['Content-Type: application/x-www-form-urlencoded']],
        ] as const) {
          const body = JSON.stringify({ ...call, method: '/private/create_api_key' });
          const lines = [
            `POST ${target} HTTP/1.1`,
            'Host: a',
            'Authorization: Bearer session-alice',
            ...type,
          ];
          const answer = await sendRaw(url, [...lines, `Content-Length: ${body.length}`], body);
          expect(answer).toMatch(/^HTTP\/1\.1 200 .*"name":"k"/s);
        }
      });
      const { body } = await post('/api/v2').send(call);
      expect(body.result).toMatchObject(shown);
      expect(await keyCount()).toBe(4);
    });

    it('DB9 the body counts before the query', async () => {
      const { body } = await post(`${path}?name=query&max_scope=&enabled_features=block_trade_approval`).send(
        {
          ...call,
          params: { name: 'body' },
        },
      );
      expect(body.result).toMatchObject({ name: 'body', enabled_features: ['block_trade_approval'] });
    });

    it('DB9 HEAD and OPTIONS execute nothing', async () => {
      const target = `${path}?max_scope=`;
      const head = await request(deribit.app).head(target).set(asOwner('alice')).expect(405);
      expect(head.headers['allow']).toBe('GET, OPTIONS, POST');
      await request(deribit.app).options(target).set(asOwner('alice')).expect(204);
      expect(await keyCount()).toBe(0);
    });

    it('DB9 no answer is kept', async () => {
      const { headers } = await get(`${path}?max_scope=`).set('If-None-Match', '*').expect(200);
      expect(headers).toMatchObject({ 'cache-control': 'no-store', pragma: 'no-cache' });
      expect(headers).not.toHaveProperty('etag');
      expect(headers['content-type']).toBe('application/json; charset=utf-8');
    });
  });

  describe('lists in a query', () => {
    it.each([
      ['repeated', 'max_scope=account:read&max_scope=trade:read'],
      ['with brackets', 'max_scope[]=account:read&max_scope[]=trade:read'],
      ['with places', 'max_scope%5B0%5D=account%3Aread&max_scope%5B1%5D=trade%3Aread'],
      ['with blanks', 'max_scope=account:read%20trade:read'],
      ['with plus signs', 'max_scope=account:read+trade:read'],
      ['with commas', 'max_scope=account:read,trade:read'],
    ])('DB2, DB10 %s', async (_how, query) => {
      const { body } = await get(`${path}?name=k&${query}`);
      expect(body.result).toMatchObject(shown);
    });

    it('DB10 whatever query parser the app has', async () => {
      for (const parser of ['simple', 'extended', false]) {
        deribit.app.set('query parser', parser);
        const { body } = await get(`${path}?name=k&max_scope[0]=account:read&max_scope[1]=trade:read`);
        expect(body.result).toMatchObject(shown);
      }
    });

    it('DB10 enabled_features and ip_whitelist as well', async () => {
      const query = 'enabled_features[0]=block_trade_approval&ip_whitelist=10.0.0.1&ip_whitelist=10.0.0.2';
      const { body } = await get(`${path}?max_scope=&${query}`);
      expect(body.result).toMatchObject({
        enabled_features: ['block_trade_approval'],
        ip_whitelist: ['10.0.0.1', '10.0.0.2'],
      });
      const edited = await get('/api/v2/private/edit_api_key?id=1&enabled=false&ip_whitelist=');
      expect(edited.body.result).toMatchObject({ enabled: false, ip_whitelist: [] });
    });

    it('DB8 a public key in a query survives that its plus signs became blanks', async () => {
      const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 4096 });
      const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString().trimEnd();
      expect(pem).toContain('+');
      const query = `max_scope=&public_key=${encodeURIComponent(pem).replaceAll('%2B', '+')}`;
      const { body } = await get(`${path}?${query}`);
      expect(body.result.public_key).toBe(pem);
    });
  });

  it('DB4, DB5 the id of the request comes back as it was', async () => {
    for (const id of [5, 0, -1, 'seven', '5', '', 1.5, null]) {
      const { body } = await post('/api/v2/private/list_api_keys').send({
        jsonrpc: '2.0',
        id,
        method: 'private/list_api_keys',
      });
      expect(body).toMatchObject({ jsonrpc: '2.0', id, result: [] });
      const failed = await post('/api/v2').send({ jsonrpc: '2.0', id, method: 'private/none' });
      expect(failed.body).toMatchObject({ jsonrpc: '2.0', id, error: { code: -32601 } });
    }
    const without = await post('/api/v2').send({ jsonrpc: '2.0', method: 'private/list_api_keys' });
    expect(without.body.result).toEqual([]);
    expect(without.body).not.toHaveProperty('id');
    for (const id of [{}, [], { a: 1 }, [1]]) {
      const { status, body } = await post('/api/v2').send({
        jsonrpc: '2.0',
        id,
        method: 'private/list_api_keys',
      });
      expect([status, body.error.code]).toEqual([400, -32600]);
      expect(body).not.toHaveProperty('id');
    }
  });

  it('every answer says when it was asked for and given, in microseconds, and from which system', async () => {
    const now = deribit.clock.now() * 1000;
    for (const { body } of [await get('/api/v2/private/list_api_keys'), await get('/api/v2/private/none')]) {
      const { usIn, usOut, usDiff, testnet } = body as Record<string, number | boolean>;
      expect([usIn, testnet]).toEqual([now, false]);
      expect(usDiff).toBeGreaterThan(0);
      expect(usOut).toBe(Number(usIn) + Number(usDiff));
      expect(Number.isSafeInteger(usOut)).toBe(true);
    }
    const test = createDeribitApp({ testnet: true });
    await test.apiKeys.ready();
    expect((await test.rpc('private/list_api_keys')).body).toMatchObject({ testnet: true });
    await test.apiKeys.close();
  });

  describe('what is no call', () => {
    it.each([
      ['{', 400, { code: -32700, message: 'Parse error' }],
      ['{"a":1,}', 400, { code: -32700, message: 'Parse error' }],
      ['\uFFFD', 400, { code: -32700, message: 'Parse error' }],
      ['[]', 400, { code: -32600, message: 'Invalid Request' }],
      ['[{"jsonrpc":"2.0","id":1,"method":"private/list_api_keys"}]', 400, { code: -32600 }],
      ['"private/list_api_keys"', 400, { code: -32600 }],
      ['{}', 400, { code: -32600, data: { reason: 'method is missing' } }],
      ['{"method":5}', 400, { code: -32600 }],
      ['{"jsonrpc":"1.0","method":"private/list_api_keys"}', 400, { code: -32600 }],
      ['{"method":"private/list_api_keys","method":"private/x"}', 400, { code: -32600 }],
      ['{"method":"private/none"}', 400, { code: -32601, message: 'Method not found' }],
      ['{"method":"create_api_key"}', 400, { code: -32601 }],
      ['{"method":"//private/list_api_keys"}', 400, { code: -32601 }],
      ['{"method":"private/list_api_keys","params":[]}', 400, { code: -32602, data: { param: 'params' } }],
      ['{"method":"private/list_api_keys","params":"x"}', 400, { code: -32602, data: { param: 'params' } }],
      ['{"method":"private/create_api_key","params":null}', 400, { code: -32000, message: 'Missing params' }],
      [
        '{"method":"private/create_api_key","params":{}}',
        400,
        { code: -32602, data: { param: 'max_scope' } },
      ],
    ])('DB16 %s', async (body, status, error) => {
      const answer = await post('/api/v2').set('Content-Type', 'application/json').send(body);
      expect([answer.status, answer.body]).toEqual([
        status,
        expect.objectContaining({ jsonrpc: '2.0', error: expect.objectContaining(nested(error)) as object }),
      ]);
      expect(answer.body).not.toHaveProperty('result');
      expect(answer.body.testnet).toBe(false);
    });

    it('DB16 a body of more than 32 kB', async () => {
      const { status, body } = await post('/api/v2').send({ ...call, id: 'x'.repeat(33_000) });
      expect([status, body.error.code, body.error.message]).toEqual([
        400,
        -32600,
        'request entity too large',
      ]);
    });

    it('DB16 another method than the path has', async () => {
      const { status, body } = await post(path).send({ ...call, method: 'private/remove_api_key', id: 9 });
      expect([status, body.id, body.error.code, body.error.message]).toEqual([400, 9, 11050, 'bad_request']);
      expect(await keyCount()).toBe(0);
    });

    it('DB16 a query that nobody can read', async () => {
      for (const query of ['max_scope=%zz', 'a=%00', 'max_scope=a&max_scope[]=b', 'a[0]=1&a[0]=2']) {
        const { status, body } = await get(`${path}?${query}`);
        expect([status, body.error.code]).toEqual([400, 11050]);
      }
      const { body } = await get(`${path}?max_scope=&name=a&name=b`);
      expect(body.error).toMatchObject({ code: -32602, data: { param: 'name' } });
      const long = await get(`${path}?a=${'x'.repeat(12_000)}&max_scope=&name=-`);
      expect(long.body.error).toMatchObject({ code: -32602, data: { param: 'name' } });
    });

    it('DB16 a body that is packed', async () => {
      const { body } = await post(path).set('Content-Encoding', 'gzip').send('{}');
      expect(body.error).toMatchObject({ code: 13018, message: 'invalid_content_type' });
    });

    it('DB16 another method of HTTP', async () => {
      const { status, headers, body } = await request(deribit.app).put(path).set(asOwner('alice'));
      expect([status, headers['allow'], body.error.code]).toEqual([405, 'GET, OPTIONS, POST', 11050]);
    });

    it('DB16 nobody has to be known to hear that there is no such method', async () => {
      const unknown = await request(deribit.app).get('/api/v2/private/none');
      expect([unknown.status, unknown.body.error.code]).toEqual([400, -32601]);
      const anonymous = await request(deribit.app).get('/api/v2/private/list_api_keys');
      expect([anonymous.status, anonymous.body.error]).toEqual([
        401,
        expect.objectContaining({ code: 10000, message: 'authorization_required' }),
      ]);
      expect(anonymous.headers['www-authenticate']).toBe('Bearer realm="deribit"');
      const wrong = await request(deribit.app)
        .get('/api/v2/private/list_api_keys')
        .set('Authorization', 'Bearer no');
      expect([wrong.status, wrong.body.error]).toEqual([
        401,
        { code: 13009, message: 'unauthorized', data: { reason: 'invalid_token' } },
      ]);
    });

    it('DB16 __proto__ and constructor are parameters like any other', async () => {
      const { body } = await get(`${path}?__proto__[max_scope]=x&constructor=y`);
      expect(body.error).toMatchObject({ code: -32602, data: { param: 'max_scope' } });
      const sent = `{"method":"private/create_api_key","params":{"__proto__":{"max_scope":"account:read"}}}`;
      const posted = await post('/api/v2').set('Content-Type', 'application/json').send(sent);
      expect(posted.body.error).toMatchObject({ code: -32602, data: { param: 'max_scope' } });
    });
  });

  describe('in an app', () => {
    const parsers: readonly [string, RequestHandler][] = [
      ['express.json', express.json()],
      ['express.urlencoded', express.urlencoded({ extended: true })],
      ['express.text', express.text({ type: '*/*' })],
      ['express.raw', express.raw({ type: '*/*' })],
    ];

    it.each(parsers)('works behind %s', async (_name, parser) => {
      const { apiKeys } = createInstance(neededOptions);
      const app = express().use(parser);
      app.use('/api/v2', deribitRouter(apiKeys, { verifyAccessToken: ownerOfSession }));
      await apiKeys.ready();
      const types = ['application/json', 'application/x-www-form-urlencoded', 'text/plain'];
      for (const type of types) {
        const answer = await request(app)
          .post('/api/v2')
          .set({ ...asOwner('alice'), 'Content-Type': type })
          // A parser of forms takes brackets apart.
          .send(JSON.stringify({ ...call, params: { name: 'k', max_scope: 'account:read trade:read' } }));
        expect([answer.status, answer.body.id]).toEqual([200, 5]);
        expect(answer.body.result).toMatchObject(shown);
      }
      await apiKeys.close();
    });

    it('leaves other paths to it', async () => {
      deribit.app.use((_req, res) => void res.status(404).send('the app itself'));
      for (const other of ['/api/v2/other', '/api/v2/private', '/api/v2/private/a/b', '/api/v3']) {
        await get(other).expect(404, 'the app itself');
      }
    });

    it('is 503 before it is ready, and 500 without details when the app fails', async () => {
      const failing = createDeribitApp({
        verifyAccessToken: () => Promise.reject(new Error('the password of bob')),
      });
      const early = await failing.rpc('private/list_api_keys', {}, { Authorization: 'Basic YTpi' });
      expect([early.status, early.error]).toEqual([503, { code: 11051, message: 'system_maintenance' }]);
      expect(early.headers['retry-after']).toBe('1');
      await failing.apiKeys.ready();
      const broken = await failing.rpc('private/list_api_keys');
      expect([broken.status, broken.error]).toEqual([500, { code: 11094, message: 'internal_server_error' }]);
      expect(failing.log.join()).toContain('the Deribit router failed');
      await failing.apiKeys.close();
    });

    it.each([
      [{}, /verifyAccessToken/],
      [{ verifyAccessToken: ownerOfSession, maxScopes: 'array' }, /did you mean 'maxScope'/],
      [{ verifyAccessToken: ownerOfSession, maxScope: 'list' }, /maxScope: takes 'string' or 'array'/],
      [{ verifyAccessToken: ownerOfSession, maxKeys: 0 }, /maxKeys: takes a whole number/],
      [{ verifyAccessToken: ownerOfSession, maxKeys: 101 }, /maxKeys: takes a whole number/],
      [{ verifyAccessToken: ownerOfSession, testnet: 'yes' }, /testnet: takes true or false/],
      [{ verifyAccessToken: ownerOfSession, strictName: 1 }, /strictName: takes true or false/],
      [{ verifyAccessToken: ownerOfSession, scopeMap: { 'trade:raed': [] } }, /trade:raed/],
      [{ verifyAccessToken: ownerOfSession, scopeMap: { 'trade:read': ['orders:raed'] } }, /orders:raed/],
      [{ verifyAccessToken: ownerOfSession, secondFactor: true }, /secondFactor/],
      [{ verifyAccessToken: ownerOfSession, secondFactor: { rpId: 'a' } }, /verify: takes a function/],
      [{ verifyAccessToken: ownerOfSession, secondFactor: { verify: anyCode } }, /rpId: takes a domain/],
      [
        {
          verifyAccessToken: ownerOfSession,
          secondFactor: { verify: anyCode, rpId: 'a', methods: 'all' },
        },
        /methods: takes a list/,
      ],
      [
        {
          verifyAccessToken: ownerOfSession,
          secondFactor: { verify: anyCode, rpId: 'a', methods: ['create_api_key'] },
        },
        /there is no "create_api_key"; it is one of private\/create_api_key/,
      ],
    ])('refuses %j when it is mounted', (options, message) => {
      const { apiKeys } = createInstance(neededOptions);
      expect(() => deribitRouter(apiKeys, options as never)).toThrow(message);
    });

    it('is there once in an instance', () => {
      expect(() => deribitRouter(deribit.apiKeys, { verifyAccessToken: ownerOfSession })).toThrow(/deribit/);
      expect(() => deribitRouter({} as never, { verifyAccessToken: ownerOfSession })).toThrow(
        /createApiKeys/,
      );
    });
  });
});

function anyCode(): boolean {
  return true;
}

/** The same, with partial objects inside. */
function nested(error: Readonly<Record<string, unknown>>): object {
  const { data, ...rest } = error;
  return data === undefined ? rest : { ...rest, data: expect.objectContaining(data) as object };
}
