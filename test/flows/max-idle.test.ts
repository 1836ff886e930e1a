import { randomBytes } from 'node:crypto';
import express from 'express';
import request from 'supertest';
import { nebulaRouter } from '../../lib/dialects/index.js';
import type { ApiKeysOptions, ExpiryNoticeMessage, PolicyOption } from '../../lib/index.js';
import type { KeyStore } from '../../lib/store/index.js';
import { memoryStore } from '../../lib/testing/index.js';
import { createInstance, type Scope, type TestInstance } from '../harness/instance.js';
import { hmacAuthorization } from '../harness/signing.js';
import { theApp } from '../harness/the-app.js';
import { waitUntil } from '../servers/wait-until.cjs';

const dayMs = 24 * 60 * 60 * 1000;
const minuteMs = 60_000;
const instances: TestInstance[] = [];
afterEach(async () => {
  await Promise.all(instances.splice(0).map(({ apiKeys }) => apiKeys.close()));
});

async function start(
  policy: PolicyOption | undefined,
  options: Partial<ApiKeysOptions<Scope>> = {},
): Promise<TestInstance> {
  const instance = createInstance({ ...(policy && { policy }), ...options });
  instances.push(instance);
  await instance.apiKeys.ready();
  return instance;
}

const policy: PolicyOption = { maxIdleDays: 30 };
const idle = { allowed: false, code: 'key_expired', reason: 'idle' };

/** What a request with the key gets: `allowed`, or the code and the reason. */
async function use({ apiKeys }: TestInstance, token: string): Promise<unknown> {
  const { allowed, ...verdict } = await apiKeys.keys.verify({ key: token, scopes: 'orders:read' });
  return allowed || ['code' in verdict && verdict.code, 'reason' in verdict && verdict.reason];
}
const asIdle = ['key_expired', 'idle'];

/** Uses the key, and waits until the use is written. */
async function useAndWrite(
  instance: TestInstance,
  { id, token }: { id: string; token: string },
  at = instance.clock.now(),
): Promise<void> {
  expect(await use(instance, token)).toBe(true);
  const keys = instance.apiKeys.keys.as(theApp);
  const isWritten = async (): Promise<boolean> => (await keys.get({ id }))?.lastUsedAt?.getTime() === at;
  await waitUntil('the use is written', isWritten);
}

