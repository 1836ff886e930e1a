import request from 'supertest';
import type { NewKey } from '../../lib/index.js';
import { basic } from '../tokens/token-app.js';
import type { Scope, TestInstance } from '../harness/instance.js';
import { asKey, createDeribitApp } from './deribit-app.js';
import { signedAsCcxt } from './deribit-signing.js';
import { createYativoApp } from './yativo-app.js';
import { theApp } from '../harness/the-app.js';

const limited = {
  rateLimits: [{ name: 'minute', limit: 3, windowSeconds: 60 }],
  credits: { remaining: 10 },
} as const satisfies Partial<NewKey<Scope>>;

let instance: TestInstance | undefined;
afterEach(() => instance?.apiKeys.close());

/** What a key has left, and which verdicts were counted for it. */
async function usedOf({ apiKeys }: TestInstance, id: string): Promise<object> {
  const key = await apiKeys.keys.as(theApp).get({ id });
  const usage = await apiKeys.keys.as(theApp).usage({ id });
  return { credits: key?.credits?.remaining, buckets: usage.items };
}

describe('a credential that is refused because it is not from here', () => {
  it('P8: a native token at the Yativo router uses nothing of its key, held or not', async () => {
    const yativo = createYativoApp();
    ({ instance } = yativo);
    await instance.apiKeys.ready();
    yativo.app.use('/oauth', instance.apiKeys.tokenRouter());
    const native = await instance.key(limited);
    const { body } = await request(yativo.app)
      .post('/oauth/token')
      .type('form')
      .set(basic(native.id, native.token.slice(-49, -6)))
      .send({ grant_type: 'client_credentials' })
      .expect(200);
    const token = body.access_token as string;
    const before = await usedOf(instance, native.id);
    const tryAtYativo = async (times: number): Promise<void> => {
      for (let count = 0; count < times; count += 1) {
        const answer = await request(yativo.app)
          .get('/yativo/api/v1/apikey')
          .set('Authorization', `Bearer ${token}`);
        expect([answer.status, answer.headers['ratelimit']]).toEqual([401, undefined]);
      }
    };
    await tryAtYativo(12);
    expect(await usedOf(instance, native.id)).toEqual(before);
    // Once the token has been verified, it is cached, and the decision is made in another place.
    expect((await yativo.orders(token)).status).toBe(200);
    await tryAtYativo(12);
    expect(await usedOf(instance, native.id)).toMatchObject({ credits: 9 });
    expect((await yativo.orders(token)).status).toBe(200);
    expect((await yativo.orders(token)).status).toBe(200);
    expect((await yativo.orders(token)).status).toBe(429);
  });

  it('P8: the signature of a native key uses nothing of it at the Deribit router', async () => {
    const deribit = createDeribitApp();
    instance = deribit;
    await deribit.apiKeys.ready();
    const native = await deribit.apiKeys.keys.as(theApp).create({
      ...{ ownerId: 'alice', name: 'CI', scopes: ['orders:read'], signing: 'hmac' },
      ...limited,
    });
    const before = await usedOf(deribit, native.id);
    const target = '/api/v2/private/list_api_keys';
    for (let count = 0; count < 12; count += 1) {
      const key = { client_id: native.id, client_secret: native.key };
      const headers = signedAsCcxt({ key, target, now: deribit.clock.now(), nonce: `nonce${count}` });
      expect((await request(deribit.app).get(target).set(headers)).status).toBe(401);
    }
    expect(await usedOf(deribit, native.id)).toEqual(before);
  });
});

describe('a call that needs more than its key holds', () => {
  it('P8: takes nothing from limits and credits of a key of Deribit', async () => {
    const deribit = createDeribitApp();
    instance = deribit;
    await deribit.apiKeys.ready();
    const key = await deribit.newKey({ max_scope: 'account:read' });
    const [record] = (await deribit.apiKeys.keys.as(theApp).list({ keyspace: 'deribit' })).items;
    await deribit.apiKeys.keys.as(theApp).update({ id: record?.id ?? '', ...limited });
    for (let count = 0; count < 6; count += 1) {
      const { error } = await deribit.rpc('private/create_api_key', { max_scope: '' }, asKey(key));
      expect(error?.code).toBe(13403);
    }
    expect(await usedOf(deribit, record?.id ?? '')).toMatchObject({ credits: 10 });
    const answer = await deribit.rpc('private/list_api_keys', {}, asKey(key));
    expect(answer.status).toBe(200);
  });
});

describe('what can be used once', () => {
  it('P8: a signature that is refused for the scope of its key is not used up', async () => {
    const deribit = createDeribitApp();
    instance = deribit;
    await deribit.apiKeys.ready();
    const { apiKeys, app } = deribit;
    app.get('/signed', apiKeys.requireApiKey('orders:write', { signed: 'required' }), (_req, res) => {
      res.json({});
    });
    const native = await apiKeys.keys.as(theApp).create({
      ...{ ownerId: 'alice', name: 'CI', scopes: ['orders:read'], signing: 'hmac' },
    });
    const key = { client_id: native.id, client_secret: native.key };
    const headers = signedAsCcxt({ key, target: '/signed', now: deribit.clock.now() });
    const send = async (): Promise<string> => {
      const { status, body } = await request(app).get('/signed').set(headers);
      return `${status} ${String(body.code)}`;
    };
    expect([await send(), await send()]).toEqual(['403 insufficient_scope', '403 insufficient_scope']);
    await apiKeys.keys.as(theApp).update({ id: native.id, scopes: ['orders:write'] });
    expect([await send(), await send()]).toEqual(['200 undefined', '401 signature_replayed']);
  });
});
