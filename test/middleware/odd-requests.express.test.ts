import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { createMocks, createRequest, createResponse, type MockRequest } from 'node-mocks-http';
import { deltadefiRouter, deribitRouter, nebulaRouter, yativoRouter } from '../../lib/dialects/index.js';
import { createInstance, type TestInstance } from '../harness/instance.js';

let instance: TestInstance;
let hiding: TestInstance;
let token: string;

beforeAll(async () => {
  instance = createInstance({ signatures: {}, tokens: { issuer: 'http://127.0.0.1' } });
  hiding = createInstance({ hideCredentials: true });
  await Promise.all([instance.apiKeys.ready(), hiding.apiKeys.ready()]);
  token = (await instance.key()).token;
});
afterAll(async () => {
  await Promise.all([instance.apiKeys.close(), hiding.apiKeys.close()]);
});

/** How a handler ended: it called `next`, perhaps with an error, or answered. */
type Outcome = { readonly next: unknown } | { readonly status: number } | { readonly thrown: unknown };

/** Runs a handler as Express does, and waits for its end. */
function run(handler: RequestHandler, req: unknown, res: unknown = createResponse()): Promise<Outcome> {
  return new Promise((resolve) => {
    const response = res as Response;
    if (typeof response.end === 'function' && !Object.isFrozen(response)) {
      const end = response.end.bind(response) as (...parts: unknown[]) => Response;
      response.end = ((...parts: unknown[]) => {
        resolve({ status: response.statusCode });
        return end(...parts);
      }) as Response['end'];
    }
    const next = ((error?: unknown) => resolve({ next: error })) as NextFunction;
    try {
      handler(req as Request, response, next);
    } catch (thrown) {
      resolve({ thrown });
    }
  });
}

describe('requests of node-mocks-http', () => {
  const mock = (headers: Record<string, string | string[]>): MockRequest<Request> =>
    createRequest({ method: 'GET', url: '/orders', headers: headers as Record<string, string> });

  it('are allowed with a key, and refused through next', async () => {
    const guard = instance.apiKeys.requireApiKey('orders:read', { onRefusal: 'next' }) as RequestHandler;
    expect(await run(guard, mock({ 'X-API-Key': token }))).toEqual({ next: undefined });
    expect(await run(guard, mock({ authorization: `Bearer ${token}` }))).toEqual({ next: undefined });
    expect(await run(guard, mock({}))).toMatchObject({ next: { status: 401 } });
    expect(await run(guard, mock({ 'x-api-key': `${token}x` }))).toMatchObject({ next: { status: 401 } });
    expect(await run(guard, mock({ 'x-api-key': [token, token] }))).toMatchObject({ next: { status: 400 } });
    expect(await run(guard, mock({ authorization: `Bearer ${token}, Bearer ${token}` }))).toMatchObject({
      next: { status: 400 },
    });
  });

  it('are answered', async () => {
    const guard = instance.apiKeys.requireApiKey('orders:read') as RequestHandler;
    const { req, res } = createMocks<Request, Response>({ method: 'GET', url: `/orders?x-api-key=${token}` });
    expect(await run(guard, req, res)).toEqual({ status: 401 });
    expect(res._getJSONData()).toMatchObject({ code: 'missing_credential' });
  });

  it('carry the caller', async () => {
    const req = mock({ 'x-api-key': token });
    await run(instance.apiKeys.requireApiKey('orders:read') as RequestHandler, req);
    expect(instance.apiKeys.apiKeyOf(req).ownerId).toBe('alice');
  });

  it('fail where the app does not let the guard put the caller there', async () => {
    const req = mock({ 'x-api-key': token });
    Object.defineProperty(req, 'apiKey', { value: { ownerId: 'mallory' }, writable: false });
    const outcome = await run(instance.apiKeys.requireApiKey('orders:read') as RequestHandler, req);
    expect(outcome).toMatchObject({
      next: { name: 'TypeError', message: expect.stringContaining('req.apiKey cannot be set') },
    });
  });

  it('are refused where the address decides, because they have none', async () => {
    const bound = await instance.key({ ipAllowlist: ['127.0.0.1'] });
    const guard = instance.apiKeys.requireApiKey('orders:read', { onRefusal: 'next' }) as RequestHandler;
    const outcome = await run(guard, mock({ 'x-api-key': bound.token }));
    expect(outcome).toMatchObject({ next: { status: 403, code: 'ERR_API_KEYS_ADDRESS_NOT_ALLOWED' } });
  });
});

/** A generator of numbers from 0 to 1 that repeats itself from a seed (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const failing = {
  get(): never {
    throw new Error('This cannot be read');
  },
};

/** What may stand in each place of a request; `throws` stands for a getter that throws. */
function listMembers(): Readonly<Record<string, readonly unknown[]>> {
  const odd = [undefined, null, 0, '', 'text', 'throws', [], {}, Symbol('odd'), new Proxy({}, failing)];
  return {
    headers: [
      ...odd,
      Object.freeze({ 'x-api-key': token }),
      { 'x-api-key': token, authorization: `Bearer ${token}` },
      { 'x-api-key': [token] },
      { 'x-api-key': { toString: () => token } },
      { authorization: [null], host: ['a', 'b'], 'signature-input': 7, 'content-length': {} },
      Object.assign(Object.create(null), { 'x-api-key': token, 'signature-input': 'sig=()', host: 'a' }),
    ],
    rawHeaders: [...odd, ['X-API-Key'], ['X-API-Key', token], [1, 2, null, {}], Object.freeze(['a', 'b'])],
    headersDistinct: [...odd, { 'x-api-key': [token, token] }, { 'x-api-key': 'text' }],
    socket: [...odd, { server: null }, { remoteAddress: 7 }],
    app: [...odd, { get: () => undefined }, { get: () => () => true }],
    method: [...odd, 'GET', 'OPTIONS'],
    url: [...odd, '/orders', 'http://['],
    originalUrl: [...odd, '/orders'],
    protocol: [...odd, 'https'],
    httpVersionMajor: [...odd, 1, 2],
    ip: [...odd, '127.0.0.1'],
    body: [...odd, Buffer.from('{}')],
    rawBody: [...odd, '{}'],
    apiGateway: [...odd, { event: { multiValueHeaders: 'text' } }],
  };
}

