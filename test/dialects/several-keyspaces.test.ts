import express from 'express';
import request from 'supertest';
import { dialectHost, getDialectHost, type DialectKeyspace } from '../../lib/dialects/dialect-host.js';
import { base62Alphabet } from '../../lib/domain/charset.js';
import { createFeatureCatalogue } from '../../lib/domain/feature-catalogue.js';
import { createCheckedFormat } from '../../lib/domain/key-format.js';
import { noPolicy, type KeyspacePolicy } from '../../lib/domain/keyspace-policy.js';
import { createPairFormat } from '../../lib/domain/pair-format.js';
import { createScopeCatalogue, type ScopeCatalogue } from '../../lib/domain/scope-catalogue.js';
import { noScope } from '../../lib/domain/scope-requirement.js';
import { anyScope } from '../../lib/domain/any-scope.js';
import type { ChangeContext } from '../../lib/manage/change.js';
import { memoryStore } from '../../lib/testing/index.js';
import { createInstance, type TestInstance } from '../harness/instance.js';
import { theApp } from '../harness/the-app.js';

/** Scopes that are spelt like some of the app, and mean other things. */
const partnerScopes: ScopeCatalogue = {
  ...createScopeCatalogue({ 'orders:write': 'Something of partners', 'deals:read': 'See deals' }),
  expand: (granted) => new Set(granted.includes('deals:read') ? ['orders:read'] : []),
};
const asAlice: ChangeContext = {
  ...{ actor: { kind: 'owner', ownerId: 'alice' }, address: null, requestId: null },
  managementScope: anyScope,
};

function addPartners(
  { apiKeys }: TestInstance,
  policy: Partial<KeyspacePolicy> = {},
  name = 'partners',
): DialectKeyspace {
  return getDialectHost('test', apiKeys).registerKeyspace({
    ...{ name, catalogue: partnerScopes, hasAppScopes: false, features: createFeatureCatalogue({}) },
    policy: { ...noPolicy, ...policy },
    managementScope: null,
    formatFor: (environment) =>
      createCheckedFormat({
        head: `${name}_${environment}_`,
        alphabet: base62Alphabet,
        lengths: { id: 8, secret: 30, checksum: 6 },
      }),
  });
}

function appWith({ apiKeys }: TestInstance): express.Express {
  const app = express();
  app.use('/keys', apiKeys.adminRouter({ authorize: () => ({ kind: 'admin', id: 'root' }) }));
  const show: express.RequestHandler = (req, res) => void res.json(req.apiKey);
  app.get('/orders', apiKeys.requireApiKey('orders:read'), show);
  app.post('/orders', apiKeys.requireApiKey('orders:write'), show);
  return app;
}

