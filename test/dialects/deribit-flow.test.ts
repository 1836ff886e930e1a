import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import express from 'express';
import request from 'supertest';
import { deribitRouter } from '../../lib/dialects/index.js';
import { createApiKeys, type ApiKeys } from '../../lib/index.js';
import { scopes, testPepper, type Scope } from '../harness/instance.js';
import { makeEffective } from '../harness/make-effective.js';
import { makeOwnDatabase, type OwnDatabase } from '../harness/own-database.js';
import {
  asKey,
  asOwner,
  ownerOfSession,
  rpcAnswer,
  tokenOf,
  type DeribitKey,
  type RpcAnswer,
  neededOptions,
} from './deribit-app.js';

jest.setTimeout(120_000);

/** One of several servers of an app. */
interface Server {
  readonly apiKeys: ApiKeys<Scope>;
  readonly app: express.Express;
}

describe("Deribit's keys on PostgreSQL and Redis, over two instances", () => {
  const keyPrefix = `deribit-${randomBytes(6).toString('hex')}:`;
  let database: OwnDatabase;
  let one: Server;
  let two: Server;
  let owners = 0;
  let owner: string;
  /** How many answers left open whether a change was made: so many at once may be too much for the machine. */
  let unclear: number;

  function startServer(): Server {
    const apiKeys = createApiKeys<Scope>({
      ...{ prefix: 'acme', scopes, pepper: testPepper, bcryptCost: 8 },
      ...neededOptions,
      database: database.url,
      redis: { client: process.env['TEST_REDIS_URL'], keyPrefix },
    });
    const app = express();
    const scopeMap = { 'trade:read': ['orders:read'], 'trade:read_write': ['orders:write'] };
    // Two codes are right, each once.
    const verify = ({ code }: { readonly code: string }): boolean => /^00000[12]$/.test(code);
    const secondFactor = { verify, rpId: 'example.com', methods: ['private/change_api_key_name'] };
    const options = { verifyAccessToken: ownerOfSession, scopeMap, secondFactor };
    app.use('/api/v2', deribitRouter(apiKeys, options));
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
  beforeEach(() => {
    beginAnew();
  });
  function beginAnew(): void {
    owner = `owner${(owners += 1)}`;
    unclear = 0;
  }
  /** Makes many changes at once until it is clear of each whether it was made. */
  async function untilClear<T>(changes: () => Promise<T>): Promise<T> {
    for (let round = 0; ; round += 1) {
      const answers = await changes();
      if (unclear === 0 || round === 10) return answers;
      beginAnew();
    }
  }

  /** A change that holds everywhere. A busy machine may confirm it later, and then reports when. */
  async function call<T = DeribitKey>(
    { app }: Server,
    method: string,
    params: object = {},
    who = asOwner(owner),
  ): Promise<RpcAnswer<T>> {
    const body = { jsonrpc: '2.0', id: 1, method, params };
    const send = async (): Promise<request.Response> => {
      const sent = await request(app).post('/api/v2').set(who).send(body);
      if (sent.status === 503) unclear += 1;
      return sent;
    };
    const answer = rpcAnswer<T>(await makeEffective(send));
    const until = answer.headers['effective-by'];
    expect(answer.status === 202).toBe(until !== undefined);
    if (until !== undefined) await setTimeout(Math.max(0, Date.parse(until) - Date.now()));
    return answer;
  }
  const newKey = async (server: Server, max_scope = 'trade:read'): Promise<DeribitKey> =>
    (await call(server, 'private/create_api_key', { max_scope })).result;
  const uses = async ({ app }: Server, key: DeribitKey): Promise<number> =>
    (await request(app).get('/orders').set('X-API-Key', tokenOf(key))).status;
  const everywhere = async (key: DeribitKey): Promise<readonly number[]> => [
    await uses(two, key),
    await uses(one, key),
  ];

  it('refuses the old secret in the very next request after a reset, everywhere', async () => {
    const key = await newKey(one);
    expect(await everywhere(key)).toEqual([200, 200]);
    const { result } = await call(one, 'private/reset_api_key', { id: key.id });
    expect(await everywhere(key)).toEqual([401, 401]);
    expect(await everywhere(result)).toEqual([200, 200]);
    const list = await call(two, 'private/list_api_keys', {}, asKey(key));
    expect([list.status, list.error?.code]).toEqual([401, 13004]);
  });

  it('takes scopes, addresses and keys away everywhere', async () => {
    const key = await newKey(two);
    expect(await everywhere(key)).toEqual([200, 200]);
    await call(one, 'private/change_scope_in_api_key', { id: key.id, max_scope: 'trade:none' });
    expect(await everywhere(key)).toEqual([403, 403]);
    await call(two, 'private/change_scope_in_api_key', { id: key.id, max_scope: 'trade:read' });
    expect(await everywhere(key)).toEqual([200, 200]);
    await call(one, 'private/edit_api_key', { id: key.id, ip_whitelist: ['10.0.0.1'] });
    expect(await everywhere(key)).toEqual([403, 403]);
    await call(one, 'private/edit_api_key', { id: key.id, ip_whitelist: [] });
    await call(two, 'private/disable_api_key', { id: key.id });
    expect(await everywhere(key)).toEqual([401, 401]);
    await call(one, 'private/enable_api_key', { id: key.id });
    expect(await everywhere(key)).toEqual([200, 200]);
    await call(two, 'private/remove_api_key', { id: key.id });
    expect(await everywhere(key)).toEqual([401, 401]);
  });

  it('DB18 gives every number once and makes no ninth key, however many are made at once', async () => {
    const answers = await untilClear(() =>
      Promise.all(
        Array.from({ length: 14 }, (_, index) =>
          call(index % 2 === 0 ? one : two, 'private/create_api_key', { max_scope: 'trade:read' }),
        ),
      ),
    );
    const made = answers.filter(({ error }) => error === undefined).map(({ result }) => result);
    expect(made.map(({ id }) => id).sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(new Set(made.map(({ client_id }) => client_id)).size).toBe(8);
    for (const { error, status } of answers) {
      if (error !== undefined) expect([status, error.code]).toEqual([403, 13021]);
    }
    const { result } = await call<readonly DeribitKey[]>(two, 'private/list_api_keys');
    expect(result.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    for (const key of made.slice(0, 3)) expect(await everywhere(key)).toEqual([200, 200]);
  });

  it('of several resets at once every one that succeeds has given a secret, and the last one counts', async () => {
    const { key, answers } = await untilClear(async () => {
      const made = await newKey(one);
      const reset = (server: Server) => call(server, 'private/reset_api_key', { id: made.id });
      return { key: made, answers: await Promise.all([one, two, one, two, one].map(reset)) };
    });
    const won = answers.filter(({ error }) => error === undefined);
    expect(won.length).toBeGreaterThan(0);
    for (const { status, error } of answers)
      if (error !== undefined) expect([status, error.code]).toEqual([400, 11050]);
    const good = [];
    for (const { result } of won) if ((await uses(two, result)) === 200) good.push(result);
    expect(good).toHaveLength(1);
    expect(await everywhere(key)).toEqual([401, 401]);
  });

  it('set_api_key_as_default leaves one default, whichever request was last', async () => {
    for (let made = 0; made < 3; made += 1) await newKey(one);
    await Promise.all(
      [1, 2, 3].map((id) => call(id === 2 ? two : one, 'private/set_api_key_as_default', { id })),
    );
    const { result } = await call<readonly DeribitKey[]>(two, 'private/list_api_keys');
    expect(result.filter((key) => key.default)).toHaveLength(1);
  });

  it('DB12 takes a challenge and a code once in both instances', async () => {
    await newKey(one);
    const rename = 'private/change_api_key_name';
    const params = { id: 1, name: 'x' };
    const challenges = [];
    for (const server of [one, two, one]) {
      const { result } = await call<{ challenge: string }>(server, rename, params);
      challenges.push(result.challenge);
    }
    const [first, second, third] = challenges;
    const proof = (challenge: string | undefined, code: string): object => ({
      ...{ ...params, challenge, authorization_data: code },
    });
    // A challenge of one instance is good in the other, and once.
    const sameChallenge = await Promise.all([
      call(one, rename, proof(first, '000001')),
      call(two, rename, proof(first, '000001')),
    ]);
    expect(sameChallenge.map(({ error }) => error?.data ?? null)).toEqual(
      expect.arrayContaining([null, { reason: 'challenge_timeout' }]),
    );
    const sameCode = await Promise.all([
      call(one, rename, proof(second, '000002')),
      call(two, rename, proof(third, '000002')),
    ]);
    expect(sameCode.map(({ error }) => error?.data ?? null)).toEqual(
      expect.arrayContaining([null, { reason: 'used_tfa_code' }]),
    );
  });
});
