import request from 'supertest';
import { deltadefiRouter, type DeltadefiOptions } from '../../lib/dialects/index.js';
import type { ApiKeysOptions } from '../../lib/index.js';
import { memoryStore } from '../../lib/testing/index.js';
import type { Scope } from '../harness/instance.js';
import { createDeltadefiApp, jwtOf, type DeltadefiApp } from './deltadefi-app.js';
import { sendRaw } from './send-raw.js';
import { serveApp } from './serve-app.js';
import { theApp } from '../harness/the-app.js';

const newKeyPath = '/accounts/new-api-key';
const keyPattern = /^dk_live_[0-9a-z]{40}$/;
const unauthorized = { error: 'Unauthorized access', code: 4010, msg: 'Unauthorized access' };
const invalidData = { error: 'Invalid request data', code: 4000, msg: 'Invalid request data' };
const walletAddress =
  'addr1qx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzer3n0d3vllmyqwsx5wktcd8cc3sq835lu7drv2xwl2wywfgse35a3x';

describe('the DeltaDeFi router', () => {
  const started: DeltadefiApp[] = [];
  afterEach(() => Promise.all(started.splice(0).map(({ apiKeys }) => apiKeys.close())));

  async function start(
    options: Partial<DeltadefiOptions> = {},
    instanceOptions: Partial<ApiKeysOptions<Scope>> = {},
  ): Promise<DeltadefiApp> {
    const deltadefi = createDeltadefiApp(options, instanceOptions);
    started.push(deltadefi);
    await deltadefi.apiKeys.ready();
    return deltadefi;
  }

  const askWith = (deltadefi: DeltadefiApp, credential: string): request.Test =>
    request(deltadefi.app).get(newKeyPath).set('X-API-KEY', credential);
  async function newKey(deltadefi: DeltadefiApp, credential = jwtOf('alice')): Promise<string> {
    const answer = await askWith(deltadefi, credential).expect(200);
    return (answer.body as { api_key: string }).api_key;
  }
  const useOf = async ({ app }: DeltadefiApp, key: string, method: 'get' | 'post' = 'get') =>
    (await request(app)[method]('/orders').set('X-API-Key', key)).status;

  it('DD1 serves GET as documented and POST besides; HEAD and OPTIONS make nothing', async () => {
    const deltadefi = await start();
    const first = await newKey(deltadefi);
    for (const method of ['head', 'options'] as const) {
      const answer = await request(deltadefi.app)[method](newKeyPath).set('X-API-KEY', first);
      expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', allow: 'GET, OPTIONS, POST' });
      expect(answer.headers).not.toHaveProperty('etag');
    }
    expect(await useOf(deltadefi, first)).toBe(200);
    const posted = await request(deltadefi.app).post(newKeyPath).set('X-API-KEY', first).expect(200);
    expect(posted.body.api_key).toMatch(keyPattern);
    expect(posted.headers).toMatchObject({ 'cache-control': 'no-store', pragma: 'no-cache' });
    expect(posted.headers).not.toHaveProperty('etag');
    await request(deltadefi.app).put(newKeyPath).expect(405, invalidData);
  });

  it('DD2 takes a key or a JWT in X-API-KEY, else in Authorization, raw or as Bearer', async () => {
    const deltadefi = await start();
    const statusWith = async (headers: Record<string, string>) =>
      (await request(deltadefi.app).get('/accounts/api-key').set(headers)).status;
    const key = await newKey(deltadefi);
    for (const credential of [key, jwtOf('alice')]) {
      expect(await statusWith({ 'X-API-KEY': credential })).toBe(200);
      expect(await statusWith({ Authorization: credential })).toBe(200);
      expect(await statusWith({ Authorization: `Bearer ${credential}` })).toBe(200);
      expect(await statusWith({ 'X-API-KEY': '', Authorization: credential })).toBe(200);
      expect(await statusWith({ 'X-API-KEY': credential, Authorization: 'something.else.there' })).toBe(200);
      expect(await statusWith({ 'X-API-KEY': 'dk_live_wrong', Authorization: credential })).toBe(401);
      expect(await statusWith({ Authorization: `Basic ${credential}` })).toBe(401);
    }
    expect(await statusWith({ 'X-API-KEY': '' })).toBe(401);
    const forged = jwtOf('alice').replace(/c2ln$/, 'b3Ro');
    expect(await statusWith({ 'X-API-KEY': forged })).toBe(401);
  });

  it('DD2 never asks the app about an empty token', async () => {
    const asked: string[] = [];
    const verifyAccessToken = (token: string): string => {
      asked.push(token);
      return 'somebody without a token';
    };
    const { app } = await start({ verifyAccessToken });
    for (const value of ['Bearer', 'Bearer ']) {
      await request(app).get(newKeyPath).set('Authorization', value).expect(401, unauthorized);
    }
    expect(asked).toEqual([]);
  });

  it('DD2 refuses one header twice, because nobody knows which one counts', async () => {
    const deltadefi = await start();
    await serveApp(deltadefi.app, async (url) => {
      const line = `X-API-KEY: ${jwtOf('alice')}`;
      const lines = [`GET ${newKeyPath} HTTP/1.1`, 'Host: a', line, line];
      expect(await sendRaw(url, lines)).toMatch(/^HTTP\/1\.1 400 .*"code":4000/s);
    });
  });

  it('DD4, DD5 shows the key masked at /accounts/api-key, and says when there is none', async () => {
    const deltadefi = await start();
    const show = (owner: string): request.Test =>
      request(deltadefi.app).get('/accounts/api-key').set('X-API-KEY', jwtOf(owner));
    const none = await show('alice').expect(404);
    expect(none.body).toEqual({ error: 'API key not found', code: 4000, msg: 'API key not found' });
    const key = await newKey(deltadefi);
    const shown = { api_key: `dk_live_…${key.slice(-4)}`, created_at: '2026-06-01T00:00:00Z' };
    expect((await show('alice').expect(200)).body).toEqual(shown);
    const byKey = await request(deltadefi.app).get('/accounts/api-key').set('X-API-KEY', key).expect(200);
    expect(byKey.body).toEqual(shown);
    expect((await show('bob').expect(404)).body).toEqual(none.body);
    await request(deltadefi.app)
      .get('/accounts/spot-account')
      .set('X-API-KEY', key)
      .expect(404, /Cannot GET/);
  });

  it('DD6, DD7 says every error with error, code and msg, whatever is wrong with the key', async () => {
    const deltadefi = await start();
    const old = await newKey(deltadefi);
    const key = await newKey(deltadefi);
    const wrongSecret = `dk_live_${key.slice(8, 16)}${old.slice(16)}`;
    const native = await deltadefi.key();
    const absent = await request(deltadefi.app).get(newKeyPath).expect(401);
    expect(absent.body).toEqual(unauthorized);
    expect(absent.headers['www-authenticate']).toBe('ApiKey realm="deltadefi", header="x-api-key"');
    for (const wrong of [old, wrongSecret, `${key}0`, 'dk_live_', '4125f1d7', native.token]) {
      const refused = await askWith(deltadefi, wrong).expect(401);
      expect(refused.body).toEqual(unauthorized);
    }
    expect(await useOf(deltadefi, key)).toBe(200);
  });

  it('DD6 answers 500 as documented when the app fails, and tells operators why', async () => {
    const deltadefi = await start({
      verifyAccessToken: () => Promise.reject(new Error('the session store of the app')),
    });
    const failed = await askWith(deltadefi, jwtOf('alice')).expect(500);
    expect(failed.body).toEqual({ error: 'Internal Server Error', code: 5000, msg: 'Internal Server Error' });
    expect(deltadefi.log.join()).toContain('the DeltaDeFi router failed');
  });

  it('DD6 answers 503 before the instance is ready', async () => {
    const store = { ...memoryStore(), open: () => Promise.reject(new Error('away')) };
    const deltadefi = createDeltadefiApp({}, { store });
    started.push(deltadefi);
    const away = await askWith(deltadefi, `dk_live_${'0'.repeat(40)}`).expect(503);
    expect(away.body).toMatchObject({ code: 5001, error: 'System resources temporaily unavailable' });
    expect(away.headers['retry-after']).toBe('1');
  });

  it('DD6 answers 429 when a limit of the key is used up', async () => {
    const deltadefi = await start();
    const key = await newKey(deltadefi);
    const { body } = await request(deltadefi.app).get('/admin/keys?keyspace=deltadefi').expect(200);
    const rateLimits = [{ name: 'minute', limit: 1, windowSeconds: 60 }];
    const { id } = body.items[0] as { id: string };
    await request(deltadefi.app).patch(`/admin/keys/${id}`).send({ rateLimits }).expect(200);
    const show = () => request(deltadefi.app).get('/accounts/api-key').set('X-API-KEY', key);
    await show().expect(200);
    const limited = await show().expect(429);
    expect(limited.body).toMatchObject({
      code: 4290,
      error: 'Rate limit exceeded, please try again later',
    });
    expect(Number(limited.headers['retry-after'])).toBeGreaterThan(0);
  });

  it('DD8, DD9 always answers with api_key and created_at, in seconds', async () => {
    const deltadefi = await start();
    deltadefi.clock.advance(1_234);
    const { body } = await askWith(deltadefi, jwtOf('alice')).expect(200);
    expect(body).toEqual({
      api_key: expect.stringMatching(keyPattern) as string,
      created_at: '2026-06-01T00:00:01Z',
    });
  });

  it('DD10 a new key ends the one before, of its owner and of this keyspace alone', async () => {
    const deltadefi = await start();
    const native = await deltadefi.key();
    const ofBob = await newKey(deltadefi, jwtOf('bob'));
    const first = await newKey(deltadefi);
    const second = await newKey(deltadefi, first);
    const statuses = [first, second, ofBob, native.token].map((key) => useOf(deltadefi, key));
    expect(await Promise.all(statuses)).toEqual([401, 200, 200, 200]);
  });

  it('DD10 leaves one key of many that are asked for at once, also by the key itself', async () => {
    const deltadefi = await start();
    const current = await newKey(deltadefi);
    const answers = await Promise.all(
      [current, jwtOf('alice'), current, jwtOf('alice'), current].map((each) => askWith(deltadefi, each)),
    );
    const made = answers.flatMap(({ status, body }) => (status === 200 ? [String(body.api_key)] : []));
    const refused = answers.filter(({ status }) => status !== 200);
    expect(made.length).toBeGreaterThanOrEqual(2);
    for (const { status, body } of refused) expect([status, body]).toEqual([401, unauthorized]);
    const statuses = await Promise.all([current, ...made].map((key) => useOf(deltadefi, key)));
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(await useOf(deltadefi, current)).toBe(401);
  });

  it('DD10 makes as many keys as are asked for with singleKey: false', async () => {
    const deltadefi = await start({ singleKey: false });
    const keys = [await newKey(deltadefi), await newKey(deltadefi)];
    expect(await Promise.all(keys.map((key) => useOf(deltadefi, key)))).toEqual([200, 200]);
  });

  it('DD11 ends the old key at once, and a JWT makes another when the answer was lost', async () => {
    const deltadefi = await start();
    const lost = await newKey(deltadefi);
    await newKey(deltadefi, lost);
    await askWith(deltadefi, lost).expect(401, unauthorized);
    expect(await useOf(deltadefi, await newKey(deltadefi))).toBe(200);
  });

  it('DD11 lets the old key live on for graceMs', async () => {
    const deltadefi = await start({ graceMs: 60_000 });
    const old = await newKey(deltadefi);
    deltadefi.clock.advance(1_000);
    const next = await newKey(deltadefi, old);
    expect([await useOf(deltadefi, old), await useOf(deltadefi, next)]).toEqual([200, 200]);
    const shown = await request(deltadefi.app).get('/accounts/api-key').set('X-API-KEY', old).expect(200);
    const created_at = '2026-06-01T00:00:01Z';
    expect(shown.body).toEqual({ api_key: `dk_live_…${next.slice(-4)}`, created_at });
    deltadefi.clock.advance(60_000);
    expect([await useOf(deltadefi, old), await useOf(deltadefi, next)]).toEqual([401, 200]);
    const both = await Promise.all([askWith(deltadefi, next), askWith(deltadefi, jwtOf('alice'))]);
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
  });

  it('DD11 replaces a disabled key by another one, with graceMs too', async () => {
    const deltadefi = await start({ graceMs: 60_000 });
    const old = await newKey(deltadefi);
    const { items } = await deltadefi.apiKeys.keys.as(theApp).list({ keyspace: 'deltadefi' });
    await deltadefi.apiKeys.keys.as(theApp).update({ id: items[0]?.id ?? '', enabled: false });
    const next = await newKey(deltadefi);
    expect([await useOf(deltadefi, old), await useOf(deltadefi, next)]).toEqual([401, 200]);
  });

  it('DD12 gives keys all scopes of the app, or defaultScopes', async () => {
    const all = await start();
    expect(await useOf(all, await newKey(all), 'post')).toBe(200);
    const some = await start({ defaultScopes: ['orders:read'] });
    const key = await newKey(some);
    expect([await useOf(some, key), await useOf(some, key, 'post')]).toEqual([200, 403]);
  });

  it('DD12 lets a key from before replace itself with as much as it has', async () => {
    const store = memoryStore();
    const before = await start({ defaultScopes: ['orders:read'] }, { store });
    const old = await newKey(before);
    const { items } = await before.apiKeys.keys.as(theApp).list({ keyspace: 'deltadefi' });
    await before.apiKeys.keys.as(theApp).update({ id: items[0]?.id ?? '', ipAllowlist: ['127.0.0.1'] });
    const now = await start({}, { store });
    const next = await newKey(now, old);
    expect([await useOf(now, next), await useOf(now, next, 'post')]).toEqual([200, 403]);
    const listed = await now.apiKeys.keys.as(theApp).list({ keyspace: 'deltadefi', state: 'active' });
    expect(listed.items[0]).toMatchObject({ ipAllowlist: ['127.0.0.1'], scopes: ['orders:read'] });
    expect(await useOf(now, await newKey(now), 'post')).toBe(200);
  });

  it('signs in at /accounts/signin', async () => {
    const seen: unknown[] = [];
    const signedIn = { token: 'a.b.c', user_id: 'u-1', is_first_time: true, is_onboarding_ready: false };
    const deltadefi = await start({
      signIn: (wallet) => {
        seen.push(wallet);
        return wallet.referral_code === 'blocked' ? null : { ...signedIn, password: 'hash' };
      },
    });
    const post = (body: object): request.Test => request(deltadefi.app).post('/accounts/signin').send(body);
    const answer = await post({ wallet_address: walletAddress.toUpperCase(), referral_code: 'r' }).expect(
      200,
    );
    expect(answer.body).toEqual(signedIn);
    expect(answer.headers['cache-control']).toBe('no-store');
    await post({ wallet_address: walletAddress, referral_code: '', unknown: 1 }).expect(200);
    expect(seen).toEqual([
      { wallet_address: walletAddress, referral_code: 'r' },
      { wallet_address: walletAddress },
    ]);
    await post({ wallet_address: walletAddress, referral_code: 'blocked' }).expect(401, unauthorized);
    for (const wrong of [{}, { wallet_address: 7 }, { wallet_address: walletAddress.replace('q', 'p') }]) {
      await post(wrong).expect(400, invalidData);
    }
    await post({ wallet_address: walletAddress, referral_code: 7 }).expect(400, invalidData);
    await request(deltadefi.app).post('/accounts/signin').expect(400, invalidData);
    expect(seen).toHaveLength(3);
  });

  it('is 500 when signIn answers something else, and 404 without it', async () => {
    const broken = await start({ signIn: () => ({ token: 'a.b.c' }) as never });
    const post = ({ app }: DeltadefiApp): request.Test =>
      request(app).post('/accounts/signin').send({ wallet_address: walletAddress });
    await post(broken).expect(500, /"code":5000/);
    expect(broken.log.join()).toContain('the DeltaDeFi router failed');
    await post(await start()).expect(404, /Cannot POST/);
  });

  it('has its keys seen and revoked in the native admin API', async () => {
    const deltadefi = await start();
    const key = await newKey(deltadefi);
    const { body } = await request(deltadefi.app).get('/admin/keys?keyspace=deltadefi').expect(200);
    expect(body.items).toHaveLength(1);
    const [{ id, ownerId }] = body.items as [{ id: string; ownerId: string }];
    expect(ownerId).toBe('alice');
    await request(deltadefi.app).post(`/admin/keys/${id}/revoke`).send({}).expect(200);
    expect(await useOf(deltadefi, key)).toBe(401);
    await askWith(deltadefi, key).expect(401, unauthorized);
  });

  it('writes down whom it refuses, and no secret', async () => {
    const store = memoryStore();
    const deltadefi = await start({}, { store });
    const old = await newKey(deltadefi);
    await newKey(deltadefi);
    await askWith(deltadefi, old).expect(401);
    const paying = await newKey(deltadefi);
    await request(deltadefi.app)
      .patch(`/admin/keys/${paying.slice(8, 16)}`)
      .send({ credits: { remaining: 5 } })
      .expect(200);
    await askWith(deltadefi, paying).expect(403);
    await request(deltadefi.app).get('/accounts/api-key').set('X-API-KEY', jwtOf('bob')).expect(404);
    // What was noted is written at the end.
    await deltadefi.apiKeys.close();
    const later = await start({}, { store });
    const { body } = await request(later.app).get('/admin/audit/access').expect(200);
    expect(body.items).toHaveLength(2);
    expect(body.items).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ code: 'key_revoked', ownerId: 'alice' }),
        expect.objectContaining({
          code: 'forbidden',
          ownerId: 'alice',
          actor: { kind: 'key', id: paying.slice(8, 16) },
        }),
      ]),
    );
    expect(JSON.stringify([body, deltadefi.log])).not.toContain(old.slice(16));
  });

  it('refuses options that make no sense, at mount', async () => {
    const { apiKeys } = await start();
    const verifyAccessToken = () => null;
    const wrong: [object, string][] = [
      [{}, 'verifyAccessToken: takes a function'],
      [{ verifyAccessToken, graceMS: 1 }, "did you mean 'graceMs'?"],
      [{ verifyAccessToken, graceMs: 1_500 }, 'graceMs: takes whole seconds'],
      [{ verifyAccessToken, graceMs: 1_000, singleKey: false }, 'graceMs: needs singleKey'],
      [{ verifyAccessToken, singleKey: 'no' }, 'singleKey: takes true or false'],
      [{ verifyAccessToken, signIn: true }, 'signIn: takes a function'],
      [{ verifyAccessToken, defaultScopes: ['orders:raed'] }, 'defaultScopes must contain only known scopes'],
      [{ verifyAccessToken, defaultScopes: ['orders:*'] }, 'defaultScopes must name scopes one by one'],
      [{ verifyAccessToken }, "a keyspace 'deltadefi' already exists"],
    ];
    for (const [options, message] of wrong) {
      expect(() => deltadefiRouter(apiKeys, options as DeltadefiOptions)).toThrow(message);
    }
    expect(() => deltadefiRouter({} as never, { verifyAccessToken })).toThrow('takes what createApiKeys');
  });
});
