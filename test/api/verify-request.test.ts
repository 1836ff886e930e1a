import { generateKeyPairSync } from 'node:crypto';
import express from 'express';
import request from 'supertest';
import {
  ApiKeysError,
  signRequest,
  type RequestVerdict,
  type VerifiableRequest,
  type VerifyRequestOptions,
} from '../../lib/index.js';
import { memoryStore } from '../../lib/testing/index.js';
import { createInstance, type Scope, type TestInstance } from '../harness/instance.js';
import { pemOf } from '../harness/signed-app.js';
import { theApp } from '../harness/the-app.js';
import { basic } from '../tokens/token-app.js';

let instance: TestInstance;
let store: ReturnType<typeof memoryStore>;
let isDown = false;
let log: string[] = [];
let token: string;
let id: string;

beforeEach(async () => {
  isDown = false;
  log = [];
  store = memoryStore();
  instance = createInstance({
    store: { ...store, find: (...args) => (isDown ? fail() : store.find(...args)) },
    cache: false,
    tokens: { issuer: 'https://api.example' },
    signatures: {},
    logger: { warn: note, error: note },
    // signRequest goes by the clock of the machine.
    clock: undefined,
  });
  ({ token, id } = await instance.key());
});
afterEach(() => instance.apiKeys.close());

const note = (message: string, details?: unknown): void => void log.push(message, JSON.stringify(details));
const fail = (): Promise<never> => Promise.reject(new ApiKeysError('unavailable'));

const verify = (
  given: VerifiableRequest,
  options: VerifyRequestOptions<Scope> = {},
): Promise<RequestVerdict> => instance.apiKeys.keys.verifyRequest(given, options);

/** What a verdict comes down to. */
const outcome = (verdict: RequestVerdict): string =>
  verdict.allowed ? `200 ${verdict.apiKey.via}` : `${verdict.status} ${verdict.code}`;

const outcomeOf = async (...args: Parameters<typeof verify>): Promise<string> =>
  outcome(await verify(...args));

async function issueToken(): Promise<string> {
  const app = express().use('/oauth', instance.apiKeys.tokenRouter());
  const { body } = await request(app)
    .post('/oauth/token')
    .set(basic(id, token.slice(-49, -6)))
    .type('form')
    .send({ grant_type: 'client_credentials' });
  return String((body as Record<string, unknown>)['access_token']);
}

