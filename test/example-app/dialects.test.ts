import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import request from 'supertest';
import { createApp } from '../../example-app/src/app.js';
import { deriveWallet } from '../../example-app/src/wallets.js';

// Passwords and keys are hashed slowly on purpose; on a busy machine that adds up.
jest.setTimeout(180_000);

const password = 'a-demo-password';
const folder = mkdtempSync(join(tmpdir(), 'express-api-keys-dialects-'));
const service = createApp({
  ...{ port: 0, host: '127.0.0.1', publicUrl: 'http://127.0.0.1', redisUrl: undefined },
  database: `file:${join(folder, 'api-keys.db')}`,
  pepper: 'a pepper for tests, at least 32 bytes',
  ...{ demoPassword: password, demoPasswordIsRandom: false, demoStepUp: false, metricsToken: undefined },
});
const { app } = service;
let token = '';
const bearer = (credential: string): { Authorization: string } => ({ Authorization: `Bearer ${credential}` });
type Headers = Readonly<Record<string, string>>;

/** What the orders say to somebody: may read, may place. */
async function ordersFor(headers: Headers): Promise<readonly number[]> {
  const read = await request(app).get('/orders').set(headers);
  const placed = await request(app).post('/orders').set(headers).send({ item: 'tea', quantity: 1 });
  return [read.status, placed.status];
}

/** Ends the newest key of a keyspace in the native admin API. */
async function revokeIn(keyspace: string): Promise<void> {
  const list = await request(app)
    .get(`/api-keys/keys?keyspace=${keyspace}&state=active`)
    .set(bearer(token))
    .expect(200);
  const [{ id, ownerId }] = list.body.items as [{ id: string; ownerId: string }];
  expect(ownerId).toBe('alice');
  await request(app).post(`/api-keys/keys/${id}/revoke`).set(bearer(token)).expect(200);
}

