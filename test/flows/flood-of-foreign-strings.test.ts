import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { hashSync } from 'bcryptjs';
import express from 'express';
import type { TestInstance } from '../harness/instance.js';
import { openPlace, type Place, type PlaceName } from '../harness/open-place.js';
import { theApp } from '../harness/the-app.js';

jest.setTimeout(600_000);

const format = {
  name: 'home-made',
  pattern: /^sk_[0-9a-f]{8}_[A-Za-z0-9_-]{20,100}$/,
  hash: 'bcrypt',
  idOf: (key: string) => key.slice(3, 11),
} as const;

const makeVisiblePart = (): string => randomBytes(4).toString('hex');
const makeString = (visiblePart: string): string =>
  `sk_${visiblePart}_${randomBytes(18).toString('base64url')}`;

/** One wrong string for a key is compared in a minute, for each network. */
const countMinutes = (since: number): number => Math.ceil((performance.now() - since) / 60_000);

const keyCount = 40;

let place: Place;
let instance: TestInstance;
let server: Server;
/** Each can be compared once: they were imported with slow hashes, and nobody has used them since. */
let candidates: readonly { visiblePart: string; key: string }[];

async function start(name: PlaceName): Promise<void> {
  place = await openPlace(name);
  instance = place.make({ foreignFormats: [format], clock: { now: () => Date.now() } });
  const { apiKeys } = instance;
  await apiKeys.ready();
  candidates = Array.from({ length: keyCount }, makeVisiblePart).map((visiblePart) => ({
    visiblePart,
    key: makeString(visiblePart),
  }));
  const rows = candidates.map(({ visiblePart, key }) => ({
    ...{ hash: hashSync(key, 4), visiblePart, ownerId: 'alice', name: visiblePart },
    scopes: ['orders:read'] as const,
  }));
  const report = await apiKeys.keys.as(theApp).import({ format: format.name, rows });
  expect(report).toMatchObject({ imported: keyCount, problems: [] });
  const app = express().set('trust proxy', 'loopback');
  app.get('/orders', apiKeys.requireApiKey('orders:read'), (_req, res) => void res.json({}));
  server = createServer({ keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 }, app);
  // Server and clients share a busy event loop: no connection is closed because it has stood still.
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
}

afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await instance.apiKeys.close();
  await place.remove();
});

interface Sent {
  readonly key: string;
  readonly network: string;
}

/**
 * Sends requests one behind the other on a few connections, without a pause.
 *
 * @returns the status of each
 */
async function send(count: number, makeRequest: (index: number) => Sent): Promise<readonly number[]> {
  const { port } = server.address() as AddressInfo;
  const statuses: number[] = [];
  const connections = Math.min(20, count);
  const atOnce = 10;
  async function sendOn(first: number): Promise<void> {
    const socket = connect(port, '127.0.0.1').setEncoding('latin1');
    // While an answer is awaited, an error fails the test; afterwards the server may close in whatever way.
    socket.on('error', () => undefined);
    let buffered = '';
    for (let from = first; from < count; from += connections * atOnce) {
      const steps = Array.from({ length: atOnce }, (_, step) => from + step * connections);
      // A connection answers in the order in which it was asked.
      const waiting = steps.filter((index) => index < count);
      socket.write(waiting.map((index) => writeRequest(makeRequest(index))).join(''));
      while (waiting.length > 0) {
        const [chunk] = (await once(socket, 'data')) as [string];
        buffered += chunk;
        for (const [, status] of buffered.matchAll(/HTTP\/1\.1 (\d{3}) /g)) {
          statuses[waiting.shift() ?? -1] = Number(status);
        }
        buffered = buffered.slice(buffered.lastIndexOf('\r\n'));
      }
    }
    socket.end();
  }
  await Promise.all(Array.from({ length: connections }, (_, first) => sendOn(first)));
  return statuses;
}

const writeRequest = ({ key, network }: Sent): string =>
  `GET /orders HTTP/1.1\r\nHost: api\r\nX-API-Key: ${key}\r\nX-Forwarded-For: ${network}\r\n\r\n`;

const countOf = (statuses: readonly number[], status: number): number =>
  statuses.filter((each) => each === status).length;

/** 401 without being known, or after it was compared; 429 without that; 503 when neither was possible in time. */
const refusals = [401, 429, 503];

const pick = (index: number) => candidates[index % keyCount]!;

/** The right keys are let in from everywhere else, as if nothing else had been sent. */
async function expectLetIn(): Promise<void> {
  for (let index = 0; index < keyCount; index += 1) {
    let status = 503;
    // Where a machine is busy, a client is asked to come again.
    for (let attempt = 1; status === 503 && attempt <= 20; attempt += 1) {
      [status = 0] = await send(1, () => ({ key: pick(index).key, network: `198.51.100.${index}` }));
    }
    expect(status).toBe(200);
  }
}

describe.each<[PlaceName, number]>([
  ['SQLite', 100_000],
  ['PostgreSQL and Redis', 20_000],
])('strings of the pattern of imported keys, on %s', (name, count) => {
  it(`${count} of one network cost a slow hash for each key that they could be, and lock nobody out`, async () => {
    await start(name);
    const since = performance.now();
    const namesKey = (index: number): boolean => index % 4 === 0;
    const statuses = await send(count, (index) => ({
      key: makeString(namesKey(index) ? pick(index / 4).visiblePart : makeVisiblePart()),
      network: '203.0.113.9',
    }));
    expect(statuses).toHaveLength(count);
    expect(statuses.filter((status) => !refusals.includes(status))).toEqual([]);
    const compared = countOf(
      statuses.filter((_, index) => namesKey(index)),
      401,
    );
    expect(compared).toBeGreaterThan(0);
    expect(compared).toBeLessThanOrEqual(keyCount * countMinutes(since));
    await expectLetIn();
  });
});

it('strings of a thousand networks cost a few slow hashes for each key that they could be', async () => {
  await start('a store in memory');
  const since = performance.now();
  const statuses = await send(20_000, (index) => ({
    key: makeString(pick(index).visiblePart),
    network: `10.0.${index % 4}.${(index >> 2) % 250}`,
  }));
  expect(statuses.filter((status) => !refusals.includes(status))).toEqual([]);
  expect(countOf(statuses, 401)).toBeGreaterThan(0);
  expect(countOf(statuses, 401)).toBeLessThanOrEqual(10 * keyCount * countMinutes(since));
});
