import express, { type Express } from 'express';
import request from 'supertest';
import { createApiKeys, InvalidOptionError, type Actor, type ApiKeys } from '../../lib/index.js';
import { actingAs, memoryStore } from '../../lib/testing/index.js';
import { testPepper } from '../harness/instance.js';
import { theApp } from '../harness/the-app.js';
import { problemTypeOf } from '../harness/problem-type.js';

const features = { block_trades: 'May place block trades', beta: 'Sees what is new' };
const scopes = { 'orders:read': 'Read orders', 'keys:manage': 'Manage keys' };
const alice: Actor = { kind: 'owner', ownerId: 'alice' };

let apiKeys: ApiKeys<keyof typeof scopes, keyof typeof features>;
let app: Express;

beforeAll(async () => {
  apiKeys = createApiKeys({ prefix: 'acme', scopes, features, pepper: testPepper, store: memoryStore() });
  await apiKeys.ready();
  app = express();
  app.get('/blocks', apiKeys.requireApiKey('orders:read', { feature: 'block_trades' }), (req, res) => {
    res.json(req.apiKey?.features);
  });
  app.use('/owner', apiKeys.adminRouter({ authorize: () => alice }));
  const keys = apiKeys.requireApiKey('keys:manage');
  const authorize = (req: express.Request): Actor | null =>
    req.apiKey === undefined ? null : { kind: 'key', apiKey: req.apiKey };
  app.use('/key', keys, apiKeys.adminRouter({ authorize, managementScope: 'keys:manage' }));
});
afterAll(() => apiKeys.close());

describe('features', () => {
  it('let only keys that have them through', async () => {
    const without = await actingAs(apiKeys, { scopes: ['orders:read'], features: ['beta'] });
    const refused = await request(app)
      .get('/blocks')
      .set({ ...without })
      .expect(403);
    expect(refused.body).toEqual({
      type: problemTypeOf('feature_not_enabled'),
      title: 'Feature not enabled',
      status: 403,
      detail: 'This API key does not have the feature block_trades.',
      code: 'feature_not_enabled',
      requiredFeature: 'block_trades',
    });
    expect(refused.headers['www-authenticate']).toBe('Bearer realm="acme"');
    const having = await actingAs(apiKeys, { scopes: ['orders:read'], features: ['beta', 'block_trades'] });
    const allowed = await request(app)
      .get('/blocks')
      .set({ ...having })
      .expect(200);
    expect(allowed.body).toEqual(['beta', 'block_trades']);
  });

  it('are asked for after the scope, and in code too', async () => {
    const { 'X-API-Key': token } = await actingAs(apiKeys, { scopes: [] });
    await request(app)
      .get('/blocks')
      .set('X-API-Key', token)
      .expect(403, /insufficient_scope/);
    expect(await apiKeys.keys.verify({ key: token, feature: 'beta' })).toMatchObject({
      code: 'feature_not_enabled',
      requiredFeature: 'beta',
    });
  });

  it('are given and taken away', async () => {
    const made = await request(app)
      .post('/owner/keys')
      .send({ name: 'k', scopes: ['orders:read'], features: ['block_trades'], tags: ['shop', 'EU west'] })
      .expect(201);
    const { id, key } = made.body as { id: string; key: string };
    expect(made.body).toMatchObject({ features: ['block_trades'], tags: ['shop', 'EU west'] });
    await request(app).get('/blocks').set('X-API-Key', key).expect(200);
    const changed = await request(app)
      .patch(`/owner/keys/${id}`)
      .send({ features: [], tags: [] })
      .expect(200);
    expect(changed.body).toMatchObject({ features: [], tags: [] });
    await request(app).get('/blocks').set('X-API-Key', key).expect(403);
    await apiKeys.keys.as(theApp).update({ id, features: ['block_trades'], tags: ['x'] });
    await request(app).get('/blocks').set('X-API-Key', key).expect(200);
  });

  it('are given by a key only as far as it has them itself', async () => {
    const manager = await actingAs(apiKeys, {
      scopes: ['keys:manage', 'orders:read'],
      features: ['beta'],
    });
    const make = (given: readonly string[]) =>
      request(app)
        .post('/key/keys')
        .set({ ...manager })
        .send({ name: 'k', scopes: [], features: given });
    await make(['block_trades']).expect(403, /features/);
    const made = await make(['beta']).expect(201);
    const path = `/key/keys/${(made.body as { id: string }).id}`;
    await request(app)
      .patch(path)
      .set({ ...manager })
      .send({ features: ['beta', 'block_trades'] })
      .expect(403);
    const above = await apiKeys.keys.as(theApp).create({
      ownerId: 'test-owner',
      name: 'above',
      scopes: [],
      features: ['block_trades'],
    });
    await request(app)
      .post(`/key/keys/${above.id}/revoke`)
      .set({ ...manager })
      .expect(403);
  });

  it.each([
    ['features', ['nothing_such']],
    ['features', ['beta', 'beta']],
    ['features', 'beta'],
    ['features', null],
    ['features', [7]],
    ['tags', ['a,b']],
    ['tags', ['a', 'a']],
    ['tags', ['']],
    ['tags', [' ']],
    ['tags', ['a\nb']],
    ['tags', ['a\u200bb']],
    ['tags', ['x'.repeat(51)]],
    ['tags', Array.from({ length: 21 }, (_, index) => `t${index}`)],
    ['tags', null],
  ])('refuse %s %j', async (field, value) => {
    const answer = await request(app)
      .post('/owner/keys')
      .send({ name: 'k', scopes: [], [field]: value })
      .expect(400);
    expect(answer.body).toMatchObject({ code: 'invalid_request', errors: [{ field }] });
  });

  it('take 20 tags of 50 characters', async () => {
    const tags = Array.from({ length: 20 }, (_, index) => '😀'.repeat(48) + String(index + 10));
    await request(app).post('/owner/keys').send({ name: 'k', scopes: [], tags }).expect(201);
  });

  it('that nobody configured are refused where they are named', () => {
    const options = { prefix: 'acme', scopes, pepper: testPepper, store: memoryStore() };
    expect(() => apiKeys.requireApiKey('orders:read', { feature: 'bteta' as never })).toThrow(
      "did you mean 'beta'?",
    );
    expect(() => createApiKeys(options).requireApiKey('orders:read', { feature: 'beta' as never })).toThrow(
      InvalidOptionError,
    );
    expect(() => createApiKeys({ ...options, features: { 'Two Words': '' } })).toThrow(InvalidOptionError);
    expect(() => createApiKeys({ ...options, features: ['beta'] as never })).toThrow(InvalidOptionError);
  });
});
