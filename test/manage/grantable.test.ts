import { createApiKeys, type CallActor } from '../../lib/index.js';
import { memoryStore } from '../../lib/testing/index.js';
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
      ceilings: { rateLimits: [minute], credits: 500 },
    });
  });

  it.each<[CallActor, boolean, number | null]>([
    [theApp, true, null],
    [{ kind: 'admin', id: 'root' }, true, null],
    [{ kind: 'owner', ownerId: 'org:7' }, true, 500],
    [{ kind: 'owner', ownerId: 'org:7', role: 'manager' }, true, 500],
    [{ kind: 'owner', ownerId: 'org:7', role: 'operator' }, false, 500],
    [{ kind: 'owner', ownerId: 'org:7', role: 'viewer', grants: {} }, false, 500],
    [{ kind: 'owner', ownerId: 'org:7', grants: { scopes: [], features: [] } }, false, 500],
  ])('is all or nothing for %j', async (actor, isAll, credits) => {
    const grantable = await apiKeys.keys.grantable({}, { actor });
    const names = [...grantableIn([...grantable.scopes]), ...grantableIn([...grantable.features])];
    expect(names).toEqual(isAll ? [...Object.keys(scopes), 'export', 'beta'] : []);
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

  it('is what creating a key allows', async () => {
    for (const granted of [[], ['orders:read'], ['orders:*'], ['*'], ['keys:manage', 'gone:read']]) {
      const keys = apiKeys.keys.as({ kind: 'owner', ownerId: 'org:7', grants: { scopes: granted } });
      for (const { name, grantable } of (await keys.grantable()).scopes) {
        const created = keys.create({ name: 'x', scopes: [name as 'orders:read'] });
        expect(await created.then(() => true).catch(() => false)).toBe(grantable);
      }
    }
  });
});

describe('GET /grantable', () => {
  let app: AdminApp;
  beforeAll(async () => {
    app = await startAdminApp({ router: { managementScope: 'keys:manage' } });
  });
  afterAll(() => app.close());

  it('shows a key that manages keys what it holds itself', async () => {
    const { key } = await makeKey(app, root, { ownerId: 'org:7', scopes: ['keys:manage', 'orders:read'] });
    const answer = await app.as({ token: key }).get('/grantable').expect(200);
    expect(grantableIn((answer.body as Answer).scopes)).toEqual(['orders:read', 'keys:manage']);
    const paying = await makeKey(app, root, { ownerId: 'org:7', scopes: ['*'], credits: { remaining: 5 } });
    const other = await app.as({ token: paying.key }).get('/grantable').expect(200);
    expect(grantableIn((other.body as Answer).scopes)).toEqual([]);
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
