import request from 'supertest';
import { createApiKeys, type CallActor } from '../../lib/index.js';
import type { ActorGrants } from '../../lib/domain/actor-grants.js';
import { memoryStore } from '../../lib/testing/index.js';
import { expectProblem, makeKey, root, startAdminApp, type AdminApp } from '../admin/admin-app.js';
import { createSampleKey, insert } from '../../lib/store/sample-keys.js';
import { testPepper } from '../harness/instance.js';
import { theApp } from '../harness/the-app.js';

const forbidden = { code: 'ERR_API_KEYS_FORBIDDEN' };
const minute = { name: 'minute', limit: 60, windowSeconds: 60 };

function create(options: object = {}) {
  let now = Date.UTC(2026, 5, 1);
  const apiKeys = createApiKeys({
    prefix: 'acme',
    scopes: { 'orders:read': 'Read orders', 'orders:write': 'Place orders', 'keys:manage': 'Manage keys' },
    features: { export: 'Export as CSV', beta: 'Try what is new' },
    pepper: testPepper,
    bcryptCost: 8,
    store: memoryStore(),
    clock: { now: () => now },
    logger: { warn: () => undefined, error: () => undefined },
    ...options,
  });
  return { apiKeys, passTime: (ms: number) => void (now += ms) };
}

const member = (grants: ActorGrants, memberId = 'm1') =>
  ({ kind: 'owner', ownerId: 'org:7', memberId, grants }) as const satisfies CallActor;