function createOddRequest(random: () => number): object {
  const req = {};
  for (const [name, values] of Object.entries(listMembers())) {
    // One in three is absent.
    if (random() < 1 / 3) continue;
    const value = values[Math.floor(random() * values.length)];
    Object.defineProperty(req, name, {
      ...{ configurable: true, enumerable: true },
      ...(value === 'throws' ? failing : { value, writable: true }),
    });
  }
  return random() < 0.1 ? Object.freeze(req) : req;
}

function createOddResponse(random: () => number): unknown {
  const kind = Math.floor(random() * 8);
  if (kind === 0) return {};
  return kind === 1 ? Object.freeze(createResponse()) : createResponse();
}

/** Whether a request carries the key where a guard reads it. */
function carriesKey(req: object): boolean {
  try {
    const { 'x-api-key': key, authorization } = (req as { headers: Record<string, unknown> }).headers;
    return [key, `${String(authorization).slice(7)}`].flat().includes(token);
  } catch {
    return false;
  }
}

describe('requests with odd members', () => {
  const guards = (): readonly (readonly [string, RequestHandler])[] => {
    const { requireApiKey } = instance.apiKeys;
    const all = [
      ['plain', requireApiKey('orders:read')],
      ['next', requireApiKey('orders:read', { onRefusal: 'next' })],
      [
        'own answer',
        requireApiKey('orders:read', { onRefusal: (refusal, _req, _res, next) => next(refusal) }),
      ],
      ['signed', requireApiKey('orders:read', { signed: 'accepted' })],
      ['preflight', requireApiKey('orders:read', { allowPreflight: true, cacheHeaders: false })],
      ['methods', requireApiKey({ GET: 'orders:read' })],
      [
        'fallback',
        requireApiKey('orders:read', { fallback: (_req, _res, next) => next(new Error('fallback')) }),
      ],
      ['hiding', hiding.apiKeys.requireApiKey('orders:read')],
    ] as const;
    return all.map(([name, guard]) => [name, guard as RequestHandler]);
  };

  it('never make a guard throw, and get in with a key only', async () => {
    const random = createRandom(20);
    for (let round = 0; round < 400; round += 1) {
      const req = createOddRequest(random);
      for (const [name, guard] of guards()) {
        const outcome = await run(guard, req, createOddResponse(random));
        const allowed = 'next' in outcome && outcome.next === undefined;
        const mayPass = carriesKey(req) || name === 'preflight';
        expect([round, name, 'thrown' in outcome, allowed && !mayPass]).toEqual([round, name, false, false]);
      }
    }
  });

  it.each([undefined, null, 0, 'text', Object.freeze({})])(
    '%p in place of a request is an error',
    async (req) => {
      for (const [, guard] of guards()) {
        expect(await run(guard, req, {})).toMatchObject({ next: expect.any(Error) as Error });
      }
    },
  );

  it('never make a router throw, where Express can route them at all', async () => {
    const random = createRandom(21);
    const { apiKeys } = instance;
    const verifyAccessToken = (): null => null;
    const dialects = { verifyAccessToken, scopeMap: {} };
    const routers = [
      [apiKeys.adminRouter({ authorize: () => ({ kind: 'admin', id: 'root' }) }), '/keys'],
      [apiKeys.tokenRouter(), '/token'],
      [apiKeys.wellKnownRouter(), '/jwks.json'],
      [apiKeys.forwardAuthRouter(), '/auth'],
      [deltadefiRouter(apiKeys, { verifyAccessToken }), '/accounts/api-key'],
      [deribitRouter(apiKeys, dialects), '/private/list_api_keys'],
      [nebulaRouter(apiKeys, { verifyAccessToken }), '/api-keys'],
      [yativoRouter(apiKeys, dialects), '/v1/apikey'],
    ] as unknown as readonly (readonly [RequestHandler, string])[];
    for (let round = 0; round < 100; round += 1) {
      for (const [router, url] of routers) {
        for (const method of ['GET', 'POST']) {
          const req = Object.create(createOddRequest(random)) as object;
          Object.defineProperties(req, {
            ...{ url: { value: url, writable: true }, originalUrl: { value: url, writable: true } },
            ...{ method: { value: method, writable: true }, baseUrl: { value: '', writable: true } },
            ...{ params: { value: {}, writable: true }, next: { value: undefined, writable: true } },
          });
          const outcome = await run(router, req);
          expect([round, url, 'thrown' in outcome ? outcome.thrown : null]).toEqual([round, url, null]);
        }
      }
    }
  });
});