describe('policy.maxIdleDays', () => {
  it('counts from creation, and again from every use', async () => {
    const instance = await start(policy);
    const { apiKeys, clock } = instance;
    const key = await instance.key();
    const { key: unused } = await apiKeys.keys
      .as(theApp)
      .create({ ownerId: 'bob', name: 'x', scopes: ['orders:read'] });
    clock.advance(29 * dayMs);
    await useAndWrite(instance, key);
    clock.advance(29 * dayMs);
    await useAndWrite(instance, key);
    expect(await use(instance, unused)).toEqual(asIdle);
    const shown = await apiKeys.keys.as(theApp).get({ id: key.id });
    expect(shown).toMatchObject({ state: 'active', maxIdleDays: 30, expiresAt: null });
    expect(shown?.idleAt).toEqual(new Date(clock.now() + 30 * dayMs));
    clock.advance(30 * dayMs - 1);
    expect(await use(instance, key.token)).toBe(true);
  });

  it('accepts a key for five minutes after its end, which is no use, and then refuses it', async () => {
    const instance = await start(policy);
    const { apiKeys, clock } = instance;
    const { id, token } = await instance.key();
    const keys = apiKeys.keys.as(theApp);
    const idleAt = (await keys.get({ id }))?.idleAt;
    clock.advance(30 * dayMs);
    expect(await use(instance, token)).toBe(true);
    clock.advance(5 * minuteMs - 1);
    expect(await use(instance, token)).toBe(true);
    // What was a use is written with the use of another key.
    await useAndWrite(instance, await instance.key());
    expect((await keys.get({ id }))?.state).toBe('active');
    clock.advance(1);
    expect(await apiKeys.keys.verify({ key: token })).toMatchObject({ ...idle, keyId: id });
    expect(await keys.get({ id })).toMatchObject({ state: 'expired', lastUsedAt: null, idleAt });
    await apiKeys.close();
    expect(await use(await start(policy, { clock }), token)).toEqual(['invalid_token', false]);
  });

  it('tells the reason to holders of the secret alone, and not where refusals are opaque', async () => {
    const store = memoryStore();
    const instance = await start(policy, { store });
    const opaque = await start(policy, { store, clock: instance.clock, refusals: { opaque: true } });
    const { token } = await instance.key();
    instance.clock.advance(31 * dayMs);
    const ask = async ({ apiKeys }: TestInstance, key: string): Promise<request.Response> =>
      request(express().get('/', apiKeys.requireApiKey())).get('/').set('X-API-Key', key);
    const { status, headers, body } = await ask(instance, token);
    expect([status, headers['www-authenticate']]).toEqual([401, expect.stringContaining('invalid_token')]);
    expect(body).toMatchObject({
      code: 'key_expired',
      reason: 'idle',
      detail: expect.stringContaining('not used'),
    });
    expect((await ask(opaque, token)).body).not.toHaveProperty('reason');
    const other = token.replace(/.{6}$/, 'AAAAAA');
    expect((await ask(instance, other)).body).toMatchObject({ code: 'invalid_token' });
  });

  it('is what applied when the key was created, or what applies now where it is enforced', async () => {
    const store = memoryStore();
    const lax = await start(undefined, { store });
    const { clock } = lax;
    const before = await lax.key({ name: 'before' });
    const strict = await start(policy, { store, clock });
    const bound = await strict.key({ name: 'bound' });
    const enforcing = await start({ maxIdleDays: 20, enforceOnExisting: true }, { store, clock });
    clock.advance(21 * dayMs);
    expect(await Promise.all([before, bound].map(({ token }) => use(enforcing, token)))).toEqual([
      asIdle,
      asIdle,
    ]);
    const keys = enforcing.apiKeys.keys.as(theApp);
    const namesBy = async (state: 'expired' | 'active', of = keys): Promise<string[]> =>
      (await of.list({ state })).items.map(({ name }) => name).sort();
    expect([await namesBy('expired'), await namesBy('active')]).toEqual([['before', 'bound'], []]);
    expect(await keys.get({ id: bound.id })).toMatchObject({ maxIdleDays: 20, state: 'expired' });
    clock.advance(10 * dayMs);
    const others = strict.apiKeys.keys.as(theApp);
    expect(await namesBy('expired', others)).toEqual(['bound']);
    expect(await Promise.all([before, bound].map(({ token }) => use(strict, token)))).toEqual([true, asIdle]);
    expect(await use(lax, bound.token)).toEqual(asIdle);
  });

  it('is ended by a rotation, after which the old secret works no more, not even in a grace period', async () => {
    const instance = await start(policy);
    const { apiKeys, clock } = instance;
    const keys = apiKeys.keys.as(theApp);
    const [{ id, token }, other] = [await instance.key(), await instance.key()];
    clock.advance(31 * dayMs);
    expect(await use(instance, token)).toEqual(asIdle);
    for (const grace of [
      { gracePeriodSeconds: 3600 },
      { gracePeriodSeconds: 3600, graceStartsOnFirstUse: true },
    ]) {
      const rotated = await keys.rotate({ id, ...grace });
      expect(rotated).toMatchObject({
        state: 'active',
        previousSecretEndsAt: null,
        graceFromFirstUseSeconds: null,
      });
      expect(await use(instance, token)).toEqual(['secret_rotated', false]);
      expect(await use(instance, rotated.key)).toBe(true);
      clock.advance(31 * dayMs);
      expect(await use(instance, rotated.key)).toEqual(asIdle);
    }
    // While it is disabled, a key cannot be used.
    await keys.update({ id: other.id, enabled: false });
    clock.advance(31 * dayMs);
    await keys.update({ id: other.id, enabled: true });
    expect(await use(instance, other.token)).toBe(true);
    clock.advance(31 * dayMs);
    await keys.update({ id: other.id, name: 'renamed' });
    expect(await use(instance, other.token)).toEqual(asIdle);
  });

  it('holds for access tokens, signatures, and the keys of compatibility routers', async () => {
    const tokens = { issuer: 'http://127.0.0.1' };
    const instance = await start(policy, { tokens, signatures: {} });
    const { apiKeys, clock } = instance;
    const app = express();
    app.use('/oauth', apiKeys.tokenRouter());
    app.use('/nebula', nebulaRouter(apiKeys, { verifyAccessToken: (owner) => owner, maxIdleDays: 10 }));
    const guard = apiKeys.requireApiKey('orders:read', { signed: 'accepted' });
    app.get('/orders', guard, (_req, res) => void res.json({ code: 'allowed' }));
    const { id, token: secret } = await instance.key({ signing: 'hmac' });
    const form = { grant_type: 'client_credentials', client_id: id, client_secret: secret };
    const requestToken = async (): Promise<request.Response> =>
      request(app).post('/oauth/token').type('form').send(form);
    const send = async (authorization: string): Promise<unknown> => {
      const { body } = await request(app).get('/orders').set('Authorization', authorization);
      return body.reason ?? body.code;
    };
    let nonces = 0;
    const sign = (): string =>
      hmacAuthorization(id, secret, {
        ...{ method: 'GET', target: '/orders', body: '', ts: clock.now(), nonce: `n${(nonces += 1)}` },
      });
    // Within the tolerance nothing is a use.
    clock.advance(30 * dayMs + 4 * minuteMs + 30_000);
    const bearer = `Bearer ${(await requestToken()).body.access_token}`;
    expect([await send(bearer), await send(sign())]).toEqual(['allowed', 'allowed']);
    clock.advance(30_000);
    expect([await send(bearer), await send(sign())]).toEqual(['idle', 'idle']);
    const { status, body: refused } = await requestToken();
    expect([status, refused.error]).toEqual([401, 'invalid_client']);
    expect(refused.error_description).toContain('was not used for too long');

    const made = await request(app)
      .post('/nebula/api-keys')
      .set('Authorization', 'Bearer bob')
      .send({ name: 'n' });
    const nebulaKey = (made.body as { data: { key: string } }).data.key;
    clock.advance(10 * dayMs);
    expect(await use(instance, nebulaKey)).toBe(true);
    clock.advance(5 * minuteMs);
    expect(await use(instance, nebulaKey)).toEqual(asIdle);
  });
});

