import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import express from 'express';
import request from 'supertest';
import { yativoRouter } from '../../lib/dialects/index.js';
import { createApiKeys, type ApiKeys } from '../../lib/index.js';
import { scopes, testPepper, type Scope } from '../harness/instance.js';
import { makeEffective } from '../harness/make-effective.js';
import { makeOwnDatabase, type OwnDatabase } from '../harness/own-database.js';
import { sessionOf, verifyAccessToken, type MadeKey } from './yativo-app.js';
import { theApp } from '../harness/the-app.js';

jest.setTimeout(120_000);

/** One of several servers of an app. */
interface Server {
  readonly apiKeys: ApiKeys<Scope>;
  readonly app: express.Express;
}

describe("Yativo's keys on PostgreSQL and Redis, over two instances", () => {
  const keyPrefix = `yativo-${randomBytes(6).toString('hex')}:`;
  let database: OwnDatabase;
  let one: Server;
  let two: Server;
  /** How many answers of a test left open whether a change was made. */
  let unclear: number;
  beforeEach(() => {
    unclear = 0;
  });

  function startServer(): Server {
    const apiKeys = createApiKeys<Scope>({
      ...{ prefix: 'acme', scopes, pepper: testPepper, bcryptCost: 8 },
      database: database.url,
      redis: { client: process.env['TEST_REDIS_URL'], keyPrefix },
      tokens: { issuer: 'http://127.0.0.1' },
    });
    const app = express();
    const scopeMap = { read: ['orders:read'] as const };
    // Two codes are right, each once.
    const verifySecondFactor = (_owner: string, code: string): boolean => /^00000[12]$/.test(code);
    const options = { verifyAccessToken, scopeMap, verifySecondFactor, secondFactorFor: ['update'] as const };
    app.use('/yativo', yativoRouter(apiKeys, options));
    app.get('/orders', apiKeys.requireApiKey('orders:read'), (req, res) => void res.json(req.apiKey));
    return { apiKeys, app };
  }

  beforeAll(async () => {
    database = await makeOwnDatabase('PostgreSQL');
    [one, two] = [startServer(), startServer()];
    await Promise.all([one.apiKeys.ready(), two.apiKeys.ready()]);
  });
  afterAll(async () => {
    await Promise.all([one.apiKeys.close(), two.apiKeys.close()]);
    await database.remove();
  });

  const ask = ({ app }: Server, method: 'get' | 'post' | 'put' | 'delete', path: string): request.Test =>
    request(app)
      [method](`/yativo${path}`)
      .set('Authorization', `Bearer ${sessionOf('alice')}`);
  const exchange = ({ app }: Server, { api_key, api_secret }: MadeKey): request.Test =>
    request(app).post('/yativo/auth/token').send({ api_key, api_secret });
  const statusAt = async ({ app }: Server, credential: string): Promise<number> =>
    (await request(app).get('/orders').set('Authorization', `Bearer ${credential}`)).status;
  const make = async (server: Server, once?: string): Promise<MadeKey> => {
    const generate = (): request.Test => ask(server, 'post', '/api/v1/apikey/generate').send({ name: 'CI' });
    const { body } = await (once === undefined ? done(generate) : generate().set('Idempotency-Key', once));
    return body.data as MadeKey;
  };
  const whole = ({ api_key, api_secret }: MadeKey): string => `${api_key}:${api_secret}`;

  /** A change that holds everywhere. A busy machine may confirm it later, and then reports when; 503 is sent again. */
  async function done(send: () => request.Test): Promise<request.Response> {
    const answer = await makeEffective(async () => {
      const sent = await send();
      if (sent.status === 503) unclear += 1;
      return sent;
    });
    const until = answer.headers['effective-by'];
    expect(answer.status === 202).toBe(until !== undefined);
    if (until !== undefined) await setTimeout(Math.max(0, Date.parse(until) - Date.now()));
    return answer;
  }

  it('YA12 refuses the old secret and its tokens in the very next request after a rotation, everywhere', async () => {
    const pair = await make(one);
    const token = (await exchange(one, pair)).body.access_token as string;
    for (const server of [one, two]) {
      expect(await statusAt(server, token)).toBe(200);
      expect(await statusAt(server, whole(pair))).toBe(200);
    }
    const rotated = await done(() => ask(one, 'post', `/api/v1/apikey/${pair.key_id}/rotate`));
    for (const server of [two, one]) {
      expect(await statusAt(server, whole(pair))).toBe(401);
      expect(await statusAt(server, token)).toBe(401);
      expect((await exchange(server, pair)).status).toBe(401);
    }
    const next = await exchange(two, rotated.body.data);
    expect(await statusAt(one, next.body.access_token)).toBe(200);
    expect(await statusAt(two, whole(rotated.body.data))).toBe(200);
  });

  it('YA16 ends a token with its key, in both instances', async () => {
    const pair = await make(two);
    const token = (await exchange(two, pair)).body.access_token as string;
    for (const server of [one, two]) expect(await statusAt(server, token)).toBe(200);
    await done(() => ask(two, 'delete', `/api/v1/apikey/${pair.key_id}`));
    for (const server of [one, two]) {
      expect(await statusAt(server, token)).toBe(401);
      expect((await exchange(server, pair)).status).toBe(401);
    }
  });

  it('takes permissions away from tokens in both instances', async () => {
    const pair = await make(one);
    const token = (await exchange(one, pair)).body.access_token as string;
    for (const server of [one, two]) expect(await statusAt(server, token)).toBe(200);
    const narrowed = await done(() =>
      ask(one, 'put', `/apikey/${pair.key_id}/permissions`)
        .set('X-2FA-Token', '000001')
        .send({ permissions: ['write'] }),
    );
    // A code that came with a 503 is used.
    if (unclear === 0) expect([200, 202]).toContain(narrowed.status);
    for (const server of [two, one]) expect(await statusAt(server, token)).toBe(403);
  });

  it('lets one of several rotations win, whose secret is the only one', async () => {
    const pair = await make(one);
    const rotate = (server: Server): Promise<request.Response> =>
      done(() => ask(server, 'post', `/apikey/${pair.key_id}/rotate`));
    const answers = await Promise.all([one, two, one, two].map(rotate));
    const won = answers.filter(({ body }) => body.success);
    if (unclear === 0) expect(won.length).toBeGreaterThan(0);
    for (const { status, body } of answers) {
      if (body.success !== true) expect([status, body.error]).toEqual([409, 'conflict']);
    }
    // Those that came one after the other have won each; the last one counts.
    const good = [];
    for (const { body } of won) if ((await statusAt(two, whole(body.data))) === 200) good.push(body.data);
    // The last one of all may have been answered with 503, and nobody has its secret.
    expect(good.length).toBeLessThanOrEqual(1);
    if (unclear === 0) expect(good).toHaveLength(1);
    expect(await statusAt(one, whole(pair))).toBe(401);
  });

  it('makes one key of a request that is sent to both at once', async () => {
    const answers = await Promise.all([one, two, two, one].map((server) => make(server, 'at-once')));
    const made = answers.filter((data) => data !== undefined);
    expect(new Set(made.map(({ key_id }) => key_id)).size).toBe(1);
    expect(made.filter(({ api_secret }) => api_secret !== null)).toHaveLength(1);
  });

  it('YA13 takes a code once in all instances', async () => {
    const pair = await make(one);
    const put = (server: Server): request.Test =>
      ask(server, 'put', `/apikey/${pair.key_id}/permissions`)
        .set('X-2FA-Token', '000002')
        .send({ permissions: ['read'] });
    const answers = await Promise.all([done(() => put(one)), done(() => put(two))]);
    const errors = answers.map(({ body }) => body.error);
    // A code that came with a 503 may be used.
    if (unclear > 0) expect(errors).toContain('forbidden');
    else expect(errors.sort()).toEqual(['forbidden', undefined]);
  });

  it('YA8 counts the limits of a key in both instances together', async () => {
    const pair = await make(one);
    const token = (await exchange(one, pair)).body.access_token as string;
    const { apiKeys } = one;
    await apiKeys.keys.as(theApp).update({
      id: pair.key_id.slice('key_'.length),
      rateLimits: [{ name: 'minute', limit: 3, windowSeconds: 60 }],
    });
    const statuses = [];
    for (const server of [one, two, one, two, one]) statuses.push(await statusAt(server, token));
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    const shown = await ask(two, 'get', `/apikey/${pair.key_id}`);
    expect(shown.body.data.rate_limit).toEqual({
      requests_per_minute: 3,
      requests_per_hour: null,
      requests_per_day: null,
    });
  });
});
