// @ts-check
// What a guard costs by itself, without Express around it: called with requests and responses as Express makes them.
//   node --expose-gc --max-semi-space-size=64 --min-semi-space-size=64 test/bench/guard-alone.mjs [windows]
// Run `npm run build` first; `node --cpu-prof` shows where the time goes.
import { mkdtempSync, rmSync } from 'node:fs';
import { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import { createApiKeys } from 'express-api-keys';
import { accessTokensFor } from './access-tokens.mjs';
import { credentialHeader } from './credential-header.mjs';
import { guardByHand } from './guard-by-hand.mjs';
import { pepper, prefix, scopes } from './seed-keys.mjs';
import { shuffled } from './shuffled.cjs';
import { median, percentile } from './statistics.cjs';

const windows = Number(process.argv[2] ?? 100);
const warmUpWindows = 20;
const requestsPerWindow = 250;
const scope = 'orders:read';
const folder = mkdtempSync(join(tmpdir(), 'api-keys-guard-alone-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

const apiKeys = createApiKeys({
  ...{ prefix, scopes, pepper, bcryptCost: 8, database: `file:${join(folder, 'keys.sqlite')}` },
  ...{ tokens: { issuer: 'http://127.0.0.1' }, logger: { warn() {}, error: console.error } },
});
await apiKeys.ready();
const application = apiKeys.keys.as({ kind: 'application' });
/** @type {string[]} */
const keys = [];
while (keys.length < 50) {
  const ownerId = `owner ${keys.length % 10}`;
  keys.push((await application.create({ ownerId, name: 'bench', scopes: [scope] })).key);
}
const tokens = await accessTokensFor(apiKeys, keys);

/** @type {Record<string, { guard: any, credentials: readonly string[], nanoseconds: number[], bytes: number[] }>} */
const variants = {
  'by-hand': { guard: guardByHand(keys, scope), credentials: keys, nanoseconds: [], bytes: [] },
  guard: {
    ...{ guard: apiKeys.requireApiKey(scope, { cacheHeaders: false }), credentials: keys },
    ...{ nanoseconds: [], bytes: [] },
  },
  'guard-headers': { guard: apiKeys.requireApiKey(scope), credentials: keys, nanoseconds: [], bytes: [] },
  'guard-token': {
    ...{ guard: apiKeys.requireApiKey(scope, { cacheHeaders: false }), credentials: tokens },
    ...{ nanoseconds: [], bytes: [] },
  },
};

const app = express();
const socket = { remoteAddress: '127.0.0.1', on() {}, removeListener() {} };

/** What Express and its router do to a request before they call the first handler of a route. @param {string} credential */
function makeRequest(credential) {
  const req = /** @type {any} */ (new IncomingMessage(/** @type {any} */ (socket)));
  Object.assign(req, { method: 'GET', url: '/orders', httpVersionMajor: 1, httpVersionMinor: 1 });
  const lines = [
    ...['Host', 'api.example.test', 'User-Agent', 'bench/1.0', 'Accept', 'application/json'],
    ...Object.entries(credentialHeader(credential)).flat(),
  ];
  req._addHeaderLines(lines, lines.length);
  const res = /** @type {any} */ (new ServerResponse(req));
  req.res = res;
  res.req = req;
  Object.setPrototypeOf(req, app.request);
  Object.setPrototypeOf(res, app.response);
  res.locals = Object.create(null);
  req.next = next;
  req.baseUrl = '';
  req.originalUrl = req.url;
  req._parsedUrl = {};
  req.route = app;
  req.params = {};
  // The router reads it.
  void req.method;
  return { req, res };
}

let passed = 0;
function next() {
  passed += 1;
}

for (let window = 0; window < warmUpWindows + windows; window += 1) {
  for (const [name, { guard, credentials, nanoseconds, bytes }] of shuffled(
    Object.entries(variants),
    Math.random,
  )) {
    const requests = Array.from({ length: requestsPerWindow }, (_, index) =>
      makeRequest(credentials[index % credentials.length] ?? ''),
    );
    globalThis.gc?.({ type: 'minor' });
    passed = 0;
    const before = process.memoryUsage().heapUsed;
    const started = process.hrtime.bigint();
    for (const { req, res } of requests) guard(req, res, next);
    const took = Number(process.hrtime.bigint() - started);
    const allocated = process.memoryUsage().heapUsed - before;
    if (passed < requestsPerWindow && window > 0) throw new Error(`${name} let in ${passed} requests`);
    if (window >= warmUpWindows) {
      nanoseconds.push(took / requestsPerWindow);
      bytes.push(allocated / requestsPerWindow);
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const figures = Object.entries(variants).map(([name, { nanoseconds, bytes }]) => ({
  name,
  low: percentile(nanoseconds, 0.05),
  quarter: percentile(nanoseconds, 0.25),
  bytes: median(bytes),
}));
const [hand] = figures;
for (const { name, low, quarter, bytes } of figures) {
  if (hand === undefined) break;
  const ratios = [low / hand.low, quarter / hand.quarter, bytes / hand.bytes];
  console.log(
    `${name.padEnd(14)} ${low.toFixed(0)} ns, ${ratios.map((ratio) => ratio.toFixed(2)).join(' / ')} x by hand ` +
      `(5th percentile / 25th percentile / bytes: ${bytes.toFixed(0)})`,
  );
}
await apiKeys.close();
