import request from 'supertest';
import { memoryStore } from '../../lib/testing/index.js';
import {
  asKey,
  asOwner,
  createDeribitApp,
  rpcAnswer,
  tokenOf,
  type DeribitApp,
  type DeribitKey,
  type RpcAnswer,
} from './deribit-app.js';

/** What `public/auth` answers. */
interface Tokens {
  readonly access_token: string;
  readonly token_type: string;
  readonly expires_in: number;
  readonly refresh_token: string;
  readonly scope: string;
  readonly enabled_features: readonly string[];
  readonly sid?: string;
  readonly state?: string;
}

const authorize = 'public/auth';
const listKeys = 'private/list_api_keys';
const bearer = (token: string): Readonly<Record<string, string>> => ({ Authorization: `Bearer ${token}` });
const pair = ({ client_id, client_secret }: DeribitKey): object => ({
  grant_type: 'client_credentials',
  client_id,
  client_secret,
});
/** What an answer says of a request that is not authenticated. */
const outcome = ({ status, error }: RpcAnswer<unknown>): unknown =>
  error === undefined ? status : [status, error.code, error.message, error.data];
const wrongCredentials = [401, 13004, 'invalid_credentials', undefined];
const invalidToken = [401, 13009, 'unauthorized', { reason: 'invalid_token' }];
const invalid = (param: string): unknown => [
  ...[400, -32602, 'Invalid params'],
  { param, reason: expect.any(String) as string },
];