describe('keys.verifyRequest finds the credential', () => {
  it.each<[string, () => VerifiableRequest]>([
    ['a Request', () => new Request('https://api.example/orders', { headers: { 'X-API-Key': token } })],
    ['Headers', () => ({ headers: new Headers({ authorization: `Bearer ${token}` }) })],
    ['a Map', () => ({ headers: new Map([['X-API-Key', token]]) })],
    ['raw lines', () => ({ headers: ['Host', 'x', 'X-API-Key', token] })],
    ['pairs', () => ({ headers: [['X-Api-Key', token]] })],
    ['an object', () => ({ headers: { 'x-api-key': token, cookie: undefined } })],
    ['lists of values', () => ({ headers: { 'X-API-Key': [token], 'set-cookie': ['a', 'b'] } })],
    ['headers and raw lines', () => ({ headers: { 'x-api-key': token }, rawHeaders: ['X-API-Key', token] })],
  ])('in %s', async (_form, given) => {
    const verdict = await verify(given(), { scopes: 'orders:read' });
    expect(verdict).toMatchObject({ allowed: true, apiKey: { id, ownerId: 'alice', via: 'key' } });
    expect(verdict.headers).toEqual({ 'Cache-Control': 'private', Vary: 'x-api-key, authorization' });
  });

  it('accepts access tokens, as Bearer only', async () => {
    const accessToken = await issueToken();
    expect(await outcomeOf({ headers: { authorization: `Bearer ${accessToken}` } })).toBe('200 token');
    expect(await outcomeOf({ headers: { 'x-api-key': accessToken } })).toBe('401 invalid_token');
  });

  it('reads credentialFrom of the call', async () => {
    const options = { credentialFrom: ['x-acme-key'] };
    expect(await outcomeOf({ headers: { 'x-acme-key': token } }, options)).toBe('200 key');
    expect(await outcomeOf({ headers: { 'x-api-key': token } }, options)).toBe('401 missing_credential');
  });

  it.each<[string, () => VerifiableRequest, string]>([
    ['nothing', () => ({ headers: {} }), '401 missing_credential'],
    ['a key in the query', () => ({ headers: {}, url: `/?api_key=${token}` }), '401 missing_credential'],
    [
      'two headers',
      () => ({ headers: { 'x-api-key': token, authorization: `Bearer ${token}` } }),
      '400 invalid_request',
    ],
    ['one header twice', () => ({ headers: { 'x-api-key': [token, token] } }), '400 invalid_request'],
    [
      'one header in two spellings',
      () => ({ headers: { 'x-api-key': token, 'X-API-KEY': token } }),
      '400 invalid_request',
    ],
    [
      'repeated raw lines',
      () => ({ headers: { 'x-api-key': token }, rawHeaders: ['X-API-Key', token, 'X-API-Key', token] }),
      '400 invalid_request',
    ],
    [
      'joined Authorization',
      () => ({
        headers: new Headers([
          ['authorization', `Bearer ${token}`],
          ['authorization', `Bearer ${token}`],
        ]),
      }),
      '400 invalid_request',
    ],
    [
      'joined keys',
      () => ({
        headers: new Headers([
          ['x-api-key', token],
          ['x-api-key', token],
        ]),
      }),
      '400 invalid_request',
    ],
    ['two hosts', () => ({ headers: ['Host', 'a', 'Host', 'b', 'X-API-Key', token] }), '400 invalid_request'],
    [
      'a thousand headers',
      () => ({ headers: ['X-API-Key', token, ...Array.from({ length: 1999 * 2 }, () => 'x')] }),
      '431 too_many_headers',
    ],
    ['a wrong key', () => ({ headers: { 'x-api-key': `${token}x` } }), '401 invalid_token'],
    [
      'odd bytes',
      () => ({
        headers: { 'x-api-key': '\u0000\ud800 ', __proto__: 'x' },
        url: '\ud800//%zz',
        method: '\r\n',
      }),
      '401 invalid_token',
    ],
  ])('and refuses %s', async (_what, given, expected) => {
    expect(await outcomeOf(given())).toBe(expected);
  });
});

