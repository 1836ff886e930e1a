import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import express from 'express';
import request from 'supertest';
import { deribitRouter } from '../../lib/dialects/index.js';
import { createApiKeys, type ApiKeys } from '../../lib/index.js';
import { scopes, testPepper, type Scope } from '../harness/instance.js';
import { makeOwnDatabase, type OwnDatabase } from '../harness/own-database.js';
import {
  asOwner,
  neededOptions,
  ownerOfSession,
  rpcAnswer,
  type DeribitKey,
  type RpcAnswer,
} from './deribit-app.js';
import { grantBySecret, signedAsCcxt } from './deribit-signing.js';

jest.setTimeout(120_000);

/** One of several servers of an app. */
interface Server {
  readonly apiKeys: ApiKeys<Scope>;
  readonly app: express.Express;
}

interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
}

describe("Deribit's tokens and signatures on PostgreSQL and Redis, over two instances", () => {
  const keyPrefix = `deribit-auth-${randomBytes(6).toString('hex')}:`;
  let database: OwnDatabase;
  let servers: readonly [Server, Server];
  let owners = 0;
  let owner: string;
  let key: DeribitKey;

  function startServer(): Server {
    const apiKeys = createApiKeys<Scope>({
      ...{ prefix: 'acme', scopes, pepper: testPepper, bcryptCost: 8 },
      ...neededOptions,
      signatures: { skewSeconds: 0 },
      database: database.url,
      redis: { client: process.env['TEST_REDIS_URL'], keyPrefix },
    });
    const app = express();
    app.use('/api/v2', deribitRouter(apiKeys, { verifyAccessToken: ownerOfSession }));
    return { apiKeys, app };
  }

  beforeAll(async () => {
    database = await makeOwnDatabase('PostgreSQL');
    servers = [startServer(), startServer()];
    await Promise.all(servers.map(({ apiKeys }) => apiKeys.ready()));
  });
  afterAll(async () => {
    await Promise.all(servers.map(({ apiKeys }) => apiKeys.close()));
    await database.remove();
  });
  beforeEach(async () => {
    owner = `owner${(owners += 1)}`;
    const made = await call<DeribitKey>(0, 'private/create_api_key', { max_scope: 'account:read_write' });
    key = made.result;
  });

  /** @param which - the number of a call: the servers take turns */
  async function call<T>(
    which: number,
    method: string,
    params: object,
    who = asOwner(owner),
  ): Promise<RpcAnswer<T>> {
    const answer = await callOnce<T>(which, method, params, who);
    if (answer.status === 503) {
      await setTimeout(100);
      return call(which, method, params, who);
    }
    // A busy machine may say later that a change holds everywhere.
    const until = answer.headers['effective-by'];
    if (until !== undefined) await setTimeout(Math.max(0, Date.parse(until) - Date.now()));
    return answer;
  }
  /** Also where the answer is 503, so that it may have happened. */
  async function callOnce<T>(
    which: number,
    method: string,
    params: object,
    who: Record<string, string>,
  ): Promise<RpcAnswer<T>> {
    const { app } = servers[which % 2 === 0 ? 0 : 1];
    const body = { jsonrpc: '2.0', id: which, method, params };
    return rpcAnswer<T>(await request(app).post('/api/v2').set(who).send(body));
  }
  const times = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);
  const statusOf = async (which: number, { access_token }: Tokens): Promise<number> =>
    (await call(which, 'private/list_api_keys', {}, { Authorization: `Bearer ${access_token}` })).status;

  /**
   * Expects that one of several requests with one signature is executed, and that all others are refused. Where a busy machine has
   * answered some with 503, it is one at most, and another signature is taken.
   */
  async function expectOneOf<T>(
    refusal: number,
    sendAll: (round: number) => Promise<readonly RpcAnswer<T>[]>,
  ): Promise<RpcAnswer<T>> {
    for (let round = 0; ; round += 1) {
      const answers = await sendAll(round);
      const done = answers.filter(({ error }) => error === undefined);
      expect(done.length).toBeLessThanOrEqual(1);
      const isUnclear = answers.some(({ status }) => status === 503);
      const refused = answers.filter(({ status, error }) => error !== undefined && status !== 503);
      expect(refused.map(({ error }) => error?.code)).toEqual(refused.map(() => refusal));
      if (isUnclear && round < 10) continue;
      const [one] = done;
      if (one === undefined) throw new Error('None of them was executed');
      return one;
    }
  }

  it('DB19 executes a signed write once, wherever it is sent', async () => {
    const target = `/api/v2/private/change_api_key_name?id=${key.id}&name=bot`;
    await expectOneOf(13009, async () => {
      const headers = signedAsCcxt({ key, target, now: Date.now() });
      return Promise.all(
        times(12).map(async (which) => {
          const { app } = servers[which % 2 === 0 ? 0 : 1];
          return rpcAnswer(await request(app).get(target).set(headers));
        }),
      );
    });
  });

  it('DB19 takes a signature for tokens once, wherever it is sent', async () => {
    const given = await expectOneOf(13004, async (round) => {
      const grant = grantBySecret(key, { now: Date.now(), nonce: `abcd${round}` });
      return Promise.all(times(12).map((which) => callOnce<Tokens>(which, 'public/auth', grant, {})));
    });
    for (const which of [0, 1]) expect(await statusOf(which, given.result)).toBe(200);
  });

  it('keeps at most sixteen sessions, however many are begun at once', async () => {
    const pair = { client_id: key.client_id, client_secret: key.client_secret };
    const params = { grant_type: 'client_credentials', ...pair, scope: 'session:bot' };
    const all = await Promise.all(times(20).map((which) => call<Tokens>(which, 'public/auth', params, {})));
    expect(all.every(({ error }) => error === undefined)).toBe(true);
    const good = [];
    for (const { result } of all) {
      const statuses = [await statusOf(0, result), await statusOf(1, result)];
      expect([200, 401]).toContain(statuses[0]);
      expect(statuses[1]).toBe(statuses[0]);
      if (statuses[0] === 200) good.push(result);
    }
    // Two that begin at once may each make room.
    expect(good.length).toBeLessThanOrEqual(16);
    expect(good.length).toBeGreaterThan(8);
    const again = await call<Tokens>(1, 'public/auth', params, {});
    expect(await statusOf(0, again.result)).toBe(200);
  });

  it('DB14 ends tokens and refresh tokens with the secret in the very next request, everywhere', async () => {
    const pair = { client_id: key.client_id, client_secret: key.client_secret };
    const { result } = await call<Tokens>(
      0,
      'public/auth',
      { grant_type: 'client_credentials', ...pair },
      {},
    );
    for (const which of [0, 1]) expect(await statusOf(which, result)).toBe(200);
    await call(0, 'private/reset_api_key', { id: key.id });
    for (const which of [1, 0]) expect(await statusOf(which, result)).toBe(401);
    const { refresh_token } = result;
    const next = await call(1, 'public/auth', { grant_type: 'refresh_token', refresh_token }, {});
    expect([next.status, next.error?.code]).toEqual([401, 13009]);
  });
});
