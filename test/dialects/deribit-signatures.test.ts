import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import express, { type Express } from 'express';
import request from 'supertest';
import { deribitRouter } from '../../lib/dialects/index.js';
import { parsePublicKey } from '../../lib/signatures/parse-public-key.js';
import { memoryStore } from '../../lib/testing/index.js';
import { createInstance } from '../harness/instance.js';
import {
  asKey,
  asOwner,
  createDeribitApp,
  ownerOfSession,
  rpcAnswer,
  type DeribitApp,
  type DeribitKey,
  type RpcAnswer,
} from './deribit-app.js';
import { grantByKey, grantBySecret, signedAsCcxt, signedParts, type SignedCall } from './deribit-signing.js';
import { theApp } from '../harness/the-app.js';

const list = '/api/v2/private/list_api_keys';
const pem = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString();

/** What an answer says of a request that is not authenticated. */
const outcome = ({ status, error }: RpcAnswer<unknown>): unknown =>
  error === undefined ? status : [status, error.code, error.message, error.data];
/** The same header with the name that the scheme has outside of the dialect. */
const inNeutralScheme = ({
  Authorization = '',
}: Readonly<Record<string, string>>): Record<string, string> => ({
  Authorization: Authorization.replace(/^deri-/, ''),
});
const badSignature = [401, 13009, 'unauthorized', { reason: 'invalid_signature' }];
const replayed = [401, 13009, 'unauthorized', { reason: 'signature_replayed' }];
const wrongCredentials = [401, 13004, 'invalid_credentials', undefined];