describe.each(['one store', 'one store and Redis'])('idle keys over two processes with %s', (place) => {
  function shared(store: KeyStore): Partial<ApiKeysOptions<Scope>> {
    const client = process.env['TEST_REDIS_URL'] ?? '';
    const keyPrefix = `idle-${randomBytes(6).toString('hex')}:`;
    return { store, ...(place === 'one store' ? {} : { redis: { client, keyPrefix } }) };
  }

  it('a use in one of them is one in the other, whose copy does not have it', async () => {
    const options = shared(memoryStore());
    const one = await start(policy, options);
    const { clock } = one;
    const two = await start(policy, { ...options, clock });
    const key = await one.key();
    clock.advance(30 * dayMs - 30_000);
    // Both have a copy that was made before the use.
    const verify = async (instance: TestInstance): Promise<unknown> => {
      const verdict = await instance.apiKeys.keys.verify({ key: key.token, scopes: 'users:read' });
      return 'code' in verdict && verdict.code;
    };
    expect([await verify(one), await verify(two)]).toEqual(['insufficient_scope', 'insufficient_scope']);
    clock.advance(10_000);
    await useAndWrite(one, key);
    clock.advance(30_000);
    // The copy says that the key is past its end; it is read again, so that this counts.
    await useAndWrite(two, key, clock.now());
    clock.advance(5 * minuteMs);
    expect(await use(two, key.token)).toBe(true);
    clock.advance(29 * dayMs);
    expect(await use(two, key.token)).toBe(true);
  });

  it('a use in time counts although it is written minutes later', async () => {
    const store = memoryStore();
    let release = (): void => {};
    const isReleased = new Promise<void>((resolve) => (release = resolve));
    const slow: KeyStore = {
      ...store,
      async recordUse(uses) {
        await isReleased;
        await store.recordUse(uses);
      },
    };
    const options = shared(store);
    const one = await start(policy, { ...options, store: slow });
    const { clock } = one;
    const two = await start(policy, { ...options, clock });
    const key = await one.key();
    clock.advance(30 * dayMs - 1);
    expect(await use(one, key.token)).toBe(true);
    for (let minutes = 0; minutes < 5; minutes += 1) {
      expect(await use(two, key.token)).toBe(true);
      if (minutes < 4) clock.advance(minuteMs);
    }
    release();
    const keys = two.apiKeys.keys.as(theApp);
    await waitUntil('the use is written', async () => (await keys.get({ id: key.id }))?.lastUsedAt !== null);
    clock.advance(2 * minuteMs);
    expect([await use(one, key.token), await use(two, key.token)]).toEqual([true, true]);
  });

  it('an idle key is read once, however often it is refused', async () => {
    const store = memoryStore();
    let reads = 0;
    const counting: KeyStore = {
      ...store,
      async find(...key) {
        reads += 1;
        return store.find(...key);
      },
    };
    const instance = await start(policy, { ...shared(store), store: counting });
    const { token } = await instance.key();
    instance.clock.advance(31 * dayMs);
    reads = 0;
    for (let times = 0; times < 20; times += 1) expect(await use(instance, token)).toEqual(asIdle);
    expect(reads).toBe(1);
  });
});