describe('keys.verifyRequest decides as a guard', () => {
  it('returns the answer that a guard sends', async () => {
    const { apiKeys } = instance;
    const { token: limited } = await instance.key({
      rateLimits: [{ name: 'minute', limit: 1, windowSeconds: 60 }],
    });
    const app = express()
      .get('/write', apiKeys.requireApiKey('orders:write'))
      .get('/free', apiKeys.requireApiKey({ POST: 'orders:write' }))
      .get('/read', apiKeys.requireApiKey('orders:read'), (_req, res) => void res.json({}));
    const scopes = {
      '/write': 'orders:write',
      '/free': { POST: 'orders:write' },
      '/read': 'orders:read',
    } as const;
    const cases: readonly [keyof typeof scopes, Record<string, string>][] = [
      ['/write', {}],
      ['/write', { authorization: 'Bearer x' }],
      ['/write', { 'x-api-key': token }],
      ['/free', { 'x-api-key': token }],
      ['/read', { 'x-api-key': limited }],
      ['/read', { 'x-api-key': limited }],
    ];
    for (const [url, headers] of cases) {
      const sent = await request(app).get(url).set(headers);
      const verdict = await verify({ headers, method: 'GET', url }, { scopes: scopes[url] });
      if (verdict.allowed) throw new Error('allowed');
      if (sent.status === 200) continue;
      const response = new Response(verdict.body, verdict);
      expect([response.status, await response.json()]).toEqual([sent.status, sent.body]);
      for (const name of [
        'www-authenticate',
        'allow',
        'retry-after',
        'ratelimit-policy',
        'vary',
        'cache-control',
        'content-type',
      ]) {
        expect([name, response.headers.get(name)]).toEqual([name, sent.headers[name] ?? null]);
      }
    }
  });

  it('consumes limits and credits, and shows what is left', async () => {
    const { token: paying } = await instance.key({
      credits: { remaining: 5 },
      rateLimits: [{ name: 'minute', limit: 10, windowSeconds: 60 }],
    });
    const given = { headers: { 'x-api-key': paying } };
    const first = await verify(given, { cost: 3 });
    expect(first).toMatchObject({ allowed: true, rateLimits: [{ name: 'minute', remaining: 7 }] });
    expect(first.headers['RateLimit']).toMatch(/^"minute";r=7;t=/);
    expect(await verify(given, { cost: 3 })).toMatchObject({ status: 429, code: 'credits_exhausted' });
    expect(await outcomeOf(given, { cost: 0 })).toBe('200 key');
  });

  it('takes addresses and scopes by method into account', async () => {
    const { token: bound } = await instance.key({ ipAllowlist: ['203.0.113.0/24'] });
    const given = { headers: { 'x-api-key': bound }, method: 'GET' };
    const scopes = { GET: 'orders:read', POST: 'orders:write' } as const;
    expect(await outcomeOf(given, { address: '203.0.113.9', scopes })).toBe('200 key');
    expect(await outcomeOf(given, { address: '198.51.100.9' })).toBe('403 address_not_allowed');
    expect(
      await outcomeOf({ ...given, headers: { ...given.headers, 'x-forwarded-for': '203.0.113.9' } }),
    ).toBe('403 address_not_allowed');
    const own = { headers: { 'x-api-key': token } };
    expect(await outcomeOf({ ...own, method: 'POST' }, { scopes })).toBe('403 insufficient_scope');
    expect(await outcomeOf({ ...own, method: 'PUT' }, { scopes })).toBe('405 method_not_allowed');
  });

  it('limits failures of a network, and lets its valid keys through', async () => {
    const limited = createInstance({ store, failureBudget: { failures: 3, windowSeconds: 60 } });
    const other = createInstance({ store: memoryStore() });
    const use = async (key: string): Promise<string> =>
      outcome(
        await limited.apiKeys.keys.verifyRequest(
          { headers: { 'x-api-key': key } },
          { address: '203.0.113.9' },
        ),
      );
    const outcomes: string[] = [];
    for (let round = 0; round < 5; round += 1) outcomes.push(await use((await other.key()).token));
    expect(outcomes).toEqual([
      ...Array.from({ length: 3 }, () => '401 invalid_token'),
      ...Array.from({ length: 2 }, () => '429 too_many_failures'),
    ]);
    expect(await use(token)).toBe('200 key');
    await Promise.all([limited.apiKeys.close(), other.apiKeys.close()]);
  });

  it('refuses a revoked key in the next call', async () => {
    const given = { headers: { 'x-api-key': token } };
    expect(await outcomeOf(given)).toBe('200 key');
    await instance.apiKeys.keys.as(theApp).revoke({ id });
    expect(await verify(given)).toMatchObject({
      status: 401,
      code: 'key_revoked',
      keyId: id,
      ownerId: 'alice',
    });
  });

  it('marks a replaced secret', async () => {
    await instance.apiKeys.keys.as(theApp).rotate({ id, gracePeriodSeconds: 60 });
    const verdict = await verify({ headers: { 'x-api-key': token } });
    expect(verdict).toMatchObject({ allowed: true, deprecatedSecret: { endsAt: expect.any(Date) } });
    expect(Object.keys(verdict.headers)).toEqual(expect.arrayContaining(['Deprecation', 'Sunset']));
  });

  it('records refusals with method, route, address and request id, and no secret', async () => {
    const headers = { 'x-api-key': token, 'x-request-id': 'a1b2' };
    const url = `/orders/${token}?key=${token}`;
    await verify({ headers, method: 'GET', url }, { scopes: 'orders:write', address: '203.0.113.9' });
    await verify({ headers: {}, method: 'G\r\nET', url: 'nonsense' });
    await instance.apiKeys.close();
    const entries = await store.accessLog.list({ limit: 10 });
    expect(entries).toHaveLength(2);
    expect(entries).toContainEqual(
      expect.objectContaining({
        ...{ code: 'insufficient_scope', keyId: id, ownerId: 'alice', address: '203.0.113.9' },
        ...{ method: 'GET', route: '/orders/*', requestId: 'a1b2' },
      }),
    );
    expect(JSON.stringify(entries)).not.toContain(token);
  });

  it('returns 503 while the store does not respond, while it is not open, and after close()', async () => {
    isDown = true;
    const given = { headers: { 'x-api-key': token } };
    const verdict = await verify(given);
    expect(verdict).toMatchObject({
      allowed: false,
      code: 'unavailable',
      status: 503,
      headers: { 'Retry-After': '1' },
    });
    expect(JSON.parse((verdict as { body: string }).body)).toMatchObject({
      code: 'unavailable',
      status: 503,
    });
    const broken = createInstance({ store: { ...memoryStore(), open: fail } });
    expect(outcome(await broken.apiKeys.keys.verifyRequest(given))).toBe('503 unavailable');
    await broken.apiKeys.close();
    await instance.apiKeys.close();
    expect(await outcomeOf(given)).toBe('503 unavailable');
  });

  it('waits until the instance is ready', async () => {
    const later = createInstance({ store: memoryStore() });
    expect(outcome(await later.apiKeys.keys.verifyRequest({ headers: { 'x-api-key': token } }))).toBe(
      '401 invalid_token',
    );
    await later.apiKeys.close();
  });

  it('leaves the request as it was, also where guards hide credentials', async () => {
    const hiding = createInstance({ store, hideCredentials: true });
    const given = { headers: { 'x-api-key': token }, rawHeaders: ['X-API-Key', token] };
    const before = structuredClone(given);
    expect(outcome(await hiding.apiKeys.keys.verifyRequest(given))).toBe('200 key');
    expect(given).toEqual(before);
    await hiding.apiKeys.close();
  });
});

