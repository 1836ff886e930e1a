import { createApiKeys, type CallActor } from '../../lib/index.js';
import { fixedClock, memoryStore } from '../../lib/testing/index.js';
import { expectProblem, makeKey, root, startAdminApp, type AdminApp } from '../admin/admin-app.js';
import { testPepper } from '../harness/instance.js';
import { theApp } from '../harness/the-app.js';

const minute = { name: 'minute', limit: 60, windowSeconds: 60 };
const scopes = {
  'orders:read': 'Read orders',
  'orders:write': 'Place orders',
  'keys:manage': 'Manage keys',
} as const;

interface Answer {
  readonly scopes: { readonly name: string; readonly grantable: boolean }[];
  readonly features: { readonly name: string; readonly grantable: boolean }[];
  readonly resources: object[];
}
const grantableIn = (names: Answer['scopes']): string[] =>
  names.filter(({ grantable }) => grantable).map(({ name }) => name);

describe('apiKeys.scopes', () => {
  it('is the catalogue with its sentences, in the order of its declaration', () => {
    const apiKeys = createApiKeys({ prefix: 'acme', scopes, pepper: testPepper, store: memoryStore() });
    expect(apiKeys.scopes).toEqual(
      Object.entries(scopes).map(([name, description]) => ({ name, description })),
    );
  });
});

