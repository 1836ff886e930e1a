import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { deltadefiRouter, deribitRouter, nebulaRouter, yativoRouter } from '../../lib/dialects/index.js';
import { createInstance, type TestInstance } from '../harness/instance.js';
import { bytesOf, exchange, type RawAnswer, type RawRequest } from './raw-http.js';

/** Largest answer to somebody who is not known, head and body, in bytes. */
const maxAnswerBytes = 4096;
/** How much more processor time a request may take than reading the same bytes and parsing them. */
const maxTimesControl = 8;

let instance: TestInstance;
let server: Server;
let port: number;

const verifyAccessToken = (): null => null;

beforeAll(async () => {
  instance = createInstance({ signatures: {}, tokens: { issuer: 'http://127.0.0.1' } });
  const { apiKeys } = instance;
  await apiKeys.ready();
  const app = express();
  app.all('/orders', apiKeys.requireApiKey('orders:read'), (_req, res) => void res.end());
  app.all(
    '/signed',
    apiKeys.requireApiKey('orders:read', { signed: 'required' }),
    (_req, res) => void res.end(),
  );
  app.use('/api-keys', apiKeys.adminRouter({ authorize: () => null }));
  app.use('/oauth', apiKeys.tokenRouter());
  app.use(apiKeys.wellKnownRouter());
  app.use('/deribit', deribitRouter(apiKeys, { verifyAccessToken, scopeMap: {} }));
  app.use('/yativo', yativoRouter(apiKeys, { verifyAccessToken, scopeMap: {} }));
  app.use('/nebula', nebulaRouter(apiKeys, { verifyAccessToken, login: () => null }));
  app.use('/deltadefi', deltadefiRouter(apiKeys, { verifyAccessToken, signIn: () => null }));
  app.all('/control', express.raw({ type: () => true, limit: '2mb' }), (req, res) => {
    const text = Buffer.isBuffer(req.body) ? req.body.toString() : '';
    const read = [...new URLSearchParams(text)].length;
    try {
      res.json(typeof JSON.parse(text) + read);
    } catch {
      res.json(read);
    }
  });
  server = createServer(app);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await instance.apiKeys.close();
});

/** Where somebody who is not known may send something, with the name of a field that is read there. */
const endpoints: readonly (readonly [method: string, path: string, field: string])[] = [
  ['POST', '/orders', 'x'],
  ['POST', '/signed', 'x'],
  ['POST', '/api-keys/keys', 'name'],
  ['PATCH', '/api-keys/keys/abc', 'name'],
  ['POST', '/api-keys/self/revoke', 'reason'],
  ['GET', '/api-keys/keys', 'limit'],
  ['GET', '/api-keys/nowhere', 'x'],
  ['POST', '/oauth/token', 'client_id'],
  ['POST', '/oauth/introspect', 'client_secret'],
  ['POST', '/oauth/revoke', 'client_assertion'],
  ['POST', '/oauth/nowhere', 'x'],
  ['POST', '/deribit', 'id'],
  ['POST', '/deribit/public/auth', 'method'],
  ['POST', '/deribit/public/nothing', 'params'],
  ['GET', '/deribit/public/auth', 'grant_type'],
  ['POST', '/deribit/private/create_api_key', 'id'],
  ['POST', '/yativo/auth/token', 'api_key'],
  ['POST', '/yativo/apikey/token', 'api_secret'],
  ['POST', '/yativo/apikey/generate', 'name'],
  ['POST', '/nebula/login', 'username'],
  ['POST', '/nebula/api-keys', 'name'],
  ['POST', '/deltadefi/accounts/signin', 'wallet_address'],
  ['POST', '/deltadefi/accounts/new-api-key', 'x'],
];

const repeat = (count: number, each: (index: number) => string, separator: string): string =>
  Array.from({ length: count }, (_, index) => each(index)).join(separator);
const named = (count: number, name: (index: number) => string): string =>
  `{${repeat(count, (index) => `"${name(index)}":1`, ',')}}`;

