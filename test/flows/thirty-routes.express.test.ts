import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Express } from 'express';
import request from 'supertest';
import { createShop as createShopAfter } from './thirty-routes/shop-after.js';
import { createShop as createShopBefore } from './thirty-routes/shop-before.js';

interface Call {
  readonly method: 'get' | 'post' | 'put' | 'delete';
  readonly path: string;
  readonly status: number;
  readonly body?: object;
}

/** Every route of the shop, in an order in which each call finds what it needs. */
const calls: readonly Call[] = [
  { method: 'get', path: '/api/products', status: 200 },
  { method: 'get', path: '/api/products/search?q=green', status: 200 },
  { method: 'get', path: '/api/products/1', status: 200 },
  { method: 'post', path: '/api/products', status: 201, body: { name: 'White tea', price: 600, stock: 9 } },
  { method: 'put', path: '/api/products/1', status: 200, body: { stock: 11 } },
  { method: 'delete', path: '/api/products/2', status: 204 },
  { method: 'get', path: '/api/orders', status: 200 },
  { method: 'get', path: '/api/orders/1', status: 200 },
  { method: 'get', path: '/api/orders/1/notes', status: 200 },
  { method: 'post', path: '/api/orders', status: 201, body: { product: 1, quantity: 3 } },
  { method: 'post', path: '/api/orders/1/notes', status: 201, body: { text: 'Ring twice.' } },
  { method: 'post', path: '/api/orders/1/cancel', status: 200 },
  { method: 'get', path: '/api/customers?city=London', status: 200 },
  { method: 'get', path: '/api/customers/1', status: 200 },
  { method: 'post', path: '/api/customers', status: 201, body: { name: 'Grace', city: 'New York' } },
  { method: 'put', path: '/api/customers/1', status: 200, body: { city: 'Ockham' } },
  { method: 'delete', path: '/api/customers/1', status: 204 },
  { method: 'post', path: '/api/carts', status: 201 },
  { method: 'get', path: '/api/carts/1', status: 200 },
  { method: 'put', path: '/api/carts/1/lines', status: 200, body: [{ product: 1, quantity: 4 }] },
  { method: 'post', path: '/api/carts/1/checkout', status: 202 },
  { method: 'delete', path: '/api/carts/2', status: 204 },
  { method: 'get', path: '/api/reviews', status: 200 },
  { method: 'get', path: '/api/reviews/average', status: 200 },
  { method: 'post', path: '/api/reviews', status: 201, body: { product: 1, stars: 3, text: 'Fine.' } },
  { method: 'delete', path: '/api/reviews/1', status: 204 },
  { method: 'get', path: '/api/reports/sales.csv', status: 200 },
  { method: 'get', path: '/api/reports/stock', status: 200 },
  { method: 'get', path: '/api/reports/logo', status: 302 },
  { method: 'get', path: '/api/reports/broken', status: 500 },
];

function send(app: Express, { method, path, body }: Call): request.Test {
  const sent = request(app)[method](path);
  return body === undefined ? sent : sent.send(body);
}

function linesOf(name: string): string[] {
  return readFileSync(join(__dirname, 'thirty-routes', `${name}.ts`), 'utf8').split('\n');
}

/** What a file has more than another; throws when it does not hold the other one's lines, in their order. */
function linesAdded(before: readonly string[], after: readonly string[]): string[] {
  const rest = [...before];
  const added = after.filter((line) => {
    if (line !== rest[0]) return true;
    rest.shift();
    return false;
  });
  if (rest.length > 0) throw new Error(`changed or gone: ${rest[0]}`);
  return added;
}

describe('an app with thirty routes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'express-api-keys-shop-'));
  const database = `file:${join(folder, 'keys.db')}`;
  const before = createShopBefore({ database });
  const after = createShopAfter({ database });
  const keys = { reader: '', writer: '' };

  beforeAll(async () => {
    const browser = request.agent(after).set('Sec-Fetch-Site', 'same-origin');
    await browser.post('/login').send({ name: 'ada', password: 'correct horse' }).expect(200);
    // The five lines do not wait for the database: requests that come before it is open are answered that they should be retried.
    while ((await browser.get('/keys/keys')).status === 503) await setTimeout(10);
    const make = async (name: string, scopes: string[]): Promise<string> =>
      (await browser.post('/keys/keys').send({ name, scopes }).expect(201)).body.key;
    keys.reader = await make('reader', ['api:read']);
    keys.writer = await make('writer', ['api:read', 'api:edit']);
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('is protected by adding at most five lines', () => {
    const added = linesAdded(linesOf('shop-before'), linesOf('shop-after'));
    expect(added.length).toBeGreaterThan(0);
    expect(added.length).toBeLessThanOrEqual(5);
    expect(() => linesAdded(['a', 'b'], ['a', 'c'])).toThrow('changed or gone: b');
  });

  it('has thirty routes, each called once', () => {
    expect(new Set(calls.map(({ method, path }) => `${method} ${path}`)).size).toBe(30);
  });

  it.each(calls)('refuses $method $path without a key', async (call) => {
    const { headers } = await send(after, call)
      .expect(401)
      .expect('Content-Type', /^application\/problem\+json/)
      .expect(({ body: problem }) => expect(problem.code).toBe('missing_credential'));
    expect(headers['www-authenticate']).toMatch(/^Bearer /);
  });

  it.each(calls.filter(({ method }) => method !== 'get'))(
    'refuses $method $path with a key that may only read',
    async (call) => {
      const { body: problem } = await send(after, call).set('X-API-Key', keys.reader).expect(403);
      expect(problem).toMatchObject({ code: 'insufficient_scope', missingScopes: ['api:edit'] });
    },
  );

  it.each(calls)('answers $method $path with a key as it did before', async (call) => {
    const expected = await send(before, call).expect(call.status);
    const answer = await send(after, call).set('X-API-Key', keys.writer).expect(call.status);
    expect(answer.text).toBe(expected.text);
    const own = ['content-type', 'content-length', 'etag', 'location', 'x-powered-by'];
    for (const name of own) expect([name, answer.headers[name]]).toEqual([name, expected.headers[name]]);
    if (expected.headers['cache-control'] !== undefined) {
      expect(answer.headers['cache-control']).toBe(expected.headers['cache-control']);
    }
  });

  it('leaves all else as it was: open pages, the sign-in, unknown paths', async () => {
    for (const app of [before, after]) {
      await request(app).get('/').expect(200, 'A shop on file:');
      await request(app).post('/login').send({ password: 'wrong' }).expect(401, { error: 'wrong password' });
      await request(app).get('/nowhere').expect(404);
    }
  });
});
