import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import request from 'supertest';
import { makeOwnDatabase, type OwnDatabase } from '../harness/own-database.js';
import { createDeltadefiApp, jwtOf, type DeltadefiApp } from './deltadefi-app.js';
import { theApp } from '../harness/the-app.js';

// Slow hashes at once, on a machine that runs other test files beside.
jest.setTimeout(120_000);

describe("DeltaDeFi's keys on PostgreSQL and Redis, over two instances", () => {
  const keyPrefix = `deltadefi-${randomBytes(6).toString('hex')}:`;
  const started: DeltadefiApp[] = [];
  let database: OwnDatabase;
  let one: DeltadefiApp;
  let two: DeltadefiApp;

  async function start(graceMs = 0): Promise<DeltadefiApp> {
    const server = createDeltadefiApp(
      { graceMs },
      {
        database: database.url,
        redis: { client: process.env['TEST_REDIS_URL'], keyPrefix },
        clock: { now: () => Date.now() },
      },
    );
    started.push(server);
    await server.apiKeys.ready();
    return server;
  }

  beforeAll(async () => {
    database = await makeOwnDatabase('PostgreSQL');
    [one, two] = await Promise.all([start(), start()]);
  });
  afterAll(async () => {
    await Promise.all(started.map(({ apiKeys }) => apiKeys.close()));
    await database.remove();
  });

  /** Asks again while it is too much at once for the machine; 202 holds everywhere from the time that it says. */
  async function newKey({ app }: DeltadefiApp, credential: string): Promise<request.Response> {
    for (;;) {
      const answer = await request(app).get('/accounts/new-api-key').set('X-API-KEY', credential);
      if (answer.status !== 503) {
        const wait = Date.parse(String(answer.headers['effective-by'])) - Date.now();
        await setTimeout(answer.status === 202 ? Math.max(wait, 0) : 0);
        return answer;
      }
      await setTimeout(100);
    }
  }
  const keyIn = ({ body }: request.Response): string => (body as { api_key: string }).api_key;
  const useOf = async ({ app }: DeltadefiApp, key: string): Promise<number> =>
    (await request(app).get('/orders').set('X-API-Key', key)).status;
  const activeOf = async (ownerId: string): Promise<number> => {
    const wanted = { ownerId, keyspace: 'deltadefi', state: 'active' } as const;
    return (await one.apiKeys.keys.as(theApp).list(wanted)).items.length;
  };

  it('DD10 leaves one key of 16 that are asked for at once, by JWT and by the key itself', async () => {
    const current = keyIn(await newKey(one, jwtOf('alice')));
    expect([await useOf(one, current), await useOf(two, current)]).toEqual([200, 200]);
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, index) =>
        newKey(index % 2 === 0 ? one : two, index % 4 < 2 ? jwtOf('alice') : current),
      ),
    );
    const made = answers.filter(({ status }) => status !== 401).map(keyIn);
    expect(made.length).toBeGreaterThanOrEqual(8);
    for (const { status, body } of answers) {
      if (status === 401) expect(body).toMatchObject({ code: 4010, error: 'Unauthorized access' });
      else expect([200, 202]).toContain(status);
    }
    expect(await activeOf('alice')).toBe(1);
    for (const server of [one, two]) {
      const statuses = await Promise.all([current, ...made].map((key) => useOf(server, key)));
      expect(statuses.filter((status) => status === 200)).toHaveLength(1);
      expect(await useOf(server, current)).toBe(401);
    }
  });

  it('DD10 refuses the old key in the very next request, wherever that goes', async () => {
    let key = keyIn(await newKey(one, jwtOf('bob')));
    for (let turn = 0; turn < 6; turn += 1) {
      const [here, there] = turn % 2 === 0 ? [one, two] : [two, one];
      expect([await useOf(here, key), await useOf(there, key)]).toEqual([200, 200]);
      const next = keyIn(await newKey(here, key));
      expect([await useOf(there, key), await useOf(here, key)]).toEqual([401, 401]);
      expect(await useOf(there, next)).toBe(200);
      key = next;
    }
  });

  it('DD11 has one key with two old secrets at most, of several that are asked for at once with graceMs', async () => {
    const both = await Promise.all([start(60_000), start(60_000)]);
    const [first] = both;
    const old = keyIn(await newKey(first, jwtOf('carol')));
    const next = keyIn(await newKey(first, old));
    expect(await Promise.all([old, next].map((key) => useOf(two, key)))).toEqual([200, 200]);
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, index) => newKey(both[index % 2] ?? first, jwtOf('carol'))),
    );
    const made = answers.map(keyIn);
    expect(new Set(made).size).toBe(6);
    expect(await activeOf('carol')).toBe(1);
    const statuses = await Promise.all([old, next, ...made].map((key) => useOf(one, key)));
    expect(statuses.filter((status) => status === 200)).toHaveLength(3);
  });
});