describe('keys.verifyRequest verifies signatures', () => {
  const url = 'https://api.example/orders?a=1&b=%20';
  const signed = { signed: 'required' } as const;

  async function createSigner(): Promise<Parameters<typeof signRequest>[1]> {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const key = await instance.apiKeys.keys
      .as(theApp)
      .create({ ownerId: 'alice', name: 'signer', scopes: ['orders:read'], publicKey: pemOf(publicKey) });
    return { keyId: key.id, privateKey, tag: 'acme' };
  }

  it('of RFC 9421 over a Request, once for one request, and leaves its body to be read', async () => {
    const body = '{"item":"book"}';
    const init = { method: 'POST', body };
    const headers = signRequest({ ...init, url }, await createSigner());
    const given = new Request(url, { ...init, headers });
    expect(await outcomeOf(given, { ...signed, scopes: 'orders:read' })).toBe('200 signature');
    // A second check of the same request is the same use of its signature.
    expect(await outcomeOf(given, signed)).toBe('200 signature');
    expect(await given.text()).toBe(body);
    expect(await outcomeOf(new Request(url, { ...init, headers }), signed)).toBe('401 signature_replayed');
  });

  it('refuses another method, target, host or body', async () => {
    const signer = await createSigner();
    const init = { method: 'POST', body: 'a' };
    const others: readonly [string, RequestInit][] = [
      [url, { ...init, method: 'PUT' }],
      ['https://api.example/orders', init],
      ['https://other.example/orders?a=1&b=%20', init],
      [url, { ...init, body: 'b' }],
      [url, { method: 'POST' }],
    ];
    for (const [target, changed] of others) {
      const headers = signRequest({ ...init, url }, signer);
      expect([target, await outcomeOf(new Request(target, { ...changed, headers }), signed)]).toEqual([
        target,
        '401 invalid_signature',
      ]);
    }
    const unsigned = signRequest({ method: 'POST', url }, signer);
    expect(await outcomeOf(new Request(url, { ...init, headers: unsigned }), signed)).toBe(
      '401 invalid_signature',
    );
  });

  it('with an HMAC, over raw lines, with the body as bytes or as a function', async () => {
    const { id: keyId, token: secret } = await instance.key({ signing: 'hmac' });
    const body = '{"item":"book"}';
    const bodies = [body, Buffer.from(body), () => body, () => Promise.resolve(Buffer.from(body))];
    for (const given of bodies) {
      const lines = signRequest({ method: 'POST', url, body }, { keyId, secret });
      const raw = Object.entries({ Host: 'api.example', 'Content-Length': '15', ...lines }).flat();
      const target = { headers: raw, method: 'POST', url: '/orders?a=1&b=%20' };
      expect(await outcomeOf(target, { ...signed, body: 'other' })).toBe('401 invalid_signature');
      expect(await outcomeOf(target, { ...signed, body: given })).toBe('200 signature');
    }
  });

  it('takes an object that says nothing of a body for one that may have one', async () => {
    const { id: keyId, token: secret } = await instance.key({ signing: 'hmac' });
    for (const [method, given, expected] of [
      ['POST', {}, '503 unavailable'],
      ['DELETE', {}, '503 unavailable'],
      ['POST', { body: '' }, '200 signature'],
      ['GET', {}, '200 signature'],
    ] as const) {
      const lines = signRequest({ method, url }, { keyId, secret });
      const object = { headers: { host: 'api.example', ...lines }, method, url: '/orders?a=1&b=%20' };
      expect([method, await outcomeOf(object, { ...signed, ...given })]).toEqual([method, expected]);
    }
  });

  it('answers 503 when the body is not there, tells the operator what to pass, and 413 when it is too long', async () => {
    const { id: keyId, token: secret } = await instance.key({ signing: 'hmac' });
    const lines = signRequest({ method: 'POST', url, body: 'a' }, { keyId, secret });
    const headers = { host: 'api.example', 'content-length': '1', ...lines };
    expect(await outcomeOf({ headers, method: 'POST', url }, signed)).toBe('503 unavailable');
    expect(log).toEqual([
      'api-keys: keys.verifyRequest answers 503',
      expect.stringContaining('Pass its bytes'),
    ]);
    const used = new Request(url, { method: 'POST', body: 'a', headers: lines });
    await used.text();
    expect(await outcomeOf(used, signed)).toBe('503 unavailable');
    const long = 'x'.repeat(1_048_577);
    expect(await outcomeOf({ headers, method: 'POST', url }, { ...signed, body: long })).toBe(
      '413 payload_too_large',
    );
    const stream = new Request(url, { method: 'POST', body: long, headers: lines });
    expect(await outcomeOf(stream, signed)).toBe('413 payload_too_large');
    expect(await stream.text()).toBe(long);
  });

  it('and does not accept a key where a signature is required', async () => {
    expect(await outcomeOf({ headers: { 'x-api-key': token } }, signed)).toBe('401 signature_required');
    expect(await outcomeOf({ headers: { 'x-api-key': token } }, { signed: 'accepted' })).toBe('200 key');
  });
});

