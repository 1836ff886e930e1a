import type { Express } from 'express';
import request from 'supertest';
import type { KeyStore } from '../../lib/ports/key-store.js';
import { createNextVersion, createSampleEvent } from '../../lib/store/sample-keys.js';
import { memoryStore } from '../../lib/testing/index.js';
import type { TestInstance } from '../harness/instance.js';
import { theApp } from '../harness/the-app.js';
import { createDeltadefiApp, jwtOf } from './deltadefi-app.js';
import { asKey, createDeribitApp, type DeribitKey } from './deribit-app.js';
import { accessTokenOf, createNebulaApp } from './nebula-app.js';
import { createYativoApp, type MadeKey } from './yativo-app.js';

type Headers = Readonly<Record<string, string>>;
const bearer = (token: string): Headers => ({ Authorization: `Bearer ${token}` });

/** An app with one of the routers. */
interface DialectApp {
  readonly instance: TestInstance;
  readonly app: Express;
  /** Creates a key of alice, as herself or with one of her keys, and returns what proves it in each way that it can be used. */
  create(by?: readonly Headers[]): Promise<readonly Headers[]>;
  /** Uses a credential at a route of the router. */
  use(headers: Headers): request.Test;
}

const dialects: Readonly<Record<string, (store: KeyStore) => DialectApp>> = {
  deltadefi(store) {
    const { app, ...instance } = createDeltadefiApp({ singleKey: false }, { store });
    return {
      ...{ app, instance },
      async create([by = { 'X-API-KEY': jwtOf('alice') }] = []) {
        const answer = await request(app).get('/accounts/new-api-key').set(by).expect(200);
        return [{ 'X-API-KEY': (answer.body as { api_key: string }).api_key }];
      },
      use: (headers) => request(app).get('/accounts/api-key').set(headers),
    };
  },
  deribit(store) {
    const deribit = createDeribitApp({}, { store });
    const { app, rpc } = deribit;
    return {
      ...{ app, instance: deribit },
      async create([by] = []) {
        const made = await rpc<DeribitKey>('private/create_api_key', { max_scope: 'account:read_write' }, by);
        const { client_id, client_secret } = made.result;
        const grant = { grant_type: 'client_credentials', client_id, client_secret };
        const session = await rpc<{ access_token: string }>('public/auth', grant, {});
        return [asKey(made.result), bearer(session.result.access_token)];
      },
      use: (headers) =>
        request(app)
          .post('/api/v2/private/list_api_keys')
          .set(headers)
          .send({ jsonrpc: '2.0', id: 1, method: 'private/list_api_keys', params: {} }),
    };
  },
  nebula(store) {
    const { app, ...instance } = createNebulaApp({}, { store });
    return {
      ...{ app, instance },
      async create([by = bearer(accessTokenOf('alice'))] = []) {
        const answer = await request(app).post('/api/v1/api-keys').set(by).send({ name: 'CI' }).expect(200);
        const values = Object.values((answer.body as { data: object }).data) as unknown[];
        const key = values.find((value) => typeof value === 'string' && value.startsWith('ak_'));
        return [bearer(String(key))];
      },
      use: (headers) => request(app).get('/api/v1/api-keys').set(headers),
    };
  },
  yativo(store) {
    const { app, instance, tokenOf } = createYativoApp({}, { store });
    return {
      ...{ app, instance },
      async create([by = bearer('session-alice')] = []) {
        const body = { name: 'CI', permissions: ['read'] };
        const answer = await request(app)
          .post('/yativo/api/v1/apikey/generate')
          .set(by)
          .send(body)
          .expect(200);
        return [bearer(await tokenOf((answer.body as { data: MadeKey }).data))];
      },
      use: (headers) => request(app).get('/yativo/api/v1/apikey').set(headers),
    };
  },
};

describe.each(Object.keys(dialects))('keys above and below each other, at the router of %s', (name) => {
  let store: KeyStore;
  let dialect: DialectApp;

  beforeEach(async () => {
    store = memoryStore();
    dialect = (dialects[name] as (of: KeyStore) => DialectApp)(store);
    await dialect.instance.apiKeys.ready();
  });
  afterEach(() => dialect.instance.apiKeys.close());

  const keys = () => dialect.instance.apiKeys.keys.as(theApp);
  /** The ids of all keys of the keyspace, the oldest first. */
  const listIds = async (keyspace: string): Promise<readonly string[]> =>
    (await keys().list({ keyspace })).items.map(({ id }) => id).toReversed();
  /** Makes a stored key the child of another one, which no router does. */
  const putBelow = (parentId: string, id: string): Promise<void> =>
    store.transact(async (transaction) => {
      const current = await transaction.find(id);
      if (current === null) throw new Error(`There is no key ${id}`);
      const next = createNextVersion(current, { parentId });
      await transaction.update(next, createSampleEvent(next, { action: 'key.updated' }));
    });
  const statusesOf = async (credentials: readonly Headers[]): Promise<readonly number[]> =>
    Promise.all(credentials.map(async (headers) => (await dialect.use(headers)).status));

  it('a key that a key creates is its equal, and outlives it', async () => {
    const first = await dialect.create();
    const [firstId = ''] = await listIds(name);
    const second = await dialect.create(first);
    const listed = (await keys().list({ keyspace: name })).items;
    expect(listed.map(({ parentId }) => parentId)).toEqual([null, null]);
    await keys().revoke({ id: firstId });
    expect(new Set(await statusesOf(first))).toEqual(new Set([401]));
    expect(new Set(await statusesOf(second))).toEqual(new Set([200]));
  });

  it('a child, and its sessions, end with the key above it, and come back with it', async () => {
    await dialect.create();
    const [parentId = ''] = await listIds(name);
    const child = await dialect.create();
    const childId = (await listIds(name)).find((id) => id !== parentId) ?? '';
    await putBelow(parentId, childId);
    expect((await keys().get({ id: childId }))?.parentId).toBe(parentId);
    expect(new Set(await statusesOf(child))).toEqual(new Set([200]));
    await keys().update({ id: parentId, enabled: false });
    expect(new Set(await statusesOf(child))).toEqual(new Set([401]));
    await keys().update({ id: parentId, enabled: true });
    expect(new Set(await statusesOf(child))).toEqual(new Set([200]));
    await keys().revoke({ id: parentId });
    expect(new Set(await statusesOf(child))).toEqual(new Set([401]));
  });

  it('a child of the native API is refused, as every key of it', async () => {
    const [parent, child] = [await dialect.instance.key(), await dialect.instance.key()];
    await putBelow(parent.id, child.id);
    const { app } = dialect;
    expect((await request(app).get('/orders').set('X-API-Key', child.token)).status).toBe(200);
    const ways = [{ 'X-API-KEY': child.token }, bearer(child.token)];
    for (const status of await statusesOf(ways)) expect(status).toBe(401);
  });
});
