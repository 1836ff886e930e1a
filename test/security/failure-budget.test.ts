import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import pg from 'pg';
import { createRandomSource } from '../../lib/crypto/random-source.js';
import { createKeyFormat } from '../../lib/domain/key-format.js';
import { createApiKeys, InvalidOptionError, type ApiKeys } from '../../lib/index.js';
import type { KeyStore } from '../../lib/store/index.js';
import { postgresStore } from '../../lib/sql/postgres/postgres-store.js';
import { memoryStore } from '../../lib/testing/index.js';
import { FailureBudget } from '../../lib/verify/failure-budget.js';
import { testPepper } from '../harness/instance.js';
import { watchMachine } from '../harness/machine-watch.js';
import { theApp } from '../harness/the-app.js';

const machine = watchMachine();

jest.setTimeout(180_000);

const connection = process.env['TEST_DATABASE_URL'] ?? '';
const random = createRandomSource();
const format = createKeyFormat('acme', 'live');
const failures = 20;

/** A token that looks like a key in every way, and is none. */
const guess = (id = random.base62(16)): string => format.compose(id, random.base62(43));
const inOneNetwork = (): string => `2001:db8:1:2:${randomBytes(8).toString('hex').match(/.{4}/g)?.join(':')}`;

interface Protected {
  readonly apiKeys: ApiKeys<'orders:read'>;
  readonly reads: { find: number; existing: number };
  /** Sends a request from an address. */
  send(token: string, address: string): Promise<{ status: number; retryAfter: string | undefined }>;
  key(): Promise<string>;
  close(): Promise<void>;
}

const schemas: string[] = [];
const running: Protected[] = [];
afterEach(async () => {
  for (const app of running.splice(0)) await app.close();
});
afterAll(async () => {
  const client = new pg.Client({ connectionString: connection });
  await client.connect();
  for (const schema of schemas) await client.query(`drop schema if exists ${schema} cascade`);
  await client.end();
});