describe('what an actor may give', () => {
  const apiKeys = createApiKeys({
    prefix: 'acme',
    scopes,
    features: { export: 'Export as CSV', beta: 'Try what is new' },
    resources: { project: 'A project', region: 'A region' },
    limits: { ceilings: { credits: 500 } },
    pepper: testPepper,
    store: memoryStore(),
    logger: { warn: () => undefined, error: () => undefined },
  });
  afterAll(() => apiKeys.close());

  it('is shown with the whole catalogue, and the ceilings', async () => {
    const grants = {
      scopes: ['orders:*'],
      features: ['beta'],
      resources: { project: ['p1', 'p2'] },
      limits: { rateLimits: [minute], credits: 900 },
    };
    expect(await apiKeys.keys.as({ kind: 'owner', ownerId: 'org:7', grants }).grantable()).toEqual({
      scopes: [
        { name: 'orders:read', description: 'Read orders', grantable: true },
        { name: 'orders:write', description: 'Place orders', grantable: true },
        { name: 'keys:manage', description: 'Manage keys', grantable: false },
      ],
      features: [
        { name: 'export', description: 'Export as CSV', grantable: false },
        { name: 'beta', description: 'Try what is new', grantable: true },
      ],
      resources: [
        { name: 'project', description: 'A project', ids: ['p1', 'p2'], planIds: null },
        { name: 'region', description: 'A region', ids: null, planIds: null },
      ],
      ceilings: { rateLimits: [minute], credits: 500, maxLifetimeDays: null, expiresAt: null },
    });
  });

  it.each<[CallActor, boolean, number | null]>([
    [theApp, true, null],
    [{ kind: 'admin', id: 'root' }, true, null],
    [{ kind: 'owner', ownerId: 'org:7' }, true, 500],
    [{ kind: 'owner', ownerId: 'org:7', role: 'manager' }, true, 500],
    [{ kind: 'owner', ownerId: 'org:7', role: 'operator' }, false, 500],
    [{ kind: 'owner', ownerId: 'org:7', role: 'viewer', grants: {} }, false, 500],
    [
      { kind: 'owner', ownerId: 'org:7', grants: { scopes: [], features: [], resources: { project: [] } } },
      false,
      500,
    ],
    // A key would have to be bound to what no key can be bound to.
    [{ kind: 'owner', ownerId: 'org:7', grants: { resources: { tenant: ['t1'] } } }, false, 500],
  ])('is all or nothing for %j', async (actor, isAll, credits) => {
    const grantable = await apiKeys.keys.grantable({}, { actor });
    const names = [...grantableIn([...grantable.scopes]), ...grantableIn([...grantable.features])];
    expect(names).toEqual(isAll ? [...Object.keys(scopes), 'export', 'beta'] : []);
    expect(grantable.resources.map(({ ids }) => ids)).toEqual(isAll ? [null, null] : [[], []]);
    expect(grantable.ceilings.credits).toBe(credits);
  });

  it('is within the plan of the owner', async () => {
    const planned = createApiKeys({
      prefix: 'acme',
      scopes,
      plans: { free: { scopes: ['orders:read', 'keys:manage'], keyCeilings: { credits: 10 } } },
      defaultPlan: 'free',
      pepper: testPepper,
      store: memoryStore(),
      logger: { warn: () => undefined, error: () => undefined },
    });
    const owner = { kind: 'owner', ownerId: 'org:7', grants: { scopes: ['orders:*'] } } as const;
    const grantable = await planned.keys.as(owner).grantable();
    expect(grantableIn([...grantable.scopes])).toEqual(['orders:read']);
    expect(grantable.ceilings.credits).toBe(10);
    const all = await planned.keys.as(theApp).grantable();
    expect(grantableIn([...all.scopes])).toEqual(Object.keys(scopes));
    await planned.close();
  });

  it('shows the resources and the lifetime of the plan, and is what creating a key allows', async () => {
    const clock = fixedClock(Date.UTC(2026, 5, 1));
    const planned = createApiKeys({
      prefix: 'acme',
      scopes,
      resources: { project: 'A project', region: 'A region' },
      plans: { all: {}, some: { resources: { project: ['p1', 'p2'] }, maxLifetimeDays: 30 } },
      defaultPlan: 'all',
      clock,
      pepper: testPepper,
      store: memoryStore(),
      logger: { warn: () => undefined, error: () => undefined },
    });
    const asApp = planned.owners.as(theApp);
    await asApp.set({ ownerId: 'org:7', plan: 'some', overrides: { resources: { region: [] } } });
    const bindings = [
      null,
      { project: ['p1'] },
      { project: ['p1', 'p3'] },
      { region: ['eu'] },
      { project: ['p2'], region: ['eu'] },
    ] as const;
    const rows = [
      [undefined, [null, null]],
      [{ project: ['p2', 'p3'] }, [['p2'], null]],
      [{ project: ['p3'] }, [[], []]],
      [{ region: ['eu'] }, [[], []]],
      [{ project: ['p1'], region: [] }, [[], []]],
    ] as const;
    for (const [granted, ids] of rows) {
      const grants = granted === undefined ? {} : { resources: granted };
      const keys = planned.keys.as({ kind: 'owner', ownerId: 'org:7', grants });
      const { resources, ceilings } = await keys.grantable();
      expect(resources.map((kind) => [kind.ids, kind.planIds])).toEqual([
        [ids[0], ['p1', 'p2']],
        [ids[1], []],
      ]);
      const latest = new Date(clock.now() + 30 * 24 * 60 * 60 * 1000);
      expect(ceilings).toMatchObject({ maxLifetimeDays: 30, expiresAt: latest });
      const isDone = (fields: object) =>
        keys.create({ name: 'x', scopes: [], ...fields }).then(
          () => true,
          () => false,
        );
      for (const binding of bindings) {
        const bound: Readonly<Record<string, readonly string[]>> = binding ?? {};
        const isGrantable = resources.every(({ name, ids: mustBe, planIds }) => {
          const named = bound[name];
          if (named === undefined) return mustBe === null;
          return [mustBe, planIds].every((list) => list === null || named.every((id) => list.includes(id)));
        });
        expect([granted, binding, await isDone({ resources: binding })]).toEqual([
          granted,
          binding,
          isGrantable,
        ]);
      }
      const canGive = resources.every((kind) => kind.ids === null || kind.ids.length > 0);
      const resourcesOfKey = granted === undefined ? null : { project: ['p2'] };
      expect(await isDone({ resources: resourcesOfKey, expiresAt: latest })).toBe(canGive);
      expect(await isDone({ resources: resourcesOfKey, expiresAt: new Date(latest.getTime() + 1) })).toBe(
        false,
      );
    }
    const ofAdmin = await planned.keys.as({ kind: 'admin', id: 'root' }).grantable();
    expect(ofAdmin.resources.map((kind) => [kind.ids, kind.planIds])).toEqual([
      [null, null],
      [null, null],
    ]);
    expect(ofAdmin.ceilings).toMatchObject({ maxLifetimeDays: null, expiresAt: null });
    await planned.close();
  });

  it('is what creating a key allows', async () => {
    for (const granted of [[], ['orders:read'], ['orders:*'], ['*'], ['keys:manage', 'gone:read']]) {
      const keys = apiKeys.keys.as({ kind: 'owner', ownerId: 'org:7', grants: { scopes: granted } });
      for (const { name, grantable } of (await keys.grantable()).scopes) {
        const created = keys.create({ name: 'x', scopes: [name] });
        expect(await created.then(() => true).catch(() => false)).toBe(grantable);
      }
    }
    const bindings = [
      null,
      { project: ['p1'] },
      { region: ['eu'] },
      { project: ['p2'], region: ['eu'] },
    ] as const;
    for (const granted of [
      {},
      { project: ['p1'] },
      { region: [] },
      { project: ['p1', 'p2'], region: ['eu'] },
    ]) {
      const keys = apiKeys.keys.as({ kind: 'owner', ownerId: 'org:7', grants: { resources: granted } });
      const { resources } = await keys.grantable();
      for (const binding of bindings) {
        const created = keys.create({ name: 'x', scopes: [], resources: binding });
        const bound: Readonly<Record<string, readonly string[]>> = binding ?? {};
        const isGrantable = resources.every(
          ({ name, ids }) => ids === null || (bound[name]?.every((id) => ids.includes(id)) ?? false),
        );
        expect(await created.then(() => true).catch(() => false)).toBe(isGrantable);
      }
    }
  });
});