describe('requests that are signed with a secret', () => {
  let deribit: DeribitApp;
  let key: DeribitKey;
  let now: number;

  beforeEach(async () => {
    deribit = createDeribitApp();
    await deribit.apiKeys.ready();
    key = await deribit.newKey();
    now = deribit.clock.now();
  });
  afterEach(() => deribit.apiKeys.close());

  async function get(
    target: string,
    headers: Readonly<Record<string, string>>,
    app: Express = deribit.app,
  ): Promise<RpcAnswer> {
    return rpcAnswer(await request(app).get(target).set(headers));
  }
  const signed = (changes: Partial<SignedCall> = {}): Readonly<Record<string, string>> =>
    signedAsCcxt({ key, target: list, now, ...changes });

  it('DB19 are accepted as ccxt signs them, with the query as it is sent', async () => {
    const target = '/api/v2/private/create_api_key?max_scope=account%3Aread%20trade%3Aread';
    const { status, result, error } = await get(target, signed({ target }));
    expect(error).toBeUndefined();
    expect([status, result.id, result.max_scope]).toEqual([200, 2, 'account:read trade:read']);
  });

  it.each([
    ({ id, ts, sig, nonce }: ReturnType<typeof signedParts>) =>
      `deri-hmac-sha256 id=${id},ts=${ts},nonce=${nonce},sig=${sig}`,
    ({ id, ts, sig, nonce }: ReturnType<typeof signedParts>) =>
      `deri-hmac-sha256 id=${id}, ts=${ts}, sig=${sig}, nonce=${nonce}`,
    ({ id, ts, sig, nonce }: ReturnType<typeof signedParts>) =>
      `DERI-HMAC-SHA256 nonce=${nonce},sig=${sig.toUpperCase()},ts=${ts},id=${id}`,
  ])('DB19 take the four values in any order: %#', async (write) => {
    const Authorization = write(signedParts({ key, target: list, now, nonce: 'abcd' }));
    expect(outcome(await get(list, { Authorization }))).toBe(200);
  });

  it('DB19 count once, and a constant nonce counts with each timestamp', async () => {
    const first = signed({ nonce: 'abcd' });
    expect(outcome(await get(list, first))).toBe(200);
    // Within a second a read may be repeated: see deribit-repeated-reads.test.ts.
    deribit.clock.advance(1001);
    expect(outcome(await get(list, first))).toEqual(replayed);
    expect(outcome(await get(list, signed({ nonce: 'abcd', now: now + 1 })))).toBe(200);
    expect(outcome(await get(list, signed({ nonce: 'abce' })))).toBe(200);
  });

  it('DB19 count for a minute', async () => {
    expect(outcome(await get(list, signed({ now: now - 60_000 })))).toBe(200);
    expect(outcome(await get(list, signed({ now: now - 60_001 })))).toEqual(badSignature);
    expect(outcome(await get(list, signed({ now: now + 60_000 })))).toEqual(badSignature);
  });

  it('DB19 are about method, path, query, body, and this key', async () => {
    const other = await deribit.newKey();
    const wrong = [
      signed({ method: 'POST' }),
      signed({ target: `${list}?a=1` }),
      signed({ target: '/api/v2/private/reset_api_key' }),
      signed({ body: '{}' }),
      signed({ key: { ...key, client_secret: other.client_secret } }),
      signed({ key: { ...key, client_id: 'AAAAAAAA' } }),
    ];
    for (const headers of wrong) expect(outcome(await get(list, headers))).toEqual(badSignature);
  });

  it.each([[undefined], ['application/json'], ['text/plain']])(
    'DB19 sign the bytes of a body of type %s',
    async (type) => {
      const body = `{ "jsonrpc": "2.0", "id": 7,\n  "method": "private/change_api_key_name", "params": {"id": 1, "name": "bot"} }`;
      const target = '/api/v2';
      const send = async (sent: string, nonce: string): Promise<RpcAnswer> => {
        const headers = signed({ method: 'POST', target, body, nonce });
        const call = request(deribit.app).post(target).set(headers);
        return rpcAnswer(await (type === undefined ? call : call.type(type)).send(sent));
      };
      const { status, result, error, body: answer } = await send(body, 'n-1');
      expect(error).toBeUndefined();
      expect([status, result.name, answer['id']]).toEqual([200, 'bot', 7]);
      expect(outcome(await send(body.replace('bot', 'man'), 'n-2'))).toEqual(badSignature);
    },
  );

  it('DB19 name the documented path, or the one that was called', async () => {
    const app = express().use('/exchange', deribit.app);
    async function letIn(mount: string, target: string, path: string): Promise<void> {
      expect(outcome(await get(path, signed({ target, nonce: mount + target }), app))).toBe(200);
    }
    await letIn(
      'a',
      '/exchange/api/v2/private/list_api_keys?x=%2F',
      '/exchange/api/v2/private/list_api_keys?x=%2F',
    );
    await letIn('b', `${list}?x=%2F`, '/exchange/api/v2/private/list_api_keys?x=%2F');
    const third = signed({ target: '/v2/private/list_api_keys' });
    expect(outcome(await get('/exchange/api/v2/private/list_api_keys', third, app))).toEqual(badSignature);
  });

  it('DB19 are refused with another credential beside them, and when they are no such header', async () => {
    const two = await get(`${list}?access_token=x`, signed({ target: `${list}?access_token=x` }));
    expect([two.status, two.error?.code]).toEqual([400, 11050]);
    const half = await get(list, { Authorization: `deri-hmac-sha256 id=${key.client_id}` });
    expect([half.status, half.error?.code]).toEqual([400, 11050]);
  });

  it('DB14 end with the secret', async () => {
    const { result } = await deribit.rpc('private/reset_api_key', { id: key.id });
    const ended = [401, 13009, 'unauthorized', { reason: 'secret_rotated' }];
    expect(outcome(await get(list, signed()))).toEqual(ended);
    const renewed = { ...key, client_secret: result.client_secret };
    expect(outcome(await get(list, signed({ key: renewed })))).toBe(200);
  });

  it('DB19 need more than the hash: a lost pepper ends signing, and nothing else', async () => {
    const store = memoryStore();
    const [before, after] = ['a', 'b'].map((letter) =>
      createDeribitApp({}, { store, pepper: letter.repeat(40), clock: deribit.clock }),
    ) as [DeribitApp, DeribitApp];
    await before.apiKeys.ready();
    const made = await before.newKey();
    expect(outcome(await get(list, signed({ key: made }), before.app))).toBe(200);
    await before.apiKeys.close();
    await after.apiKeys.ready();
    expect(outcome(await get(list, signed({ key: made, nonce: 'new' }), after.app))).toEqual(badSignature);
    expect(outcome(await get(list, asKey(made), after.app))).toBe(200);
    await after.apiKeys.close();
  });

  it('are refused when the key is of the app and not of the dialect', async () => {
    const { apiKeys } = deribit;
    const native = await apiKeys.keys.as(theApp).create({
      ...{ ownerId: 'alice', name: 'Native', scopes: ['orders:read'], signing: 'hmac' },
    });
    const headers = signed({ key: { client_id: native.id, client_secret: native.key } });
    expect(outcome(await get(list, headers))).toEqual(badSignature);
  });

  it('are accepted on routes of the app as well', async () => {
    const app = express();
    const guard = deribit.apiKeys.requireApiKey('orders:read', { signed: 'required' });
    app.get('/orders', guard, (req, res) => void res.json(req.apiKey));
    // Clients of Deribit call the app's own routes in the same way; the neutral name of the scheme works there, too.
    const neutral = await request(app)
      .get('/orders')
      .set(inNeutralScheme(signed({ target: '/orders', nonce: 'neutral' })));
    expect(neutral.status).toBe(200);
    const answer = await request(app)
      .get('/orders')
      .set(signed({ target: '/orders' }));
    expect([answer.status, answer.body.keyspace, answer.body.via]).toEqual([200, 'deribit', 'signature']);
  });

  it('are not taken under the neutral name of the scheme, which the documents do not have', async () => {
    const noCredential = await get(list, {});
    expect([noCredential.status, noCredential.error?.code]).toEqual([401, 10000]);
    expect(outcome(await get(list, inNeutralScheme(signed())))).toEqual(outcome(noCredential));
  });
});