describe('public/auth', () => {
  let deribit: DeribitApp;
  let key: DeribitKey;

  async function start(...options: Parameters<typeof createDeribitApp>): Promise<void> {
    deribit = createDeribitApp(...options);
    await deribit.apiKeys.ready();
    key = await deribit.newKey();
  }
  beforeEach(() => start());
  afterEach(() => deribit.apiKeys.close());

  const call = (params: object): Promise<RpcAnswer<Tokens>> => deribit.rpc<Tokens>(authorize, params, {});
  async function tokens(params: object = {}, of: DeribitKey = key): Promise<Tokens> {
    const { result, error } = await call({ ...pair(of), ...params });
    expect(error).toBeUndefined();
    return result;
  }
  const refresh = (refresh_token: string, params: object = {}): Promise<RpcAnswer<Tokens>> =>
    call({ grant_type: 'refresh_token', refresh_token, ...params });
  const use = async (token: string, method = listKeys): Promise<unknown> =>
    outcome(await deribit.rpc(method, {}, bearer(token)));

  it('does not reveal what is wrong with a key, where refusals.opaque is set', async () => {
    await deribit.rpc('private/disable_api_key', { id: key.id });
    expect(outcome(await call(pair(key)))).toEqual([
      ...wrongCredentials.slice(0, 3),
      { reason: expect.stringContaining('disabled') as string },
    ]);
    await deribit.apiKeys.close();
    await start({}, { refusals: { opaque: true } });
    await deribit.rpc('private/disable_api_key', { id: key.id });
    expect(outcome(await call(pair(key)))).toEqual(wrongCredentials);
    expect(outcome(await deribit.rpc(listKeys, {}, asKey(key)))).toEqual(wrongCredentials);
  });

  it('answers with all that is documented', async () => {
    const { status, headers, body } = await call({ ...pair(key), state: 'mine' });
    expect(status).toBe(200);
    expect(headers['cache-control']).toContain('no-store');
    expect(body).toEqual({
      ...{ jsonrpc: '2.0', id: 1, testnet: false },
      ...{ usIn: expect.any(Number), usOut: expect.any(Number), usDiff: expect.any(Number) },
      result: {
        access_token: expect.stringMatching(/^eyJ[\w-]+\.[\w-]+\.[\w-]+$/),
        token_type: 'bearer',
        expires_in: 3600,
        refresh_token: expect.stringMatching(/^\w{40,}$/),
        scope: 'account:read_write connection mainaccount trade:read',
        enabled_features: [],
        state: 'mine',
      },
    });
  });

  it('takes its parameters in a query as well', async () => {
    const query = { ...pair(key), scope: 'trade:read session:web' };
    const { status, body } = await request(deribit.app).get(`/api/v2/${authorize}`).query(query);
    expect([status, body.result.scope]).toEqual([200, 'mainaccount session:web trade:read']);
  });

  it('gives tokens that are accepted as Bearer, as bearer, and as access_token', async () => {
    const { access_token } = await tokens();
    const get = async (path: string, headers = {}): Promise<unknown> =>
      outcome(rpcAnswer(await request(deribit.app).get(`/api/v2/${path}`).set(headers)));
    expect(await get(listKeys, bearer(access_token))).toBe(200);
    expect(await get(listKeys, { Authorization: `bearer ${access_token}` })).toBe(200);
    expect(await get(`${listKeys}?access_token=${access_token}`)).toBe(200);
    expect(await get(`${listKeys}?access_token=${access_token}`, bearer(access_token))).toBe(200);
    expect(outcome(await deribit.rpc(listKeys, { access_token }, {}))).toBe(200);
    expect(outcome(await deribit.rpc(listKeys, { access_token: 'session-alice' }, {}))).toBe(200);
    expect(await get(`${listKeys}?access_token=session-alice`, bearer(access_token))).toEqual([
      ...[400, 11050, 'bad_request'],
      { reason: expect.stringContaining('one credential') as string },
    ]);
    expect(await get(`${listKeys}?access_token=${access_token}x`)).toEqual(invalidToken);
    expect(await get(`${listKeys}?access_token=`)).toEqual([
      401,
      10000,
      'authorization_required',
      expect.anything(),
    ]);
    expect(outcome(await deribit.rpc(listKeys, { access_token: 7 }, {}))).toEqual(invalid('access_token'));
  });

  it('gives tokens that are good on routes of the app, for what their scopes are worth there', async () => {
    const { access_token } = await tokens({ scope: 'trade:read' });
    const orders = await request(deribit.app).get('/orders').set(bearer(access_token));
    expect([orders.status, orders.body.via, orders.body.keyspace]).toEqual([200, 'token', 'deribit']);
    const nothing = await tokens({ scope: 'account:read' });
    expect((await request(deribit.app).get('/orders').set(bearer(nothing.access_token))).status).toBe(403);
  });

  it('does not distinguish unknown and wrong pairs', async () => {
    const stranger = { ...key, client_id: 'AAAAAAAA' };
    const bodies = [];
    for (const each of [{ ...key, client_secret: 'A'.repeat(43) }, stranger, { ...key, client_secret: '' }]) {
      const answer = await call(pair(each));
      expect(outcome(answer)).toEqual(wrongCredentials);
      expect(answer.headers['www-authenticate']).toContain('Bearer');
      const { usIn, usOut, usDiff, ...rest } = answer.body;
      expect([usIn, usOut, usDiff]).toEqual([expect.any(Number), expect.any(Number), expect.any(Number)]);
      bodies.push(JSON.stringify(rest));
      expect(outcome(await deribit.rpc(listKeys, {}, asKey(each)))).toEqual(wrongCredentials);
    }
    expect(new Set(bodies).size).toBe(1);
  });

  it.each([
    [{}, 'grant_type'],
    [{ grant_type: 'password' }, 'grant_type'],
    [{ grant_type: 'client_credentials', client_secret: 'x' }, 'client_id'],
    [{ grant_type: 'client_credentials', client_id: 'x' }, 'client_secret'],
    [{ grant_type: 'client_credentials', client_id: 7, client_secret: 'x' }, 'client_id'],
    [{ grant_type: 'client_signature', client_id: 'x', signature: 'x' }, 'timestamp'],
    [{ grant_type: 'client_signature', client_id: 'x', timestamp: 'now', signature: 'x' }, 'timestamp'],
    [{ grant_type: 'client_signature', client_id: 'x', timestamp: 1 }, 'signature'],
    [{ grant_type: 'refresh_token' }, 'refresh_token'],
    [{ grant_type: 'refresh_token', refresh_token: 'x', state: {} }, 'state'],
    [{ grant_type: 'client_credentials', client_id: 'x', client_secret: 'x', scope: 'ip:here' }, 'scope'],
    [{ grant_type: 'client_credentials', client_id: 'x', client_secret: 'x', scope: 'expires:0' }, 'scope'],
    [{ grant_type: 'client_credentials', client_id: 'x', client_secret: 'x', scope: 7 }, 'scope'],
  ])('wants its parameters: %j', async (params, param) => {
    expect(outcome(await call(params))).toEqual(invalid(param));
  });

  describe('scopes', () => {
    it.each([
      ['account:read', 'account:read connection mainaccount'],
      ['account:read_write wallet:read_write', 'account:read_write connection mainaccount'],
      ['trade:read_write', 'connection mainaccount trade:read'],
      ['trade:none', 'account:read_write connection mainaccount'],
      ['wallet:read', 'connection mainaccount'],
      ['mainaccount', 'account:read_write connection mainaccount trade:read'],
      ['session:bot', 'account:read_write mainaccount session:bot trade:read'],
      ['no_such:thing', 'connection mainaccount'],
    ])('are quietly limited by max_scope: %s', async (scope, given) => {
      const answer = await tokens({ scope });
      expect(answer.scope).toBe(given);
      const needsAccount = await use(answer.access_token);
      expect(needsAccount === 200).toBe(given.includes('account:'));
    });

    it('that a token lacks are named by 13403', async () => {
      const { access_token } = await tokens({ scope: 'account:read' });
      expect(await use(access_token)).toBe(200);
      const made = await deribit.rpc('private/create_api_key', { max_scope: '' }, bearer(access_token));
      expect(made.error).toMatchObject({ code: 13403, message: 'scope_exceeded' });
    });

    it('that a key has lost its tokens have lost as well, and refreshed ones', async () => {
      const first = await tokens();
      await deribit.rpc('private/change_scope_in_api_key', { id: key.id, max_scope: 'account:read' });
      const change = await deribit.rpc(
        'private/change_api_key_name',
        { id: key.id, name: 'a' },
        bearer(first.access_token),
      );
      expect(change.error?.code).toBe(13403);
      expect(await use(first.access_token)).toBe(200);
      const next = await refresh(first.refresh_token);
      expect(next.result.scope).toBe('account:read connection mainaccount');
    });

    it('of a chain are never more than those of its first token', async () => {
      const nothing = await tokens({ scope: 'wallet:read' });
      const again = await refresh(nothing.refresh_token);
      expect(again.result.scope).toBe('connection mainaccount');
      const wide = await refresh(again.result.refresh_token, { scope: 'account:read_write' });
      expect(wide.result.scope).toBe('connection mainaccount');
      const some = await tokens({ scope: 'account:read_write expires:100 session:bot' });
      const less = await refresh(some.refresh_token, {
        scope: 'account:read expires:3000 session:other ip:*',
      });
      expect([less.result.scope, less.result.expires_in]).toEqual([
        'account:read expires:100 mainaccount session:bot',
        100,
      ]);
    });
  });

  describe('lifetimes', () => {
    it('DB17 are what the instance says, and less where a token asks for it', async () => {
      expect((await tokens()).expires_in).toBe(3600);
      expect((await tokens({ scope: 'expires:7200' })).expires_in).toBe(3600);
      const short = await tokens({ scope: 'expires:60' });
      expect([short.expires_in, short.scope]).toEqual([
        60,
        'account:read_write connection expires:60 mainaccount trade:read',
      ]);
      deribit.clock.advance(59_000);
      expect(await use(short.access_token)).toBe(200);
      deribit.clock.advance(1_000);
      expect(await use(short.access_token)).toEqual(invalidToken);
      expect((await refresh(short.refresh_token)).result.expires_in).toBe(60);
    });

    it('DB17 can be a year, as in the documents, and end with a reset all the same', async () => {
      await deribit.apiKeys.close();
      await start({ tokenLifetimeSeconds: 31_536_000 });
      const year = await tokens();
      expect(year.expires_in).toBe(31_536_000);
      // Keys that sign tokens are replaced meanwhile, and kept.
      for (let month = 0; month < 11; month += 1) {
        deribit.clock.advance(31 * 86_400_000);
        expect((await tokens({ scope: 'account:read' })).token_type).toBe('bearer');
        expect(await use(year.access_token)).toBe(200);
      }
      await deribit.rpc('private/reset_api_key', { id: key.id });
      expect(await use(year.access_token)).toEqual(invalidToken);
    });

    it('DB17 is at most what it is now, also for tokens that were issued when it was longer', async () => {
      await deribit.apiKeys.close();
      const store = memoryStore();
      await start({ tokenLifetimeSeconds: 31_536_000 }, { store });
      const year = await tokens();
      const { app, apiKeys } = createDeribitApp({}, { store, clock: deribit.clock });
      await apiKeys.ready();
      const useHere = async (): Promise<number> =>
        (await request(app).get('/orders').set(bearer(year.access_token))).status;
      expect(await useHere()).toBe(200);
      // That it was revoked is not remembered here for longer than a day.
      deribit.clock.advance(86_400_000);
      expect(await useHere()).toBe(401);
      expect(await use(year.access_token)).toBe(200);
      await apiKeys.close();
    });

    it('DB17 are 60 seconds to a year', () => {
      for (const tokenLifetimeSeconds of [59, 31_536_001, 60.5, '60']) {
        expect(() => createDeribitApp({ tokenLifetimeSeconds } as never)).toThrow(/tokenLifetimeSeconds/);
      }
    });
  });

  describe('refresh tokens', () => {
    it('are used up, and a used one ends all that came of it', async () => {
      const first = await tokens();
      const second = (await refresh(first.refresh_token, { state: 's' })).result;
      expect(Object.keys(second).sort()).toEqual([...Object.keys(first), 'state'].sort());
      expect(await use(second.access_token)).toBe(200);
      expect(outcome(await refresh(first.refresh_token))).toEqual(invalidToken);
      expect(outcome(await refresh(second.refresh_token))).toEqual(invalidToken);
      expect(await use(second.access_token)).toEqual(invalidToken);
      expect(outcome(await refresh('nonsense'))).toEqual(invalidToken);
    });

    it('DB14 end with the secret, as do access tokens and the secret itself', async () => {
      const { access_token, refresh_token } = await tokens();
      const { result } = await deribit.rpc('private/reset_api_key', { id: key.id });
      expect(await use(access_token)).toEqual(invalidToken);
      expect(outcome(await refresh(refresh_token))).toEqual(invalidToken);
      expect((await call(pair(key))).error?.code).toBe(13004);
      expect(outcome(await deribit.rpc(listKeys, {}, asKey(key)))).toEqual(wrongCredentials);
      const native = await request(deribit.app).get('/orders').set('X-API-Key', tokenOf(key));
      expect(native.status).toBe(401);
      const renewed = { ...key, client_secret: result.client_secret };
      expect(await use((await tokens({}, renewed)).access_token)).toBe(200);
    });

    it('of a key that is switched off wait, and of one that is removed are gone', async () => {
      const { access_token, refresh_token } = await tokens();
      await deribit.rpc('private/disable_api_key', { id: key.id });
      expect(await use(access_token)).toEqual(invalidToken);
      expect(outcome(await refresh(refresh_token))).toEqual(invalidToken);
      await deribit.rpc('private/enable_api_key', { id: key.id });
      expect(await use(access_token)).toBe(200);
      const next = await refresh(refresh_token);
      expect(next.status).toBe(200);
      await deribit.rpc('private/remove_api_key', { id: key.id });
      expect(outcome(await refresh(next.result.refresh_token))).toEqual(invalidToken);
      expect((await call(pair(key))).error?.code).toBe(13004);
    });
  });

  describe('sessions', () => {
    const session = (name: string): Promise<Tokens> => tokens({ scope: `session:${name} account:read` });

    it('have a name and an id, which stay', async () => {
      const { scope, sid, refresh_token } = await session('bot');
      expect([scope, sid]).toEqual([
        'account:read mainaccount session:bot',
        expect.stringMatching(/^\w{16}$/),
      ]);
      expect((await refresh(refresh_token)).result).toMatchObject({ scope, sid });
      expect(await tokens()).not.toHaveProperty('sid');
    });

    it('are sixteen for each key, and the oldest makes room', async () => {
      const connection = await tokens();
      const other = await deribit.newKey();
      const ofOther = await tokens({ scope: 'session:a' }, other);
      const all: Tokens[] = [];
      for (let count = 0; count < 16; count += 1) {
        all.push(await session(`s${count}`));
        deribit.clock.advance(1000);
      }
      for (const { access_token } of all) expect(await use(access_token)).toBe(200);
      const seventeenth = await session('s0');
      const [oldest, second] = all as [Tokens, Tokens];
      expect(await use(oldest.access_token)).toEqual(invalidToken);
      expect(outcome(await refresh(oldest.refresh_token))).toEqual(invalidToken);
      for (const good of [second, seventeenth, connection, ofOther]) {
        expect(await use(good.access_token)).toBe(200);
      }
    });

    it('can be forked, for no longer and for no more', async () => {
      const bot = await tokens({ scope: 'session:bot account:read expires:600 ip:127.0.0.1' });
      deribit.clock.advance(1000);
      const fork = (params: object): Promise<RpcAnswer<Tokens>> =>
        deribit.rpc<Tokens>('public/fork_token', params, {});
      const { result } = await fork({ refresh_token: bot.refresh_token, session_name: 'web' });
      expect(result.scope).toBe('account:read expires:600 ip:127.0.0.1 mainaccount session:web');
      expect(result.sid).not.toBe(bot.sid);
      expect(await use(result.access_token)).toBe(200);
      expect((await refresh(bot.refresh_token)).status).toBe(200);
      expect(outcome(await fork({ refresh_token: bot.refresh_token, session_name: 'x' }))).toEqual(
        invalidToken,
      );
      const { refresh_token } = await tokens();
      expect(outcome(await fork({ refresh_token, session_name: 'x' }))).toEqual(invalid('refresh_token'));
      for (const session_name of [undefined, '', 'a b', 7]) {
        expect(outcome(await fork({ refresh_token, session_name }))).toEqual(invalid('session_name'));
      }
      // The first session ends after thirty days, and so does what came of it a moment later.
      deribit.clock.advance(30 * 86_400_000 - 1000);
      expect(outcome(await refresh(result.refresh_token))).toEqual(invalidToken);
    });
  });

  describe('addresses', () => {
    it('limit a token everywhere, whatever its key may do', async () => {
      const here = await tokens({ scope: 'account:read_write trade:read ip:127.0.0.1' });
      const there = await tokens({ scope: 'account:read_write trade:read ip:203.0.113.7' });
      const any = await tokens({ scope: 'ip:*' });
      const forbidden = [403, 13021, 'forbidden', expect.anything()];
      const atRoute = async ({ access_token }: Tokens): Promise<number> =>
        (await request(deribit.app).get('/orders').set(bearer(access_token))).status;
      for (const good of [here, any]) {
        expect([await use(good.access_token), await atRoute(good)]).toEqual([200, 200]);
      }
      expect([await use(there.access_token), await atRoute(there)]).toEqual([forbidden, 403]);
      expect(await use((await refresh(there.refresh_token)).result.access_token)).toEqual(forbidden);
    });

    it('that limit a token limit the keys that it makes', async () => {
      const { access_token } = await tokens({ scope: 'account:read_write ip:127.0.0.1 ip:203.0.113.7' });
      const make = async (params: object): Promise<unknown> =>
        (await deribit.rpc('private/create_api_key', { max_scope: '', ...params }, bearer(access_token)))
          .error?.code;
      expect(await make({})).toBe(13021);
      expect(await make({ ip_whitelist: ['198.51.100.1'] })).toBe(13021);
      expect(await make({ ip_whitelist: ['127.0.0.1'] })).toBeUndefined();
    });

    it('of a key are asked for before a token is given', async () => {
      await deribit.rpc('private/edit_api_key', { id: key.id, ip_whitelist: ['203.0.113.7'] });
      expect((await call(pair(key))).error).toMatchObject({ code: 13004 });
    });
  });

  it('says what features the key has', async () => {
    const featured = await deribit.newKey({ enabled_features: ['restricted_block_trades'] });
    expect((await tokens({}, featured)).enabled_features).toEqual(['restricted_block_trades']);
  });

  it('gives nothing for keys of the app, and the app nothing for those of Deribit', async () => {
    const native = await deribit.key();
    const params = { grant_type: 'client_credentials', client_id: native.id, client_secret: native.token };
    expect(outcome(await call(params))).toEqual(wrongCredentials);
    expect(outcome(await deribit.rpc(listKeys, {}, bearer(native.token)))).toEqual(invalidToken);
  });

  it('records refusals, and makes a network wait that tries many keys', async () => {
    await deribit.apiKeys.close();
    const store = memoryStore();
    await start({}, { store, failureBudget: { failures: 2, windowSeconds: 60 } });
    const guess = { ...key, client_secret: 'A'.repeat(43) };
    const codes = [];
    for (let tries = 0; tries < 3; tries += 1) codes.push(outcome(await call(pair(guess))));
    const wait = expect.any(Number) as number;
    const tooMany = [429, 10028, 'too_many_requests', { wait }];
    expect(codes).toEqual([wrongCredentials, wrongCredentials, tooMany]);
    const signed = { ...pair(guess), grant_type: 'client_signature', timestamp: 1, signature: 'x' };
    expect(outcome(await call(signed))).toEqual(tooMany);
    expect((await tokens()).token_type).toBe('bearer');
    await deribit.apiKeys.close();
    const rows = await store.accessLog.list({ limit: 10 });
    expect(rows.map(({ code, count }) => [code, count]).sort()).toEqual([
      ['invalid_client', 2],
      ['too_many_failures', 2],
    ]);
    expect(JSON.stringify(rows)).not.toContain('AAAA');
  });
});