/** An app behind one proxy, on a PostgreSQL whose reads are counted. */
async function start(budget: { failures: number; windowSeconds: number }): Promise<Protected> {
  const schema = `budget_${randomBytes(8).toString('hex')}`;
  schemas.push(schema);
  // The flood comes from this very process, on a machine that runs other tests beside: what is slow is not wrong here.
  const patience = { deadlineMs: 20_000, readDeadlineMs: 20_000 };
  const inner = postgresStore({ connection, schema, logger: console, ...patience });
  const reads = { find: 0, existing: 0 };
  const store = new Proxy(inner, {
    get(target, name: keyof KeyStore) {
      if (name === 'find' || name === 'existing') reads[name] += counting ? 1 : 0;
      const value = target[name] as unknown;
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  let counting = false;
  const apiKeys = createApiKeys({
    prefix: 'acme',
    scopes: { 'orders:read': 'Read orders' },
    pepper: testPepper,
    bcryptCost: 8,
    failureBudget: budget,
    cache: { leaseSeconds: 60 },
    store,
  });
  await apiKeys.ready();
  const app = express();
  app.set('trust proxy', 1);
  app.get('/orders', apiKeys.requireApiKey('orders:read'), (_req, res) => void res.json([]));
  const server: Server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true, maxSockets: 600 });
  counting = true;
  const started: Protected = {
    apiKeys,
    reads,
    send: (token, address) =>
      new Promise((resolve, reject) => {
        const headers = { 'X-Api-Key': token, 'X-Forwarded-For': address };
        const sent = httpRequest({ port, host: '127.0.0.1', path: '/orders', agent, headers }, (answer) => {
          answer
            .resume()
            .once('end', () =>
              resolve({ status: answer.statusCode ?? 0, retryAfter: answer.headers['retry-after'] }),
            );
        });
        sent.once('error', reject).end();
      }),
    async key() {
      const { key } = await apiKeys.keys
        .as(theApp)
        .create({ ownerId: 'alice', name: 'k', scopes: ['orders:read'] });
      return key;
    },
    async close() {
      agent.destroy();
      server.close();
      server.closeAllConnections();
      await apiKeys.close();
      await inner.close();
    },
  };
  running.push(started);
  return started;
}

/** How many answers there were of each status. */
function tally(answers: readonly { status: number }[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

describe('failureBudget', () => {
  it('R45 10,000 invalid keys from one /64 cost few reads, and valid keys are accepted meanwhile', async () => {
    const app = await start({ failures, windowSeconds: 3600 });
    const rightKeys = await Promise.all(Array.from({ length: 12 }, () => app.key()));
    app.reads.find = 0;
    const [duringFlood, elsewhere, wrongElsewhere] = [[], [], []] as { status: number }[][];

    const startedAt = performance.now();
    const flood: { status: number; retryAfter: string | undefined }[] = [];
    let left = 10_000;
    let areOthersServed = false;
    const attacker = async (): Promise<void> => {
      // However slow the machine is, the flood lasts as long as there are others.
      while (left > 0 || !areOthersServed) {
        left -= 1;
        flood.push(await app.send(guess(), inOneNetwork()));
      }
    };
    const attackers = Array.from({ length: 200 }, attacker);
    for (const [index, key] of rightKeys.entries()) {
      // Keys that were never seen in this process: half of them from the network of the flood.
      const isInside = index % 2 === 0;
      const answer = await app.send(key, isInside ? inOneNetwork() : `198.51.100.${index}`);
      (isInside ? duringFlood : elsewhere)?.push(answer);
      wrongElsewhere?.push(await app.send(guess(), `203.0.113.${index}`));
    }
    areOthersServed = true;
    await Promise.all(attackers);
    const seconds = (performance.now() - startedAt) / 1000;

    expect(flood.length).toBeGreaterThanOrEqual(10_000);
    expect(tally(duringFlood ?? [])).toEqual({ 200: 6 });
    expect(tally(elsewhere ?? [])).toEqual({ 200: 6 });
    expect(tally(wrongElsewhere ?? [])).toEqual({ 401: 12 });
    expect(tally(flood)).toEqual({ 401: failures, 429: flood.length - failures });
    const { retryAfter } = flood.at(-1) ?? {};
    expect(Number(retryAfter)).toBeGreaterThan(3000);
    expect(Number(retryAfter)).toBeLessThanOrEqual(3600);
    // One for each try within the budget, and for each request that was not of the flood.
    expect(app.reads.find).toBeLessThanOrEqual(failures + 24);
    expect(app.reads.existing).toBeLessThanOrEqual(Math.ceil(seconds / 0.25) + 10);
    expect(app.reads.existing).toBeGreaterThan(0);
  });

  it('R45 malformed and mistyped keys count too, and cost no read at all', async () => {
    const app = await start({ failures: 3, windowSeconds: 3600 });
    const token = await app.key();
    app.reads.find = 0;
    const wrong = ['junk', token.slice(0, -1), `${token.slice(0, -1)}!`, guess().replace(/.$/, '_')];
    const answers = [];
    for (const each of wrong) answers.push(await app.send(each, '192.0.2.1'));
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 429]);
    expect(app.reads).toEqual({ find: 0, existing: 0 });
    // A right id does not help: the secret is wrong. The key itself works on.
    expect((await app.send(guess(format.parse(token)?.id), '192.0.2.1')).status).toBe(429);
    expect((await app.send(token, '192.0.2.1')).status).toBe(200);
  });

  it('R45 a window ends, and later failures have not extended it', async () => {
    const app = await start({ failures: 2, windowSeconds: 2 });
    const startedAt = performance.now();
    const statuses: number[] = [];
    while (statuses.length < 3 || statuses.at(-1) === 429) {
      statuses.push((await app.send(guess(), '192.0.2.7')).status);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(statuses.slice(0, 3)).toEqual([401, 401, 429]);
    expect(performance.now() - startedAt).toBeGreaterThan(1_900);
    await machine.expectWithin(20_000, performance.now() - startedAt);
  });

  it('R49 256 addresses of one /64 share a bucket, two IPv4 clients have two, mapped ones are IPv4', async () => {
    const app = await start({ failures: 10, windowSeconds: 3600 });
    const all = await Promise.all(Array.from({ length: 256 }, () => app.send('junk', inOneNetwork())));
    expect(tally(all)).toEqual({ 401: 10, 429: 246 });
    expect((await app.send('junk', '2001:db8:1:3::1')).status).toBe(401);

    const from = (address: string, times: number) =>
      Promise.all(Array.from({ length: times }, () => app.send('junk', address)));
    expect(tally(await from('198.51.100.1', 11))).toEqual({ 401: 10, 429: 1 });
    expect(tally(await from('198.51.100.2', 10))).toEqual({ 401: 10 });
    for (const mapped of ['::ffff:198.51.100.1', '::FFFF:c633:6401', '0:0:0:0:0:ffff:198.51.100.1']) {
      expect([mapped, (await app.send('junk', mapped)).status]).toEqual([mapped, 429]);
    }
    expect((await app.send('junk', '::ffff:198.51.100.3')).status).toBe(401);
    // Clients that cannot be distinguished count as one: no address, or none that can be read.
    expect(tally(await from('unknown', 11))).toEqual({ 401: 10, 429: 1 });
  });

  it('R49 the width of IPv6 networks can be set', () => {
    const spent = (budget: FailureBudget, address: string): boolean => {
      budget.fail(address);
      return budget.fail(address) > 0;
    };
    const wide = new FailureBudget({ failures: 1, windowSeconds: 60, ipv6PrefixLength: 56 });
    expect(spent(wide, '2001:db8:0:1200::1')).toBe(true);
    expect(wide.fail('2001:db8:0:12ff::1')).toBeGreaterThan(0);
    expect(wide.fail('2001:db8:0:1300::1')).toBe(0);
    const narrow = new FailureBudget({ failures: 1, windowSeconds: 60 });
    expect(spent(narrow, '::1')).toBe(true);
    expect(narrow.fail('::2')).toBeGreaterThan(0);
    expect(narrow.fail('0:0:0:1::')).toBe(0);
  });

  it('is limited in what it remembers', () => {
    const budget = new FailureBudget({ failures: 1, windowSeconds: 60 });
    for (let index = 0; index < 30_000; index += 1)
      budget.fail(`10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`);
    expect(budget.fail('10.0.117.47')).toBeGreaterThan(0);
    expect(budget.fail('10.0.0.0')).toBe(0);
  });

  it.each([
    { failures: 0, windowSeconds: 60 },
    { failures: 1.5, windowSeconds: 60 },
    { failures: 10 },
    { failures: 10, windowSeconds: 86_401 },
    { failures: 10, windowSeconds: 60, ipv6PrefixLength: 65 },
    { failures: 10, windowSeconds: 60, window: 1 },
    true,
    20,
  ])('refuses %j', (failureBudget) => {
    const options = { prefix: 'acme', scopes: { 'a:b': '' }, pepper: testPepper, store: memoryStore() };
    expect(() => createApiKeys({ ...options, failureBudget: failureBudget as never })).toThrow(
      InvalidOptionError,
    );
  });
});
