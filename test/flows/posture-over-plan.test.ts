import express from 'express';
import request from 'supertest';
import { nebulaRouter } from '../../lib/dialects/index.js';
import type { PostureItem } from '../../lib/domain/posture-view.js';
import { createApiKeys, type NewKey } from '../../lib/index.js';
import { createTestParts, scopes, type Scope } from '../harness/instance.js';
import { makeOwnDatabase, type OwnDatabase } from '../harness/own-database.js';
import { theApp } from '../harness/the-app.js';

const dayMs = 24 * 60 * 60 * 1000;
const open: { close(): Promise<void> }[] = [];
const databases: OwnDatabase[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((apiKeys) => apiKeys.close()));
  await Promise.all(databases.splice(0).map((database) => database.remove()));
});

const minute = (limit: number) => [{ name: 'minute', limit, windowSeconds: 60 }];
const free = {
  scopes: ['orders:read'],
  features: ['export'],
  resources: { project: ['p1', 'p2'] },
  keyCeilings: { rateLimits: minute(10), credits: 50 },
  maxLifetimeDays: 30,
  maxIdleDays: 90,
} as const;

function createPlanned(options: { readonly database?: string; readonly enforceOnExisting?: boolean }) {
  const { enforceOnExisting = false, ...store } = options;
  const { clock, defaults } = createTestParts(store);
  const apiKeys = createApiKeys({
    ...defaults,
    scopes,
    ...store,
    features: { beta: 'New things', export: 'Export as CSV' },
    resources: { project: 'A project', region: 'A region' },
    policy: { enforceOnExisting, maxIdleDays: 60 },
    tokens: { issuer: 'https://api.acme.example' },
    plans: { all: {}, free },
    defaultPlan: 'all',
  });
  open.push(apiKeys);
  return { apiKeys, clock };
}

async function start(kind: 'memory' | 'PostgreSQL' | 'SQLite' = 'memory', enforceOnExisting = false) {
  const database = kind === 'memory' ? null : await makeOwnDatabase(kind);
  if (database !== null) databases.push(database);
  const { apiKeys, clock } = createPlanned({
    enforceOnExisting,
    ...(database === null ? {} : { database: database.url }),
  });
  await apiKeys.ready();
  const inDays = (days: number): Date => new Date(clock.now() + days * dayMs);
  /** A key within the plan `free`, unless said otherwise. */
  const key = async (
    name: string,
    fields: Partial<NewKey<Scope, 'beta' | 'export', 'project' | 'region'>> = {},
  ) =>
    apiKeys.keys.as(theApp).create({
      ...{ ownerId: 'alice', name, scopes: ['orders:read'], expiresAt: inDays(20) },
      ...{ rateLimits: minute(5), credits: { remaining: 20 } },
      ...fields,
    });
  const setPlan = async (plan: string | null, overrides: object | null = null, ownerId = 'alice') =>
    apiKeys.owners.as(theApp).set({ ownerId, plan, overrides });
  const list = async (): Promise<readonly PostureItem[]> =>
    (await apiKeys.keys.as(theApp).posture({ limit: 100, reason: 'exceeds_plan' })).items;
  const app = express().use(
    '/api-keys',
    apiKeys.adminRouter({
      authorize(req) {
        const as = req.get('as');
        return as === undefined ? { kind: 'admin', id: 'root' } : { kind: 'owner', ownerId: as };
      },
    }),
  );
  return { apiKeys, clock, key, setPlan, list, inDays, app };
}

type Planned = Awaited<ReturnType<typeof start>>;

const nothing = {
  ...{ scopes: [], features: [], resources: [], rateLimits: [] },
  ...{ credits: false, maxLifetimeDays: false, maxIdleDays: false },
};