describe('public/auth with a signature', () => {
  const ed25519 = generateKeyPairSync('ed25519');
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  let deribit: DeribitApp;
  let now: number;

  beforeEach(async () => {
    deribit = createDeribitApp();
    await deribit.apiKeys.ready();
    now = deribit.clock.now();
  });
  afterEach(() => deribit.apiKeys.close());

  const auth = async (params: object): Promise<unknown> => {
    const answer = await deribit.rpc<{ access_token: string }>('public/auth', params, {});
    if (answer.error !== undefined) return outcome(answer);
    const bearer = { Authorization: `bearer ${answer.result.access_token}` };
    return outcome(await deribit.rpc('private/list_api_keys', {}, bearer));
  };

  it('signs as the published vector has it', () => {
    const key = { client_id: 'AMANDA', client_secret: 'AMANDASECRECT' };
    const data = { now: 1576074319000, nonce: '1iqt2wls', data: '' };
    expect(grantBySecret(key, data).signature).toBe(
      '56590594f97921b09b18f166befe0d1319b198bbcdad7ca73382de2f88fe9aa1',
    );
  });

  it('shows the fingerprint that is published for the public key of the documents', () => {
    const published =
      '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAM7FWhKquNqLmTOV4hfYT5r3AjrYiORTT6Tn5HIfFNV8=\n-----END PUBLIC KEY-----';
    expect(parsePublicKey(published).md5Fingerprint).toBe('9c:6d:c9:02:fd:9f:75:6e:14:bb:71:c5:74:95:86:c8');
  });

  it.each([
    { nonce: '1iqt2wls', data: '' },
    { nonce: '1iqt2wls' },
    {},
    { data: 'é\nmore' },
    { nonce: 'abcd', data: 'x'.repeat(1000) },
  ])('DB19 takes an HMAC over time, nonce and data, once: %j', async (data) => {
    const key = await deribit.newKey();
    const grant = grantBySecret(key, { now, ...data });
    expect(await auth(grant)).toBe(200);
    expect(await auth(grant)).toEqual(wrongCredentials);
    expect(await auth({ ...grant, signature: grant.signature.toUpperCase() })).toEqual(wrongCredentials);
    expect(await auth(grantBySecret(key, { now: now + 1, ...data }))).toBe(200);
  });

  it('DB19 does not let a used signature count for another split into nonce and data', async () => {
    const key = await deribit.newKey();
    const grant = grantBySecret(key, { now, nonce: 'a', data: 'b\nc' });
    expect(await auth(grant)).toBe(200);
    expect(await auth({ ...grant, nonce: 'a\nb', data: 'c' })).toEqual(wrongCredentials);
  });

  it.each(['hex', 'base64', 'base64url'] as const)(
    'takes Ed25519 and RSA PKCS#1 v1.5 with SHA-256 in %s, once in all spellings',
    async (encoding) => {
      for (const { publicKey, privateKey } of [ed25519, rsa]) {
        const { client_id } = await deribit.newKey({ public_key: pem(publicKey) });
        const data = { now, nonce: 'abcd', data: 'hello' };
        expect(await auth(grantByKey(client_id, privateKey, data, { encoding }))).toBe(200);
        for (const other of ['hex', 'base64', 'base64url'] as const) {
          const again = grantByKey(client_id, privateKey, data, { encoding: other });
          expect(await auth(again)).toEqual(wrongCredentials);
        }
      }
    },
  );

  it('takes it in the query, where a plus becomes a space', async () => {
    const { client_id } = await deribit.newKey({ public_key: pem(rsa.publicKey) });
    // Some of many signatures have a plus.
    for (const nonce of ['a', 'b', 'c']) {
      const grant = grantByKey(client_id, rsa.privateKey, { now, nonce }, { encoding: 'base64' });
      const query = Object.entries(grant)
        .map(([name, value]) => `${name}=${value}`)
        .join('&');
      const answer = await request(deribit.app).get(`/api/v2/public/auth?${query}`);
      expect([answer.status, answer.body.result?.token_type]).toEqual([200, 'bearer']);
    }
  });

  it('refuses what is signed otherwise, too old, too new, or by somebody else', async () => {
    const key = await deribit.newKey();
    const { client_id } = await deribit.newKey({ public_key: pem(rsa.publicKey) });
    const right = grantBySecret(key, { now, nonce: 'n', data: 'd' });
    const stranger = generateKeyPairSync('ed25519').privateKey;
    const wrong = [
      { ...right, data: 'D' },
      { ...right, nonce: 'm' },
      { ...right, timestamp: now + 1 },
      { ...right, client_id: 'AAAAAAAA' },
      { ...right, client_id: 'A' },
      { ...right, signature: 'no signature' },
      { ...right, signature: '' },
      { ...right, signature: 'a'.repeat(5000) },
      grantBySecret(key, { now: now - 60_001 }),
      grantBySecret(key, { now: now + 60_000 }),
      grantByKey(client_id, rsa.privateKey, { now }, { isPss: true }),
      grantByKey(client_id, ed25519.privateKey, { now }),
      grantByKey(key.client_id, stranger, { now }),
      grantBySecret({ client_id, client_secret: pem(rsa.publicKey) }, { now }),
    ];
    for (const grant of wrong) expect(await auth(grant)).toEqual(wrongCredentials);
    expect(await auth(right)).toBe(200);
    expect(await auth(grantBySecret(key, { now: now - 60_000 }))).toBe(200);
  });

  it('is the only grant for asymmetric keys', async () => {
    const key = await deribit.newKey({ public_key: pem(ed25519.publicKey) });
    const pair = { grant_type: 'client_credentials', client_id: key.client_id };
    for (const client_secret of [key.client_secret, '', pem(ed25519.publicKey)]) {
      expect(await auth({ ...pair, client_secret })).toEqual(wrongCredentials);
    }
  });

  it('DB14 knows the secret until it is reset', async () => {
    const key = await deribit.newKey();
    await deribit.rpc('private/reset_api_key', { id: key.id }, asOwner('alice'));
    expect(await auth(grantBySecret(key, { now }))).toEqual([
      ...[401, 13004, 'invalid_credentials'],
      { reason: expect.stringContaining('has a new secret') as string },
    ]);
  });

  it('reports to a caller that has proven a key what is wrong with it, and uses nothing up', async () => {
    const key = await deribit.newKey();
    await deribit.rpc('private/disable_api_key', { id: key.id });
    const grant = grantBySecret(key, { now });
    const data = { reason: expect.stringContaining('disabled') as string };
    expect(await auth(grant)).toEqual([401, 13004, 'invalid_credentials', data]);
    await deribit.rpc('private/enable_api_key', { id: key.id });
    expect(await auth(grant)).toBe(200);
  });
});

describe('what the router needs', () => {
  it.each(['tokens', 'signatures'])('is the option %s, which the message names', (missing) => {
    const given = { tokens: { issuer: 'http://127.0.0.1' }, signatures: {}, [missing]: undefined };
    const { apiKeys } = createInstance(given);
    const mount = (): unknown => deribitRouter(apiKeys, { verifyAccessToken: ownerOfSession });
    expect(mount).toThrow(new RegExp(`deribitRouter: .*${missing}`));
    expect(mount).toThrow(expect.objectContaining({ code: 'ERR_API_KEYS_INVALID_OPTION' }));
  });
});