describe('keys.verifyRequest throws for what the app has written', () => {
  const untyped = (...args: unknown[]): Promise<unknown> =>
    (
      instance.apiKeys.keys as never as { verifyRequest: (...all: unknown[]) => Promise<unknown> }
    ).verifyRequest(...args);
  const invalidOption = { code: 'ERR_API_KEYS_INVALID_OPTION' };

  it.each([
    undefined,
    null,
    'x',
    5,
    [],
    {},
    { headers: undefined },
    { headers: null },
    { headers: 'x' },
    { headers: ['x-api-key'] },
    { headers: [5] },
    { headers: [['a', {}]] },
    { headers: { 'x-api-key': {} } },
  ])('%j is no request', async (given) => {
    await expect(untyped(given)).rejects.toMatchObject(invalidOption);
  });

  it.each([
    undefined,
    null,
    'orders:read',
    { scope: 'orders:read' },
    { scopes: undefined },
    { scopes: [] },
    { scopes: 'orders:raed' },
    { feature: 'x' },
    { cost: -1 },
    { signed: 'yes' },
    { body: 5 },
    { key: 'x' },
    { credentialFrom: ['query'] },
  ])('%j are no options', async (options) => {
    await expect(untyped({ headers: { 'x-api-key': token } }, options)).rejects.toMatchObject(invalidOption);
  });

  it('scopes by method need a method, and signatures the option', async () => {
    const scopes = { GET: 'orders:read' } as const;
    await expect(verify({ headers: {} }, { scopes })).rejects.toThrow('need a request with a method');
    const plain = createInstance();
    await expect(plain.apiKeys.keys.verifyRequest({ headers: {} }, { signed: 'accepted' })).rejects.toThrow(
      'keys.verifyRequest: signed needs the option signatures',
    );
  });
});