/** Keys of alice, of which each has one thing beyond the plan, and what the posture of them is. */
async function makeKeys({ key, inDays }: Planned) {
  await key('within', { resources: { project: ['p1'], region: ['eu'] }, features: ['export'] });
  await key('bob', { ownerId: 'bob', scopes: ['*'], features: ['beta'] });
  const made = {
    scopes: await key('scopes', { scopes: ['orders:*'] }),
    features: await key('features', { features: ['beta', 'export'] }),
    resources: await key('resources', { resources: { project: ['p2', 'p3'], region: ['eu'] } }),
    elsewhere: await key('elsewhere', { resources: { project: ['p4'] } }),
    limits: await key('limits', { rateLimits: minute(100) }),
    refill: await key('refill', {
      credits: { remaining: 5, refillAmount: 10, refillIntervalSeconds: 3600 },
    }),
    free: await key('free', { credits: null }),
    forever: await key('forever', { expiresAt: null }),
  };
  const { resources, forever, ...others } = made;
  const noRefill = { refillAmount: null, refillIntervalSeconds: null };
  const expected = {
    scopes: [{ scopes: ['orders:write'] }, { scopes: ['orders:read'] }],
    features: [{ features: ['beta'] }, { features: ['export'] }],
    resources: [{ resources: ['project:p3'] }, { resources: { project: ['p2'], region: ['eu'] } }],
    elsewhere: [{ resources: ['project:p4'] }, { reason: 'superseded' }],
    limits: [{ rateLimits: ['minute'] }, { rateLimits: minute(10) }],
    refill: [{ credits: true }, { credits: { remaining: 5, ...noRefill } }],
    free: [{ credits: true }, { credits: { remaining: 50, ...noRefill } }],
    forever: [{ maxLifetimeDays: true }, { expiresAt: inDays(30).toISOString() }],
  } as const;
  return { made: { ...others, resources, forever }, expected };
}

describe.each(['memory', 'SQLite', 'PostgreSQL'] as const)('keys over their plan, on %s', (kind) => {
  it('are listed with what is beyond by its names, and the call that mends it', async () => {
    const planned = await start(kind);
    const { app, setPlan, clock } = planned;
    const { made, expected } = await makeKeys(planned);
    const read = async (query = '', as?: string): Promise<PostureItem[]> => {
      const asked = request(app).get(`/api-keys/posture?limit=100&reason=exceeds_plan${query}`);
      return (await (as === undefined ? asked : asked.set('as', as)).expect(200)).body.items;
    };
    expect(await read()).toEqual([]);
    clock.advance(1000);
    await setPlan('free');

    const items = await read();
    expect(Object.fromEntries(items.map(({ name, beyondPlan }) => [name, beyondPlan]))).toEqual(
      Object.fromEntries(
        Object.entries(expected).map(([name, [beyond]]) => [name, { ...nothing, ...beyond }]),
      ),
    );
    expect(items).toContainEqual({
      ...{
        keyId: made.scopes.id,
        ownerId: 'alice',
        keyspace: 'default',
        name: 'scopes',
        reason: 'exceeds_plan',
      },
      ...{
        since: new Date(clock.now()).toISOString(),
        endsAt: null,
        unusedScopes: [],
        oldSecretUsedOn: null,
      },
      beyondPlan: { ...nothing, scopes: ['orders:write'] },
      remedy: {
        command: 'update',
        input: { id: made.scopes.id, scopes: ['orders:read'] },
        ...{ method: 'PATCH', path: `/keys/${made.scopes.id}`, body: { scopes: ['orders:read'] } },
      },
    });
    expect(await read('', 'alice')).toEqual(items);
    expect(await read('', 'bob')).toEqual([]);

    for (const { name, remedy } of items) {
      expect([name, remedy.body]).toEqual([name, expected[name as keyof typeof expected][1]]);
      const call = request(app)[remedy.method === 'PATCH' ? 'patch' : 'post'](`/api-keys${remedy.path}`);
      // An owner can make the same calls.
      await call.set('as', 'alice').set('Sec-Fetch-Site', 'same-origin').send(remedy.body).expect(200);
    }
    expect(await read()).toEqual([]);
  });
});