beforeAll(async () => {
  await service.ready();
  const { body } = await request(app).post('/signin').send({ username: 'alice', password }).expect(200);
  token = (body as { token: string }).token;
});
afterAll(async () => {
  await service.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('the example app in the words of other systems', () => {
  it('DeltaDeFi: a wallet signs in, makes a key, and replaces it', async () => {
    const signedIn = await request(app)
      .post('/deltadefi/accounts/signin')
      .send({ wallet_address: deriveWallet('alice', password) })
      .expect(200);
    expect(signedIn.body).toMatchObject({ user_id: 'alice', is_onboarding_ready: true });
    const jwt = (signedIn.body as { token: string }).token;
    const first = await request(app).get('/deltadefi/accounts/new-api-key').set('X-API-KEY', jwt).expect(200);
    expect(await ordersFor({ 'X-API-Key': first.body.api_key })).toEqual([200, 201]);
    const next = await request(app)
      .get('/deltadefi/accounts/new-api-key')
      .set('X-API-KEY', first.body.api_key)
      .expect(200);
    expect(await ordersFor({ 'X-API-Key': first.body.api_key })).toEqual([401, 401]);
    await revokeIn('deltadefi');
    expect(await ordersFor({ 'X-API-Key': next.body.api_key })).toEqual([401, 401]);
    await request(app)
      .post('/deltadefi/accounts/signin')
      .send({ wallet_address: deriveWallet('alice', 'another password') })
      .expect(401);
  });

  it('DeltaDeFi: nobody tries wallet after wallet', async () => {
    const signIn = (tried: string): request.Test =>
      request(app)
        .post('/deltadefi/accounts/signin')
        .send({ wallet_address: deriveWallet('alice', tried) });
    for (let guess = 0; guess < 10; guess += 1) await signIn(`guess ${guess}`).expect(401);
    await signIn(password).expect(401);
  });

  it('Yativo: a key is exchanged for a token, at every generation of paths', async () => {
    const made = await request(app)
      .post('/yativo/api/v1/apikey/generate')
      .set(bearer(token))
      .send({ name: 'Backend', permissions: ['read'] })
      .expect(200);
    const { api_key, api_secret } = made.body.data as { api_key: string; api_secret: string };
    for (const path of ['/yativo/auth/token', '/yativo/api/auth/token', '/yativo/api/v1/auth/token']) {
      const { body } = await request(app).post(path).send({ api_key, api_secret }).expect(200);
      expect(await ordersFor(bearer(body.access_token))).toEqual([200, 403]);
    }
    const writer = await request(app)
      .post('/yativo/api/api-keys')
      .set(bearer(token))
      .send({ name: 'Writer', permissions: ['write'] })
      .expect(200);
    const pair = { api_key: writer.body.data.api_key, api_secret: writer.body.data.api_secret };
    const given = await request(app).post('/yativo/auth/token').send(pair).expect(200);
    expect(await ordersFor(bearer(given.body.access_token))).toEqual([403, 201]);
    await revokeIn('yativo');
    expect(await ordersFor(bearer(given.body.access_token))).toEqual([401, 401]);
  });

  it('Nebula Block: a user logs in with the body of the documents, and makes a key', async () => {
    const loggedIn = await request(app)
      .post('/nebula/api/v1/login')
      .set('Content-Type', 'application/x-www-form-urlencoded')
      .send(`{ "username": "alice", "password": "${password}", }`)
      .expect(200);
    const jwt = loggedIn.body.data.jwtToken as string;
    const made = await request(app)
      .post('/nebula/api/v1/api-keys')
      .set(bearer(jwt))
      .send({ name: 'k' })
      .expect(200);
    const { key } = made.body.data as { key: string };
    expect(await ordersFor(bearer(key))).toEqual([200, 201]);
    const list = await request(app).get('/nebula/api/v1/api_keys').set(bearer(key)).expect(200);
    expect(list.body.data).toHaveLength(1);
    await revokeIn('nebula');
    expect(await ordersFor(bearer(key))).toEqual([401, 401]);
    await request(app)
      .post('/nebula/api/v1/login')
      .send({ username: 'alice', password: 'wrong' })
      .expect(401);
  });

  describe('Deribit', () => {
    interface DeribitKey {
      readonly id: number;
      readonly client_id: string;
      readonly client_secret: string;
    }
    let number = 0;

    async function makeKey(params: object): Promise<DeribitKey> {
      number += 1;
      const rpc = { jsonrpc: '2.0', id: number, method: 'private/create_api_key', params };
      const { body } = await request(app).post('/deribit/api/v2').set(bearer(token)).send(rpc).expect(200);
      return body.result as DeribitKey;
    }

    async function tokenOf({ client_id, client_secret }: DeribitKey): Promise<string> {
      const { body } = await request(app)
        .get('/deribit/api/v2/public/auth')
        .query({ grant_type: 'client_credentials', client_id, client_secret })
        .expect(200);
      return body.result.access_token as string;
    }

    function signed(
      { client_id, client_secret }: DeribitKey,
      method: string,
      uri: string,
      body = '',
    ): string {
      const [ts, nonce] = [String(Date.now()), `n${(number += 1)}`];
      const text = `${ts}\n${nonce}\n${method}\n${uri}\n${body}\n`;
      const sig = createHmac('sha256', client_secret).update(text).digest('hex');
      return `deri-hmac-sha256 id=${client_id},ts=${ts},sig=${sig},nonce=${nonce}`;
    }

    it('exchanges a key for a token that is worth what scopeMap says', async () => {
      const reader = await makeKey({ max_scope: 'trade:read', name: 'reader' });
      expect(await ordersFor(bearer(await tokenOf(reader)))).toEqual([200, 403]);
      const trader = await makeKey({ max_scope: 'trade:read_write' });
      const access = await tokenOf(trader);
      expect(await ordersFor(bearer(access))).toEqual([200, 201]);
      await revokeIn('deribit');
      expect(await ordersFor(bearer(access))).toEqual([401, 401]);
    });

    it('takes signed calls with the URI as received and from /api/v2 on, and on the orders', async () => {
      const key = await makeKey({ max_scope: 'account:read trade:read_write', name: 'signer' });
      const path = '/deribit/api/v2/private/list_api_keys';
      for (const uri of [path, '/api/v2/private/list_api_keys']) {
        const answer = await request(app)
          .get(path)
          .set('Authorization', signed(key, 'GET', uri));
        expect([answer.status, answer.body.error]).toEqual([200, undefined]);
      }
      const elsewhere = await request(app)
        .get(path)
        .set('Authorization', signed(key, 'GET', '/list_api_keys'));
      expect(elsewhere.status).toBe(401);

      const body = JSON.stringify({ item: 'tea', quantity: 2 });
      const header = signed(key, 'POST', '/orders', body);
      const place = (): request.Test =>
        request(app)
          .post('/orders')
          .set('Authorization', header)
          .set('Content-Type', 'application/json')
          .send(body);
      expect((await place()).status).toBe(201);
      expect((await place()).body.code).toBe('signature_replayed');
    });

    it('has a route for each feature flag', async () => {
      const scope = { max_scope: 'trade:read_write' };
      const plain = bearer(await tokenOf(await makeKey(scope)));
      const restricted = bearer(
        await tokenOf(await makeKey({ ...scope, enabled_features: ['restricted_block_trades'] })),
      );
      const approving = bearer(
        await tokenOf(await makeKey({ ...scope, enabled_features: ['block_trade_approval'] })),
      );
      const trade = async (
        headers: Headers,
      ): Promise<{ status: number; body: { id: number; state: string } }> =>
        request(app).post('/block-trades').set(headers);
      const idsFor = async (headers: Headers): Promise<readonly number[]> =>
        (await request(app).get('/block-trades').set(headers).expect(200)).body.items.map(
          ({ id }: { id: number }) => id,
        );

      const [done, own, waiting] = [await trade(plain), await trade(restricted), await trade(approving)];
      expect([done.status, done.body.state]).toEqual([201, 'done']);
      expect([waiting.status, waiting.body.state]).toEqual([202, 'waiting_for_approval']);
      expect(await idsFor(plain)).toEqual([waiting.body.id, own.body.id, done.body.id]);
      expect(await idsFor(restricted)).toEqual([own.body.id]);

      const approve = (headers: Headers): request.Test =>
        request(app).post(`/block-trades/${waiting.body.id}/approve`).set(headers);
      expect((await approve(approving)).status).toBe(403);
      expect((await approve(restricted)).status).toBe(404);
      expect((await approve(plain)).body).toEqual({ id: waiting.body.id, state: 'done' });
    });
  });
});