describe('grants', () => {
  const { apiKeys, passTime } = create();
  afterAll(() => apiKeys.close());
  const as = (grants: ActorGrants) => apiKeys.keys.as(member(grants));
  const app = apiKeys.keys.as(theApp);
  const keyWith = (fields: object) => app.create({ ownerId: 'org:7', name: 'a key', scopes: [], ...fields });

  it('bound the scopes of new keys', async () => {
    const keys = as({ scopes: ['orders:read'] });
    await expect(keys.create({ name: 'x', scopes: ['orders:read', 'orders:write'] })).rejects.toMatchObject({
      ...forbidden,
      message: 'You may not give an API key orders:write.',
    });
    for (const scope of ['*', 'orders:*'] as const) {
      await expect(keys.create({ name: 'x', scopes: [scope] })).rejects.toMatchObject(forbidden);
    }
    expect((await keys.create({ name: 'x', scopes: ['orders:read'] })).scopes).toEqual(['orders:read']);
    const nothing = as({ scopes: [] });
    await expect(nothing.create({ name: 'x', scopes: ['orders:read'] })).rejects.toMatchObject(forbidden);
    expect((await nothing.create({ name: 'x', scopes: [] })).scopes).toEqual([]);
  });

  it('may contain wildcards, and scopes that the catalogue does not have grant nothing', async () => {
    const keys = as({ scopes: ['orders:*', 'invoices:read'] });
    await keys.create({ name: 'x', scopes: ['orders:read', 'orders:write'] });
    await expect(keys.create({ name: 'x', scopes: ['keys:manage'] })).rejects.toMatchObject(forbidden);
  });

  it('that are left out bound nothing', async () => {
    const all = ['orders:read', 'orders:write', 'keys:manage'] as const;
    for (const grants of [{}, { features: [] }, { limits: {} }]) {
      expect((await as(grants).create({ name: 'x', scopes: all })).scopes).toEqual(all);
    }
  });

  it('bound what a change adds, and nothing that a key has already', async () => {
    const { id } = await keyWith({ scopes: ['orders:*', 'keys:manage'], features: ['beta'] });
    const keys = as({ scopes: ['orders:read'], features: ['export'] });
    await keys.update({ id, name: 'renamed' });
    await keys.update({ id, scopes: ['orders:read', 'orders:write', 'keys:manage'] });
    await keys.update({ id, scopes: ['orders:read', 'keys:manage'], features: ['beta', 'export'] });
    for (const change of [{ scopes: ['orders:write', 'keys:manage'] }, { scopes: ['orders:*'] }] as const) {
      await expect(keys.update({ id, ...change })).rejects.toMatchObject(forbidden);
    }
    await keys.update({ id, scopes: [], features: ['export'] });
    await expect(keys.update({ id, scopes: ['keys:manage'] })).rejects.toMatchObject(forbidden);
    await expect(keys.update({ id, features: ['beta'] })).rejects.toMatchObject({
      ...forbidden,
      message: 'The features of this API key are beyond what you may give.',
    });
    await keys.update({ id, scopes: ['orders:read'] });
  });

  it('bound the resources that keys are bound to', async () => {
    const bound = createApiKeys({
      prefix: 'acme',
      scopes: { 'orders:read': 'Read orders', 'orders:write': 'Place orders' },
      resources: { project: 'A project', region: 'A region' },
      pepper: testPepper,
      bcryptCost: 8,
      store: memoryStore(),
    });
    const owner = bound.keys.as({ kind: 'owner', ownerId: 'org:7' });
    const keys = bound.keys.as(member({ resources: { project: ['p1', 'p2'] } }));
    const fields = { name: 'x', scopes: ['orders:read'] } as const;
    const beyond = { ...forbidden, message: 'The resources of this API key are beyond what you may give.' };
    for (const resources of [null, { region: ['eu'] }, { project: ['p3'] }, { project: ['p1', 'p3'] }]) {
      await expect(keys.create({ ...fields, resources })).rejects.toMatchObject(beyond);
      const { id } = await owner.create({ ...fields, resources });
      await expect(keys.rotate({ id })).rejects.toMatchObject(beyond);
      await keys.update({ id, name: 'renamed' });
    }
    await expect(keys.create(fields)).rejects.toMatchObject(beyond);
    const { id } = await keys.create({ ...fields, resources: { project: ['p1'], region: ['eu'] } });
    await keys.update({ id, resources: { project: ['p1', 'p2'] } });
    for (const resources of [null, { region: ['eu'] }, { project: ['p1', 'p3'] }]) {
      await expect(keys.update({ id, resources })).rejects.toMatchObject(beyond);
    }
    await keys.update({ id, resources: { project: ['p2'] } });
    const none = bound.keys.as(member({ resources: { project: [] } }));
    await expect(none.rotate({ id })).rejects.toMatchObject(beyond);
    await none.revoke({ id });
    // What a person may not give reaches no further either.
    const { id: writes } = await owner.create({
      name: 'x',
      scopes: ['orders:write'],
      resources: { project: ['p1'] },
    });
    const reader = bound.keys.as(member({ scopes: ['orders:read'] }));
    await expect(reader.update({ id: writes, resources: null })).rejects.toMatchObject(forbidden);
    await bound.close();
  });

  it.each([
    ['a scope', { scopes: ['orders:write'] }],
    ['a wildcard', { scopes: ['orders:*'] }],
    ['a feature', { features: ['beta'] }],
    ['no window', { rateLimits: [] }],
    ['a wider window', { rateLimits: [{ ...minute, limit: 61 }] }],
    ['no credits', { credits: null }],
    ['too many credits', { credits: { remaining: 101 } }],
    ['a refill', { credits: { remaining: 1, refillAmount: 1, refillIntervalSeconds: 60 } }],
  ])('keep a person from the secret, and from the use, of a key with %s', async (_what, more) => {
    const grants = {
      scopes: ['orders:read'],
      features: ['export'],
      limits: { rateLimits: [minute], credits: 100 },
    };
    const within = {
      scopes: ['orders:read'],
      features: ['export'],
      rateLimits: [minute],
      credits: { remaining: 5 },
    };
    const expiresAt = new Date(Date.UTC(2027, 1, 1));
    const { id, key } = await keyWith({ ...within, ...more, ipAllowlist: ['192.0.2.0/24'], expiresAt });
    const keys = as(grants);
    await expect(keys.create({ name: 'x', ...within, ...more } as never)).rejects.toMatchObject(forbidden);
    for (const rotation of [
      {},
      { gracePeriodSeconds: 60 },
      { gracePeriodSeconds: 60, graceStartsOnFirstUse: true },
    ]) {
      await expect(keys.rotate({ id, ...rotation })).rejects.toMatchObject(forbidden);
    }
    for (const change of [
      { ipAllowlist: null },
      { ipAllowlist: ['192.0.2.0/23'] },
      { expiresAt: null },
      { expiresAt: new Date(Date.UTC(2028, 1, 1)) },
    ]) {
      await expect(keys.update({ id, ...change })).rejects.toMatchObject(forbidden);
    }
    await keys.update({ id, enabled: false });
    await expect(keys.update({ id, enabled: true })).rejects.toMatchObject(forbidden);
    await keys.update({ id, ipAllowlist: ['192.0.2.7'], expiresAt: new Date(Date.UTC(2026, 11, 1)) });
    expect((await keys.revoke({ id })).state).toBe('revoked');
    expect(JSON.stringify(await keys.get({ id }))).not.toContain(key.slice(-30));
    const same = await keyWith(within);
    await keys.rotate({ id: same.id });
    await keys.update({ id: same.id, enabled: false });
    await keys.update({ id: same.id, enabled: true, ipAllowlist: null });
  });

  it('give keys that are created without limits those of the grants', async () => {
    const keys = as({ limits: { rateLimits: [minute], credits: 100 } });
    const created = await keys.create({ name: 'x', scopes: [] });
    expect(created.rateLimits).toEqual([minute]);
    expect(created.credits).toMatchObject({ remaining: 100, refillAmount: null });
  });

  it('keep the windows whose counts bound a key, and let limits be narrowed', async () => {
    const keys = as({ limits: { rateLimits: [minute] } });
    const { id } = await keys.create({ name: 'x', scopes: [] });
    const renamed = { ...minute, name: 'another' };
    await expect(keys.update({ id, rateLimits: [renamed] })).rejects.toMatchObject(forbidden);
    await expect(keys.update({ id, rateLimits: [] })).rejects.toMatchObject(forbidden);
    await keys.update({ id, rateLimits: [renamed, { ...minute, limit: 5 }] });
    await expect(keys.update({ id, rateLimits: [renamed] })).rejects.toMatchObject(forbidden);
    await keys.update({ id, rateLimits: [minute] });

    const wide = await keyWith({ rateLimits: [{ ...minute, limit: 1000 }] });
    await keys.update({ id: wide.id, rateLimits: [{ ...minute, limit: 500 }] });
    await expect(keys.update({ id: wide.id, rateLimits: [{ ...minute, limit: 501 }] })).rejects.toMatchObject(
      forbidden,
    );
    await expect(keys.update({ id: wide.id, rateLimits: [] })).rejects.toMatchObject(forbidden);
    const unlimited = await keyWith({});
    await keys.update({ id: unlimited.id, rateLimits: [{ ...minute, limit: 1000 }] });
    await expect(keys.update({ id: unlimited.id, rateLimits: [] })).rejects.toMatchObject(forbidden);
  });

  it('let credits be lowered, never raised or refilled', async () => {
    const keys = as({ limits: { credits: 100 } });
    const { id } = await keyWith({ credits: { remaining: 1000 } });
    await keys.update({ id, credits: { remaining: 500 } });
    for (const credits of [
      { remaining: 501 },
      { remaining: 1, refillAmount: 1, refillIntervalSeconds: 60 },
      null,
    ]) {
      await expect(keys.update({ id, credits })).rejects.toMatchObject(forbidden);
    }
    await expect(keys.rotate({ id })).rejects.toMatchObject(forbidden);
    await keys.update({ id, credits: { remaining: 100 } });
    await keys.rotate({ id });
    const refilled = await keyWith({
      credits: { remaining: 0, refillAmount: 5000, refillIntervalSeconds: 60 },
    });
    passTime(61_000);
    await expect(keys.rotate({ id: refilled.id })).rejects.toMatchObject(forbidden);
  });

  it('and the ceilings of the instance hold both', async () => {
    const other = create({ limits: { ceilings: { rateLimits: [{ ...minute, limit: 100 }], credits: 50 } } });
    const keys = other.apiKeys.keys.as(
      member({ limits: { rateLimits: [{ ...minute, name: 'h', windowSeconds: 3600 }], credits: 80 } }),
    );
    const created = await keys.create({ name: 'x', scopes: [] });
    expect(created.rateLimits).toEqual([{ ...minute, name: 'h', windowSeconds: 3600 }]);
    expect(created.credits?.remaining).toBe(50);
    await expect(keys.create({ name: 'x', scopes: [], credits: { remaining: 60 } })).rejects.toMatchObject(
      forbidden,
    );
    await other.apiKeys.close();
  });

  it('bound what the policy gives to keys that are created without scopes', async () => {
    const policy = {
      omittedScopes: ['orders:read', 'orders:write'],
      defaultRateLimits: [{ ...minute, limit: 900 }],
    };
    const other = create({ policy });
    const keys = other.apiKeys.keys.as(member({ scopes: ['orders:read'], limits: { rateLimits: [minute] } }));
    const created = await keys.create({ name: 'x' });
    expect([created.scopes, created.rateLimits]).toEqual([['orders:read'], [minute]]);
    expect((await other.apiKeys.keys.as(member({ scopes: [] })).create({ name: 'x' })).scopes).toEqual([]);
    await other.apiKeys.close();
  });

  it('do not keep the policy from replacing a key, which revokes it', async () => {
    const other = create({ policy: { onePerOwner: true } });
    const before = await other.apiKeys.keys.as(theApp).create({ ownerId: 'org:7', name: 'x', scopes: ['*'] });
    await other.apiKeys.keys
      .as(member({ scopes: ['orders:read'] }))
      .create({ name: 'x', scopes: ['orders:read'] });
    expect((await other.apiKeys.keys.as(theApp).get({ id: before.id }))?.state).toBe('revoked');
    await other.apiKeys.close();
  });
});