describe('exceeds_plan', () => {
  it('goes by the overrides of the owner, and by the plan that the owner has now', async () => {
    const { key, setPlan, list } = await start();
    await key('wide', { scopes: ['orders:*', 'users:read'] });
    const beyond = async () => (await list()).map(({ beyondPlan }) => beyondPlan?.scopes);
    await setPlan('free', { scopes: ['orders:*'] });
    expect(await beyond()).toEqual([['users:read']]);
    await setPlan('all', { scopes: ['users:read'] });
    expect(await beyond()).toEqual([['orders:read', 'orders:write']]);
    await setPlan('free', { scopes: ['orders:*', 'users:*'] });
    expect(await beyond()).toEqual([]);
  });

  it('has the same in code, with times as dates, and everything of a key in one item', async () => {
    const { apiKeys, key, setPlan, list, inDays } = await start();
    const { id } = await key('CI', {
      scopes: ['*'],
      features: ['beta'],
      resources: { project: ['p1', 'p9'] },
      rateLimits: [],
      credits: null,
      expiresAt: null,
    });
    await setPlan('free');
    const [item, ...others] = await list();
    expect(others).toEqual([]);
    expect(item?.beyondPlan).toEqual({
      scopes: ['orders:write', 'users:read'],
      features: ['beta'],
      resources: ['project:p9'],
      rateLimits: ['minute'],
      ...{ credits: true, maxLifetimeDays: true, maxIdleDays: false },
    });
    expect(item?.remedy.input).toEqual({
      id,
      ...{ scopes: ['orders:read'], features: [], resources: { project: ['p1'] }, rateLimits: minute(10) },
      credits: { remaining: 50, refillAmount: null, refillIntervalSeconds: null },
      expiresAt: inDays(30),
    });
    await (apiKeys.keys.as(theApp).update as (input: object) => Promise<unknown>)(item?.remedy.input ?? {});
    expect(await list()).toEqual([]);
  });

  it('proposes another key where an update does not help: for an idle bound, and a lifetime that is over', async () => {
    const { clock, key, setPlan, list, inDays } = await start();
    await key('idle');
    await setPlan('free', { maxIdleDays: 30 });
    const [idle] = await list();
    expect([idle?.beyondPlan, idle?.remedy.body]).toEqual([
      { ...nothing, maxIdleDays: true },
      { reason: 'superseded' },
    ]);
    await setPlan('all');
    await key('old', { expiresAt: inDays(300) });
    clock.advance(31 * dayMs);
    await setPlan('free');
    const old = (await list()).find(({ name }) => name === 'old');
    expect([old?.beyondPlan, old?.remedy.command]).toEqual([{ ...nothing, maxLifetimeDays: true }, 'revoke']);
  });

  it('lists no lifetime that is enforced on existing keys', async () => {
    const { key, setPlan, list } = await start('memory', true);
    await key('forever', { expiresAt: null });
    await setPlan('free', { maxIdleDays: 5 });
    expect(await list()).toEqual([]);
  });

  it('lists no key of an owner whose plan the options do not have', async () => {
    const { clock, defaults } = createTestParts({});
    const before = createApiKeys({ ...defaults, scopes, plans: { gone: {}, all: {} }, defaultPlan: 'all' });
    const after = createApiKeys({ ...defaults, scopes, plans: { all: {} }, defaultPlan: 'all' });
    open.push(before, after);
    await before.keys
      .as(theApp)
      .create({ ownerId: 'alice', name: 'CI', scopes: ['*'], expiresAt: new Date(clock.now() + 20 * dayMs) });
    await before.owners.as(theApp).set({ ownerId: 'alice', plan: 'gone' });
    expect((await after.keys.as(theApp).posture()).items).toEqual([]);
  });

  it('is paged by keys, as every posture', async () => {
    const planned = await start();
    const { apiKeys, setPlan } = planned;
    await makeKeys(planned);
    await setPlan('free');
    const names: string[] = [];
    let cursor: string | null | undefined;
    let pages = 0;
    while (cursor !== null) {
      const page = await apiKeys.keys
        .as(theApp)
        .posture({ limit: 3, reason: 'exceeds_plan', ...(cursor === undefined ? {} : { cursor }) });
      names.push(...page.items.map(({ name }) => name));
      cursor = page.nextCursor;
      pages += 1;
    }
    expect([names.length, pages]).toEqual([8, 4]);
  });

  it('proposes another key for one of a compatibility router, whose scopes are changed there', async () => {
    const { apiKeys, app, setPlan, list } = await start();
    app.use('/nebula', nebulaRouter(apiKeys, { verifyAccessToken: () => 'alice' }));
    const create = request(app).post('/nebula/api-keys').set('Authorization', 'Bearer a.b.c');
    await create.send({ name: 'CI' }).expect(200);
    await setPlan('free');
    expect(await list()).toMatchObject([
      {
        keyspace: 'nebula',
        beyondPlan: { scopes: ['orders:write', 'users:read'], maxLifetimeDays: false },
        remedy: { command: 'revoke' },
      },
    ]);
  });
});