/** Texts of bodies that make readers work, in the field that they know and in others. */
const bodiesFor = (field: string): Readonly<Record<string, string>> => ({
  'unknown names, 25 KB': named(2_000, (index) => `unknown_${index}`),
  'short unknown names, 25 KB': named(4_500, (index) => index.toString(36)),
  'a few hundred names': named(400, (index) => `name_${index}`),
  'names of 500 characters': named(45, (index) => `${'n'.repeat(500)}${index}`),
  'a name of 25 KB': `{"${'n'.repeat(25_000)}":1}`,
  'names with escapes': named(2_000, (index) => `\\u0000\\ud800${index}`),
  'names of prototypes': '{"__proto__":{"a":1},"constructor":1,"toString":2,"hasOwnProperty":3}',
  'deep lists': `{"${field}":${'['.repeat(12_000)}${']'.repeat(12_000)}}`,
  'deep objects': `${`{"${field}":`.repeat(2_500)}1${'}'.repeat(2_500)}`,
  'a list of calls': `[${repeat(500, (index) => `{"id":${index},"method":"public/auth"}`, ',')}]`,
  'a list of names': `{"${field}":[${repeat(5_000, (index) => `"${index}"`, ',')}]}`,
  'a long value': `{"${field}":"${'v'.repeat(30_000)}"}`,
  'a number for a text': `{"${field}":${'9'.repeat(5_000)}}`,
  'nothing but commas': `{${','.repeat(25_000)}}`,
  'open quotes': '"\\'.repeat(12_000),
  'many parameters': repeat(5_000, (index) => `p${index}=1`, '&'),
  'long parameters': `${field}=${'v'.repeat(30_000)}&${'n'.repeat(1_000)}=1`,
  'one parameter again and again': repeat(2_000, () => `${field}=1`, '&'),
  brackets: repeat(90, (index) => `${field}[${index}]=${'v'.repeat(200)}`, '&'),
  'percent signs': '%'.repeat(25_000),
  '1 MB of names': named(80_000, (index) => `unknown_${index}`),
});

const json = 'Content-Type: application/json';
const form = 'Content-Type: application/x-www-form-urlencoded';

const long = 'a'.repeat(12_000);
const headerLines: readonly (readonly string[])[] = [
  [`X-Api-Key: ${long}`],
  [`Authorization: Bearer ${long}`],
  [`Authorization: Bearer acme_live_${long}`],
  [`Authorization: Bearer eyJ${long}.${long.slice(0, 1000)}.abc`],
  [`Authorization: Basic ${Buffer.from(`${long.slice(0, 4000)}:${long.slice(0, 4000)}`).toString('base64')}`],
  [`Authorization: hmac-sha256 ${repeat(1_500, (index) => `k${index}=1`, ',')}`],
  [`Authorization: hmac-sha256 id=a,ts=1,sig=${long},nonce=b`],
  [`Authorization: deri-hmac-sha256 ${repeat(1_500, (index) => `k${index}=1`, ',')}`],
  [`Authorization: deri-hmac-sha256 id=a,ts=1,sig=${long},nonce=b`],
  [`Signature-Input: sig=(${'"@method" '.repeat(800)});tag="acme"`, 'Signature: sig=:YQ==:'],
  [`Signature-Input: ${repeat(1_400, (index) => `s${index}=1`, ',')}`],
  [`Signature-Input: sig=()${repeat(900, (index) => `;p${index}=1`, '')};tag="acme"`],
  [`Content-Digest: ${repeat(1_400, (index) => `s${index}=1`, ',')}`],
  [`Idempotency-Key: "${'\\"'.repeat(5_000)}"`, `If-Match: ${'"a",'.repeat(2_500)}`],
  [`X-Forwarded-For: ${'1.2.3.4, '.repeat(1_200)}`, `X-Request-Id: ${long.slice(0, 3000)}`],
  [`Cookie: ${long}`, `Origin: http://${long.slice(0, 3000)}`],
  [`Content-Encoding: ${long}`],
  [`Content-Type: ${' '.repeat(6_000)}${'application/json;'.repeat(300)}`],
];

const send = (request: RawRequest): Promise<RawAnswer> => exchange(port, bytesOf(request));

interface Hostile {
  readonly what: string;
  readonly request: RawRequest;
}

/** All that is sent to one endpoint. */
function requestsTo([method, path, field]: (typeof endpoints)[number]): readonly Hostile[] {
  const bodies = Object.entries(bodiesFor(field));
  const queries = [
    ['many parameters', repeat(1_500, (index) => `p${index}=1`, '&')],
    ['a few parameters', repeat(19, (index) => `parameter_${index}=1`, '&')],
    ['a long name', `${'n'.repeat(12_000)}=1`],
    ['a long value', `${field}=${'v'.repeat(12_000)}`],
    ['percent signs', '%'.repeat(5_000)],
  ] as const;
  return [
    ...(method === 'GET'
      ? []
      : bodies.flatMap(([name, body]) =>
          [json, form].map((type) => ({
            what: `${name}, ${type}`,
            request: { method, target: path, lines: [type], body },
          })),
        )),
    ...queries.map(([name, query]) => ({
      what: `query: ${name}`,
      request: {
        method,
        target: `${path}?${query}`,
        ...(method === 'GET' ? {} : { lines: [json], body: '{}' }),
      },
    })),
    ...headerLines.map((lines) => ({
      what: `header: ${lines.join(' ').slice(0, 40)}`,
      request: { method, target: path, lines: [...lines, json], ...(method === 'GET' ? {} : { body: '{}' }) },
    })),
  ];
}

/** Processor time of one request, in microseconds: the least of some, since others only had more to do beside it. */
async function processorTime(request: RawRequest): Promise<number> {
  let least = Infinity;
  for (let round = 0; round < 3; round += 1) {
    const before = process.cpuUsage();
    await send(request);
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, user + system);
  }
  return least;
}

describe('what is sent by somebody who is not known', () => {
  it.each(endpoints)('P17: %s %s gets a short answer that repeats little', async (...endpoint) => {
    const wrong: string[] = [];
    for (const { what, request } of requestsTo(endpoint)) {
      const { status, text } = await send(request);
      if (status >= 500 || text.length > maxAnswerBytes)
        wrong.push(`${what}: ${status}, ${text.length} bytes`);
    }
    expect(wrong).toEqual([]);
  });

  it.each(endpoints)('P17: %s %s costs little more than reading what was sent', async (...endpoint) => {
    const costly: string[] = [];
    for (const { what, request } of requestsTo(endpoint)) {
      let ratio = Infinity;
      // What was slow for another reason is not slow each time.
      for (let attempt = 0; attempt < 3 && ratio > maxTimesControl; attempt += 1) {
        const own = await processorTime(request);
        const control = await processorTime({ ...request, target: '/control' });
        ratio = Math.min(ratio, own / Math.max(control, 1_000));
      }
      if (ratio > maxTimesControl) costly.push(`${what}: ${ratio.toFixed(1)} times`);
    }
    expect(costly).toEqual([]);
  });
});