describe('several keyspaces in one instance', () => {
  let instance: TestInstance;
  let partners: DialectKeyspace;

  beforeEach(async () => {
    instance = createInstance({ tokens: { issuer: 'http://127.0.0.1' } });
    partners = addPartners(instance);
    await instance.apiKeys.ready();
  });
  afterEach(() => instance.apiKeys.close());

  async function makeKey(scopes: readonly string[] = ['deals:read']): Promise<{ id: string; token: string }> {
    const { record, token } = await partners.keys().create(asAlice, { name: 'Partner', scopes });
    return { id: record.id, token: token ?? '' };
  }

  it('lets a key in on routes for what its scopes are worth, however they are spelt', async () => {
    const app = appWith(instance);
    const reader = await makeKey();
    expect(reader.token).toMatch(/^partners_live_[0-9A-Za-z]{44}$/);
    const letIn = await request(app).get('/orders').set('X-API-Key', reader.token);
    expect(letIn.body).toMatchObject({ id: reader.id, keyspace: 'partners', scopes: ['deals:read'] });
    const refused = await request(app).post('/orders').set('X-API-Key', reader.token);
    expect([refused.status, refused.body.code]).toEqual([403, 'insufficient_scope']);
    const sameSpelling = await makeKey(['orders:write']);
    expect((await request(app).post('/orders').set('X-API-Key', sameSpelling.token)).status).toBe(403);
  });

  it('bounds a key on routes by the plan of its owner, in what its scopes amount to', async () => {
    await instance.apiKeys.close();
    instance = createInstance({ plans: { free: { scopes: [] }, pro: {} }, defaultPlan: 'free' });
    partners = addPartners(instance);
    await instance.apiKeys.ready();
    const app = appWith(instance);
    app.get('/mcp', instance.apiKeys.mcpGuard(), (req, res) => {
      res.json((req as { auth?: { scopes: string[] } }).auth?.scopes);
    });
    const { token } = await makeKey();
    const mcpScopes = async () =>
      (await request(app).get('/mcp').set('Authorization', `Bearer ${token}`).expect(200)).body as string[];
    expect(await mcpScopes()).toEqual([]);
    const read = () => request(app).get('/orders').set('X-API-Key', token);
    expect((await read().expect(403)).body).toMatchObject({
      code: 'insufficient_scope',
      detail: expect.stringContaining('the plan of its owner does not include it'),
    });
    await instance.apiKeys.owners.as({ kind: 'application' }).set({ ownerId: 'alice', plan: 'pro' });
    // Its own scopes are not those that a plan is about.
    expect((await read().expect(200)).body).toMatchObject({ scopes: ['deals:read'] });
    expect(await mcpScopes()).toEqual(['orders:read']);
    await instance.apiKeys.owners.as({ kind: 'application' }).set({ ownerId: 'alice', plan: 'free' });
    expect(
      (await partners.verifier().verify({ ...{ token, requirement: noScope, cost: 0 }, address: () => null }))
        .allowed,
    ).toBe(true);
    await read().expect(403);
  });

  it('shows and revokes its keys in the native admin API, which ends them at once', async () => {
    const app = appWith(instance);
    const { id, token } = await makeKey();
    const list = await request(app).get('/keys/keys?keyspace=partners').expect(200);
    expect(list.body.items.map((item: { id: string }) => item.id)).toEqual([id]);
    await request(app)
      .post(`/keys/keys/${id}/revoke`)
      .set('Content-Type', 'application/json')
      .send({})
      .expect(200);
    expect((await request(app).get('/orders').set('X-API-Key', token)).body.code).toBe('key_revoked');
  });

  it('rotates its keys in their own format, and leaves their scopes to their own endpoints', async () => {
    const app = appWith(instance);
    const { id, token } = await makeKey();
    const rotated = await request(app).post(`/keys/keys/${id}/rotate`).send({}).expect(200);
    expect(rotated.body.key).toMatch(/^partners_live_/);
    expect((await request(app).get('/orders').set('X-API-Key', token)).status).toBe(401);
    expect((await request(app).get('/orders').set('X-API-Key', rotated.body.key)).status).toBe(200);
    const patched = await request(app)
      .patch(`/keys/keys/${id}`)
      .send({ scopes: ['orders:write'] });
    expect([patched.status, patched.body.code]).toEqual([409, 'conflict']);
    await request(app).patch(`/keys/keys/${id}`).send({ name: 'Renamed' }).expect(200);
  });

  it('shows the commands of one keyspace no key of another', async () => {
    const native = await instance.key();
    const keys = partners.keys();
    const attempts = [
      keys.get(asAlice, native.id),
      keys.update(asAlice, native.id, { name: 'Mine' }),
      keys.rotate(asAlice, native.id, {}),
      keys.revoke(asAlice, native.id),
    ];
    for (const attempt of attempts) await expect(attempt).rejects.toMatchObject({ problem: 'not_found' });
    expect((await keys.list(asAlice, {})).items).toEqual([]);
    expect((await keys.list(asAlice, { keyspace: 'default' })).items).toEqual([]);
  });

  it('keeps the policy of one keyspace away from the keys of another', async () => {
    const single = addPartners(instance, { onePerOwner: true }, 'single');
    const native = await instance.key();
    const other = await makeKey();
    const [first, second] = [
      await single.keys().create(asAlice, { name: 'One', scopes: [] }),
      await single.keys().create(asAlice, { name: 'Two', scopes: [] }),
    ];
    const app = appWith(instance);
    const statusOf = async (token: string | null): Promise<string> =>
      (
        await request(app)
          .get('/orders')
          .set('X-API-Key', token ?? '')
      ).body.code ?? 'let in';
    expect(await statusOf(first.token)).toBe('key_revoked');
    expect(await statusOf(second.token)).toBe('insufficient_scope');
    expect(await statusOf(native.token)).toBe('let in');
    expect(await statusOf(other.token)).toBe('let in');
  });

  it('lets a key of one keyspace not act in another', async () => {
    const native = await instance.key();
    const verdict = await instance.apiKeys.keys.verify({ key: native.token });
    if (!verdict.allowed) throw new Error(verdict.code);
    const asKey: ChangeContext = { ...asAlice, actor: { kind: 'key', apiKey: verdict.apiKey } };
    await expect(partners.keys().create(asKey, { name: 'x', scopes: [] })).rejects.toMatchObject({
      problem: 'forbidden',
    });
    const verifier = partners.verifier();
    const question = { token: native.token, requirement: noScope, cost: 1 };
    const here = await verifier.verify({ ...question, address: () => null });
    expect(here).toEqual({ allowed: false, code: 'invalid_token', keyId: native.id, ownerId: 'alice' });
  });

  it('takes only the keys of a keyspace for clients of its tokens', async () => {
    const { id, token } = await makeKey();
    const native = await instance.key();
    const app = appWith(instance);
    app.use('/oauth', instance.apiKeys.tokenRouter());
    const ask = (secret: string): request.Test =>
      request(app)
        .post('/oauth/token')
        .type('form')
        .send({ grant_type: 'client_credentials', client_secret: secret });
    expect((await ask(token)).status).toBe(401);
    expect((await ask(native.token)).status).toBe(200);

    const client = await partners
      .tokens()
      .authenticate({ method: 'client_secret_post', clientId: id, secret: token }, () => null);
    const { accessToken, scopes } = await partners.tokens().issue(client, undefined);
    expect(scopes).toEqual(['deals:read']);
    const bearer = await request(app).get('/orders').set('Authorization', `Bearer ${accessToken}`);
    expect(bearer.body).toMatchObject({ id, via: 'token', keyspace: 'partners' });
    expect((await request(app).post('/orders').set('Authorization', `Bearer ${accessToken}`)).status).toBe(
      403,
    );
    const nativeProof = { method: 'client_secret_post', clientId: null, secret: native.token } as const;
    await expect(partners.tokens().authenticate(nativeProof, () => null)).rejects.toMatchObject({
      error: 'invalid_client',
    });
  });

  it('refuses keyspaces that could be taken for one another, and what is no instance', () => {
    expect(() => addPartners(instance)).toThrow("a keyspace 'partners' already exists");
    const format = createPairFormat({
      ...{ head: '', checksumLength: 0 },
      id: { alphabet: base62Alphabet, length: 8 },
      secret: { alphabet: base62Alphabet, length: 43 },
    });
    const add = (name: string): DialectKeyspace =>
      instance.apiKeys[dialectHost].registerKeyspace({
        ...{ name, catalogue: partnerScopes, hasAppScopes: false, policy: noPolicy },
        features: createFeatureCatalogue({}),
        managementScope: null,
        formatFor: () => format,
      });
    add('pairs');
    expect(() => add('twins')).toThrow("look like those of the keyspace 'pairs'");
    for (const wrong of [undefined, null, {}, 'apiKeys']) {
      expect(() => getDialectHost('deribitRouter', wrong)).toThrow(
        'deribitRouter: takes what createApiKeys returned',
      );
    }
  });

  it('lets no key in where its keyspace is not known', async () => {
    const store = memoryStore();
    const knowing = createInstance({ store });
    const ignorant = createInstance({ store });
    const there = addPartners(knowing);
    await Promise.all([knowing.apiKeys.ready(), ignorant.apiKeys.ready()]);
    const { token, record } = await there.keys().create(asAlice, { name: 'Partner', scopes: ['deals:read'] });
    const statusAt = async (which: TestInstance): Promise<number> =>
      (
        await request(appWith(which))
          .get('/orders')
          .set('X-API-Key', token ?? '')
      ).status;
    expect(await statusAt(knowing)).toBe(200);
    expect(await statusAt(ignorant)).toBe(401);
    await expect(ignorant.apiKeys.keys.as(theApp).rotate({ id: record.id })).rejects.toMatchObject({
      problem: 'conflict',
    });
    await expect(ignorant.apiKeys.keys.as(theApp).revoke({ id: record.id })).resolves.toMatchObject({
      state: 'revoked',
    });
    expect(await statusAt(knowing)).toBe(401);
    await Promise.all([knowing.apiKeys.close(), ignorant.apiKeys.close()]);
  });
});