describe('GET /grantable', () => {
  let app: AdminApp;
  beforeAll(async () => {
    app = await startAdminApp({
      router: { managementScope: 'keys:manage' },
      instance: { resources: { project: 'A project' } },
      actingKeyResources: 'handler',
    });
  });
  afterAll(() => app.close());

  it('shows a key that manages keys what it holds itself', async () => {
    const { key } = await makeKey(app, root, { ownerId: 'org:7', scopes: ['keys:manage', 'orders:read'] });
    const answer = await app.as({ token: key }).get('/grantable').expect(200);
    expect(grantableIn((answer.body as Answer).scopes)).toEqual(['orders:read', 'keys:manage']);
    const paying = await makeKey(app, root, { ownerId: 'org:7', scopes: ['*'], credits: { remaining: 5 } });
    const other = await app.as({ token: paying.key }).get('/grantable').expect(200);
    expect(grantableIn((other.body as Answer).scopes)).toEqual(Object.keys(scopes));
    // What it has left: this request cost one.
    expect(other.body).toMatchObject({ ceilings: { credits: 4 } });
    const bound = { ownerId: 'org:7', scopes: ['keys:manage'], resources: { project: ['p1', 'p2'] } };
    const ofBound = await app
      .as({ token: (await makeKey(app, root, bound)).key })
      .get('/grantable')
      .expect(200);
    expect([answer, other, ofBound].map(({ body }) => (body as Answer).resources)).toEqual(
      [null, null, ['p1', 'p2']].map((ids) => [
        { name: 'project', description: 'A project', ids, planIds: null },
      ]),
    );
    const ends = { ownerId: 'org:7', scopes: ['keys:manage'], expiresAt: '2027-01-01T00:00:00.000Z' };
    const ofEnding = await app
      .as({ token: (await makeKey(app, root, ends)).key })
      .get('/grantable')
      .expect(200);
    expect(ofEnding.body.ceilings).toMatchObject({ maxLifetimeDays: null, expiresAt: ends.expiresAt });
    const plain = await makeKey(app, root, { ownerId: 'org:7', scopes: ['orders:read'] });
    expectProblem(await app.as({ token: plain.key }).get('/grantable'), 403, 'insufficient_scope');
  });

  it('takes nothing, and needs a sign-in', async () => {
    expectProblem(await app.as(null).get('/grantable'), 401, 'unauthenticated');
    expectProblem(await app.as(root).get('/grantable?ownerId=org:7'), 400, 'invalid_request');
    const answer = await app.as(root).get('/grantable').expect(200);
    expect(grantableIn((answer.body as Answer).scopes)).toHaveLength(3);
  });
});