describe('other methods about tokens', () => {
  let deribit: DeribitApp;

  beforeEach(async () => {
    deribit = createDeribitApp();
    await deribit.apiKeys.ready();
  });
  afterEach(() => deribit.apiKeys.close());

  it('public/exchange_token knows no subaccounts', async () => {
    const key = await deribit.newKey();
    const { result } = await deribit.rpc<Tokens>(authorize, pair(key), {});
    const exchange = async (params: object): Promise<unknown> =>
      outcome(await deribit.rpc('public/exchange_token', params, {}));
    const { refresh_token } = result;
    for (const subject_id of [1, '2']) {
      expect(await exchange({ refresh_token, subject_id })).toEqual([
        ...[400, 13020, 'not_found'],
        { param: 'subject_id', reason: 'There are no subaccounts.' },
      ]);
    }
    expect(await exchange({ refresh_token: 'x', subject_id: 1 })).toEqual(invalidToken);
    expect(await exchange({ refresh_token })).toEqual(invalid('subject_id'));
    expect(await exchange({ refresh_token, subject_id: 'me' })).toEqual(invalid('subject_id'));
    const next = await deribit.rpc(authorize, { grant_type: 'refresh_token', refresh_token }, {});
    expect(next.status).toBe(200);
  });

  it('private/logout is for connections, which HTTP has not', async () => {
    const logout = async (headers: Readonly<Record<string, string>>): Promise<unknown> =>
      outcome(await deribit.rpc('private/logout', {}, headers));
    expect(await logout(asOwner('alice'))).toEqual([400, 10030, 'must_be_websocket_request', undefined]);
    expect(await logout({})).toEqual([401, 10000, 'authorization_required', expect.anything()]);
  });
});