describe('notices of keys that become idle', () => {
  it('come once for each idle end and threshold, and not for thresholds of more than half of the days', async () => {
    const store = memoryStore();
    const heard: string[] = [];
    const instance = await start(policy, { store });
    const { clock } = instance;
    const key = await instance.key({ name: 'unused' });
    await (await start({ maxIdleDays: 15 }, { store, clock })).key({ name: 'short' });
    const look = async (): Promise<void> => {
      let isDone = false;
      const watched: KeyStore = {
        ...store,
        async list(query) {
          const found = await store.list(query);
          // Where no key is idle soon, that is all that is asked.
          const isEmpty = query.idle !== undefined && found.length === 0;
          isDone ||= query.idle?.withoutNotice === (14 * dayMs) / 1000 || (isEmpty && query.limit === 1);
          return found;
        },
      };
      const notify = ({ apiKey, reason, thresholdDays }: ExpiryNoticeMessage): void =>
        void heard.push(`${apiKey.name} ${reason} ${thresholdDays}`);
      const sweeping = await start(policy, { store: watched, clock, expiryNotices: { notify } });
      await waitUntil('it has looked', () => isDone);
      await sweeping.apiKeys.close();
    };
    clock.advance(13 * dayMs);
    await look();
    expect(heard.splice(0)).toEqual(['short idle 3']);
    clock.advance(4 * dayMs);
    await look();
    await look();
    expect(heard.splice(0)).toEqual(['unused idle 14']);
    await useAndWrite(instance, key);
    await look();
    expect(heard.splice(0)).toEqual([]);
    clock.advance(17 * dayMs);
    await look();
    expect(heard.splice(0)).toEqual(['unused idle 14']);
    clock.advance(11 * dayMs);
    await look();
    expect(heard.splice(0)).toEqual(['unused idle 3']);
    const { items } = await instance.apiKeys.audit.as(theApp).list({ action: 'key.expiring' });
    expect(items).toHaveLength(4);
  });
});