describe('grants and a key of a keyspace that means other things by its scopes', () => {
  it('let it be renamed and revoked, and give neither its secret nor its use', async () => {
    const store = memoryStore();
    const other = create({ store });
    await other.apiKeys.ready();
    const foreign = createSampleKey({
      id: '0000000000000001',
      keyspace: 'partners',
      ownerId: 'org:7',
      scopes: ['orders:read'],
      features: ['export'],
      enabled: false,
    });
    await insert(store, foreign);
    const keys = other.apiKeys.keys.as(member({ scopes: ['orders:read'], features: ['export'] }));
    const { id } = foreign;
    expect((await keys.update({ id, name: 'renamed' })).name).toBe('renamed');
    for (const change of [keys.update({ id, enabled: true }), keys.rotate({ id })]) {
      await expect(change).rejects.toMatchObject(forbidden);
    }
    expect((await keys.revoke({ id })).state).toBe('revoked');
    await other.apiKeys.close();
  });
});

describe('grants over HTTP', () => {
  let app: AdminApp;
  beforeAll(async () => {
    app = await startAdminApp({ router: { managementScope: 'keys:manage' } });
  });
  afterAll(() => app.close());

  it('that are no grants are a misconfiguration, never unbounded', async () => {
    const wrong: readonly (readonly [unknown, string])[] = [
      [null, 'grants must be an object such as { scopes, features, resources, limits }'],
      [[], 'grants must be an object'],
      ['orders:read', 'grants must be an object'],
      [{ scope: ['orders:read'] }, "grants: scope is not accepted here; did you mean 'scopes'?"],
      [{ scopes: 'orders:read' }, 'grants: scopes must be a list of up to 1000 names'],
      [{ scopes: [1] }, 'grants: scopes must be a list'],
      [{ scopes: null }, 'grants: scopes must be a list'],
      [
        { limits: { rateLimit: [] } },
        "grants: limits: rateLimit is not accepted here; did you mean 'rateLimits'?",
      ],
      [{ resources: ['p1'] }, 'grants: resources must be an object with a list of up to 1000 ids'],
      [{ resources: { project: 'p1' } }, 'grants: resources must be an object with a list'],
      [{ resources: { project: [''] } }, 'grants: resources must not be blank'],
      [{ limits: { credits: -1 } }, 'grants: limits: credits must be a whole number'],
      [{ limits: { rateLimits: [{}] } }, 'grants: limits: rateLimits entry 1'],
    ];
    for (const [grants, message] of wrong) {
      expectProblem(
        await app.as({ kind: 'owner', ownerId: 'a', grants } as never).get('/keys'),
        500,
        'internal_error',
      );
      expect(app.logged.at(-1)).toContain(message);
    }
    for (const grants of [undefined, { scopes: undefined }, { limits: { credits: undefined } }, Array(1)]) {
      const actor = { kind: 'owner', ownerId: 'a', grants } as never;
      expect(() => app.apiKeys.keys.as(actor)).toThrow(/undefined|must be an object/);
    }
    expect(() =>
      app.apiKeys.keys.as({ kind: 'owner', ownerId: 'a', grants: { scopes: Array(1) } } as never),
    ).toThrow();
  });

  it('are copied, so that nothing changes them later', async () => {
    const scopes = ['orders:read'];
    const keys = app.apiKeys.keys.as({ kind: 'owner', ownerId: 'org:7', grants: { scopes } });
    scopes.push('orders:write');
    await expect(keys.create({ name: 'x', scopes: ['orders:write'] })).rejects.toMatchObject(forbidden);
  });

  it('hold for the keys that a key with the management scope creates', async () => {
    const actor = member({ scopes: ['keys:manage', 'orders:read'], limits: { rateLimits: [minute] } });
    const manager = await makeKey(app, actor, { scopes: ['keys:manage', 'orders:read'] });
    const acting = { token: manager.key };
    expectProblem(
      await app
        .as(acting)
        .post('/keys')
        .send({ name: 'x', scopes: ['orders:write'] }),
      403,
      'insufficient_scope',
    );
    const child = await makeKey(app, acting, { scopes: ['orders:read'] });
    // It has no window of its own, and draws on that of the key that made it.
    expect(child['rateLimits']).toEqual([]);
    const verdict = await app.apiKeys.keys.verify({ key: child.key });
    expect(verdict).toMatchObject({
      rateLimits: [{ name: 'parent.minute', limit: minute.limit, windowSeconds: minute.windowSeconds }],
    });
    const bounded = await makeKey(app, acting, { scopes: ['orders:read'], rateLimits: [minute] });
    const foreign = await makeKey(app, root, { ownerId: 'org:7', scopes: ['orders:write'] });
    expectProblem(await app.as(acting).post(`/keys/${foreign.id}/rotate`), 403, 'insufficient_scope');
    expectProblem(
      await app.as(acting).patch(`/keys/${bounded.id}`).send({ rateLimits: [] }),
      403,
      'forbidden',
    );
  });

  it.each([
    ['a member', { memberId: 'm1' }],
    ['an owner without members', {}],
  ])('of a repetition are those that the change needs, for %s', async (_who, person) => {
    const send = (grants: ActorGrants, path: string, body: object) =>
      request(app.server)
        .post(`/api-keys${path}`)
        .set({
          'X-Actor': JSON.stringify({ kind: 'owner', ownerId: 'org:7', grants, ...person }),
          'Idempotency-Key': 'shared',
        })
        .send(body);
    const body = { name: 'x', scopes: ['orders:write'] };
    const [wide, narrow] = [{ scopes: ['orders:*'] }, { scopes: ['orders:read'] }];
    const first = await send(wide, '/keys', body).expect(201);
    const { id, key } = first.body as { id: string; key: string };
    const rotate = `/keys/${id}/rotate`;
    await send(wide, rotate, {}).expect(200);
    expectProblem(await send(narrow, '/keys', body), 403, 'forbidden');
    expectProblem(await send(narrow, rotate, {}), 403, 'forbidden');

    // Other grants that include the key repeat the change, and make no second one.
    for (const [path, sent, status] of [
      ['/keys', body, 201],
      [rotate, {}, 200],
    ] as const) {
      const again = await send({ scopes: ['orders:write'] }, path, sent).expect(status);
      expect(again.headers['idempotency-replayed']).toBe('true');
      expect(again.body).toMatchObject({ id, version: 2 });
      expect(again.body).not.toHaveProperty('key');
      expect(again.text).not.toContain(key.slice(-30));
    }
  });

  it('of another member have nothing to do with a repetition', async () => {
    const send = (actor: object) =>
      request(app.server)
        .post('/api-keys/keys')
        .set({ 'X-Actor': JSON.stringify(actor), 'Idempotency-Key': 'by-members' })
        .send({ name: 'x', scopes: ['orders:read'] });
    const [one, other] = [await send(member({}, 'm1')).expect(201), await send(member({}, 'm2')).expect(201)];
    expect((one.body as { id: string }).id).not.toBe((other.body as { id: string }).id);
  });

  it('do not matter to cursors, which belong to an owner and a filter', async () => {
    for (let count = 0; count < 3; count += 1) await makeKey(app, root, { ownerId: 'org:9' });
    const admins = (await app.as(root).get('/keys?limit=1')).body as { nextCursor: string };
    const actor = { kind: 'owner', ownerId: 'org:9', role: 'viewer', grants: { scopes: [] } } as const;
    const query = `/keys?limit=1&cursor=${encodeURIComponent(admins.nextCursor)}`;
    expectProblem(await app.as(actor).get(query), 400, 'invalid_request');
    const own = (await app.as(actor).get('/keys?limit=1').expect(200)).body as { nextCursor: string };
    const stolen = `/keys?limit=1&cursor=${encodeURIComponent(own.nextCursor)}`;
    expectProblem(await app.as({ ...actor, ownerId: 'org:7' }).get(stolen), 400, 'invalid_request');
    await app.as(actor).get(stolen).expect(200);
  });
});
