import express from 'express';
import request from 'supertest';
import type { PostureItem } from '../../lib/domain/posture-view.js';
import type { ApiKeysOptions } from '../../lib/index.js';
import { createInstance, type Scope, type TestInstance } from '../harness/instance.js';
import { createDatabase } from '../servers/postgres.cjs';
import { theApp } from '../harness/the-app.js';
import { waitUntil } from '../servers/wait-until.cjs';

jest.setTimeout(180_000);

const dayMs = 24 * 60 * 60 * 1000;
const instances: TestInstance[] = [];
afterEach(async () => {
  await Promise.all(instances.splice(0).map(({ apiKeys }) => apiKeys.close()));
});

async function start(options: Partial<ApiKeysOptions<Scope>> = {}): Promise<TestInstance> {
  const instance = createInstance(options);
  instances.push(instance);
  await instance.apiKeys.ready();
  return instance;
}

/** The admin router for the owner that the header `as` names, or for an admin. */
function appOf({ apiKeys }: TestInstance): express.Express {
  return express().use(
    '/api-keys',
    apiKeys.adminRouter({
      authorize(req) {
        const as = req.get('as');
        return as === undefined ? { kind: 'admin', id: 'root' } : { kind: 'owner', ownerId: as };
      },
    }),
  );
}

/** What deserves attention, as `name reason`. */
async function read(app: express.Express, query = '', as?: string): Promise<string[]> {
  const asked = request(app).get(`/api-keys/posture?limit=100${query}`);
  const { status, body } = await (as === undefined ? asked : asked.set('as', as));
  expect([status, body.nextCursor]).toEqual([200, null]);
  return (body.items as PostureItem[]).map(({ name, reason }) => `${name} ${reason}`).sort();
}

async function use({ apiKeys }: TestInstance, { id, token }: { id: string; token: string }): Promise<void> {
  expect((await apiKeys.keys.verify({ key: token })).allowed).toBe(true);
  const keys = apiKeys.keys.as(theApp);
  await waitUntil('the use is written', async () => ((await keys.get({ id }))?.lastUsedAt ?? null) !== null);
}

/** Keys of alice, made a hundred days ago, one for each reason, and one of bob; the others give no reason. */
async function makeKeys(instance: TestInstance): Promise<void> {
  const { apiKeys, clock } = instance;
  const keys = apiKeys.keys.as(theApp);
  const inDays = (days: number): Date => new Date(clock.now() + days * dayMs);
  await instance.key({ name: 'unused', expiresAt: inDays(900) });
  const once = await instance.key({ name: 'used once', expiresAt: inDays(900) });
  await use(instance, once);
  await instance.key({ name: 'revoked' }).then(({ id }) => keys.revoke({ id }));
  await instance.key({ name: 'expired', expiresAt: inDays(1) });
  const endsSoon = await instance.key({ name: 'ends soon', expiresAt: inDays(105) });
  clock.advance(100 * dayMs);
  await use(instance, endsSoon);
  await instance.key({ name: 'endless', ownerId: 'bob' });
  const rotated = await instance.key({ name: 'rotated', expiresAt: inDays(400) });
  await keys.rotate({ id: rotated.id, gracePeriodSeconds: 3600 });
  await instance.key({ name: 'fine', expiresAt: inDays(400) });
}

const all = [
  'endless never_expires',
  'ends soon expires_soon',
  'rotated old_secret_works',
  'unused never_used',
  'used once unused',
];

describe.each(['memory', 'PostgreSQL'])('GET /posture on %s', (kind) => {
  let instance: TestInstance;
  let app: express.Express;
  let drop = async (): Promise<void> => {};

  beforeEach(async () => {
    if (kind === 'PostgreSQL') {
      const database = await createDatabase(process.env['TEST_DATABASE_URL'] ?? '');
      drop = () => database.drop();
      instance = await start({ database: database.url });
    } else {
      instance = await start();
    }
    app = appOf(instance);
    await makeKeys(instance);
  });
  afterEach(async () => {
    await instance.apiKeys.close();
    await drop();
  });

  it('lists what deserves attention, for admins of all owners and for owners their own', async () => {
    expect(await read(app)).toEqual(all);
    expect(await read(app, '', 'bob')).toEqual(['endless never_expires']);
    expect(await read(app, '&ownerId=alice')).toEqual(all.slice(1));
    expect(await read(app, '&ownerId=bob', 'alice')).toEqual([]);
    expect(await read(app, '&reason=unused')).toEqual(['used once unused']);
    expect(await read(app, '&unusedAfterDays=101')).toEqual(all.slice(0, 3));
    expect(await read(app, '&endsWithinDays=4')).toEqual(all.filter((each) => !each.startsWith('ends')));
  });

  it('names a call for each that mends it', async () => {
    for (;;) {
      const { body } = await request(app).get('/api-keys/posture?limit=100');
      const [item] = body.items as PostureItem[];
      if (item === undefined) break;
      const { method, path, body: sent } = item.remedy;
      const call = request(app)[method === 'PATCH' ? 'patch' : 'post'](`/api-keys${path}`);
      expect((await call.send(sent)).status).toBe(200);
      const { items } = (await request(app).get('/api-keys/posture?limit=100')).body;
      expect(items).not.toContainEqual(expect.objectContaining({ keyId: item.keyId, reason: item.reason }));
    }
  });

  it('is paged by keys', async () => {
    const found: string[] = [];
    let cursor: string | null = '';
    let pages = 0;
    while (cursor !== null) {
      const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const { body } = await request(app).get(`/api-keys/posture?limit=2${query}`);
      found.push(...(body.items as PostureItem[]).map(({ name, reason }) => `${name} ${reason}`));
      cursor = body.nextCursor;
      pages += 1;
    }
    expect([found.sort(), pages]).toEqual([all, 3]);
  });
});

describe('keys.posture', () => {
  it('returns the same in code, with the command and its input', async () => {
    const instance = await start();
    await makeKeys(instance);
    const { clock } = instance;
    const keys = instance.apiKeys.keys.as(theApp);
    for (let rounds = 0; rounds < 5; rounds += 1) {
      const { items } = await keys.posture({ limit: 100 });
      expect(items).toHaveLength(5 - rounds);
      const [item] = items;
      if (item === undefined) throw new Error('there are some');
      const { command, input } = item.remedy;
      await (keys[command] as (known: object) => Promise<unknown>)(input);
    }
    expect((await keys.posture()).items).toEqual([]);
    const made = await instance.key({ name: 'endless' });
    const { items } = await instance.apiKeys.keys.posture({ reason: 'never_expires' }, { actor: theApp });
    expect(items).toContainEqual({
      ...{ keyId: made.id, ownerId: 'alice', keyspace: 'default', name: 'endless', reason: 'never_expires' },
      ...{ since: new Date(clock.now()), endsAt: null, unusedScopes: [], oldSecretUsedOn: null },
      beyondPlan: null,
      remedy: {
        command: 'update',
        input: { id: made.id, expiresAt: new Date(clock.now() + 90 * dayMs) },
        ...{ method: 'PATCH', path: `/keys/${made.id}` },
        body: { expiresAt: new Date(clock.now() + 90 * dayMs) },
      },
    });
    await expect(keys.posture({ unusedAfterDays: 0 })).rejects.toThrow(/unusedAfterDays/);
    await expect(keys.posture({ reason: 'other' } as never)).rejects.toThrow(/never_expires/);
    await expect(keys.posture({ state: 'active' } as never)).rejects.toThrow(/state/);
  });

  it('names the scopes that no request needs, once uses are recorded for long enough', async () => {
    const instance = await start();
    const { clock } = instance;
    const keys = instance.apiKeys.keys.as(theApp);
    const expiresAt = new Date(clock.now() + 900 * dayMs);
    const scopes = ['orders:*', 'users:read'] as const;
    const made = {
      wide: await instance.key({ name: 'wide', scopes, expiresAt }),
      changed: await instance.key({ name: 'changed', scopes, expiresAt }),
      needed: await instance.key({ name: 'needed', scopes, expiresAt }),
      unguarded: await instance.key({ name: 'unguarded', scopes, expiresAt }),
      idle: await instance.key({ name: 'idle', scopes, expiresAt }),
    };
    const need = async (name: keyof typeof made, ...needed: Scope[]): Promise<void> => {
      const { apiKeys } = instance;
      const key = made[name].token;
      if (needed.length === 0) expect(await apiKeys.keys.verify({ key })).toMatchObject({ allowed: true });
      for (const scope of needed)
        expect(await apiKeys.keys.verify({ key, scopes: scope })).toMatchObject({ allowed: true });
    };
    const list = async (): Promise<readonly PostureItem[]> => {
      // The first use of a key is written soon, and those before it with it.
      const fresh = await instance.key({ name: 'fresh', expiresAt });
      await use(instance, fresh);
      return (await keys.posture({ limit: 100, reason: 'wider_than_used', unusedAfterDays: 30 })).items;
    };

    await need('wide', 'orders:read', 'orders:write');
    await need('changed', 'orders:read');
    await need('needed', 'orders:read', 'orders:write');
    await need('unguarded');
    await need('idle', 'orders:read');
    expect(await list()).toEqual([]);
    clock.advance(20 * dayMs);
    await keys.update({ id: made.changed.id, description: 'Of the shop' });
    await need('wide', 'orders:read');
    await need('needed', 'users:read', 'orders:write', 'orders:read');
    expect(await list()).toEqual([]);
    clock.advance(12 * dayMs);
    await need('changed', 'orders:read');
    await need('unguarded');
    const [item, ...others] = await list();
    expect([item?.name, item?.unusedScopes, item?.since, others]).toEqual([
      ...['wide', ['orders:write', 'users:read'], (await keys.get({ id: made.wide.id }))?.createdAt],
      [],
    ]);
    expect(item?.remedy).toMatchObject({ command: 'update', body: { scopes: ['orders:read'] } });
    await (keys.update as (input: object) => Promise<unknown>)(item?.remedy.input ?? {});
    await need('wide', 'orders:read');
    expect(await list()).toEqual([]);
  });

  it('tells old secrets that are still in use from those that are not', async () => {
    const instance = await start();
    const { apiKeys, clock } = instance;
    const keys = apiKeys.keys.as(theApp);
    const app = express().get('/', apiKeys.requireApiKey('orders:read'), (_req, res) => void res.send('ok'));
    const expiresAt = new Date(clock.now() + 900 * dayMs);
    const [used, unused] = [
      await instance.key({ name: 'used', expiresAt }),
      await instance.key({ name: 'unused', expiresAt }),
    ];
    const send = async (token: string): Promise<void> =>
      void (await request(app).get('/').set('Authorization', `Bearer ${token}`).expect(200));
    await send(used.token);
    await send(unused.token);
    await keys.rotate({ id: used.id, gracePeriodSeconds: (30 * dayMs) / 1000 });
    const { key: token } = await keys.rotate({ id: unused.id, gracePeriodSeconds: (30 * dayMs) / 1000 });
    const rotatedAt = new Date(clock.now());
    clock.advance(3 * dayMs);
    await send(used.token);
    await send(token);
    await use(instance, await instance.key({ name: 'fresh', expiresAt }));
    const { items } = await keys.posture();
    const endsAt = new Date(rotatedAt.getTime() + 30 * dayMs);
    const today = new Date(Math.floor(clock.now() / dayMs) * dayMs);
    expect(items).toHaveLength(2);
    const rotated = { since: rotatedAt, endsAt };
    expect(items).toContainEqual(
      expect.objectContaining({
        ...rotated,
        name: 'unused',
        reason: 'old_secret_works',
        oldSecretUsedOn: null,
      }),
    );
    expect(items).toContainEqual(
      expect.objectContaining({
        ...rotated,
        name: 'used',
        reason: 'old_secret_used',
        oldSecretUsedOn: today,
      }),
    );
    await keys.rotate({ id: used.id });
    expect((await keys.posture()).items.map(({ name }) => name)).toEqual(['unused']);
  });

  it('knows the bounds of the policy: what is idle soon, and what may live no longer', async () => {
    const instance = await start({ policy: { maxLifetimeDays: 40, maxIdleDays: 20 } });
    const keys = instance.apiKeys.keys.as(theApp);
    const { id } = await instance.key({ name: 'bound' });
    const reasons = async (): Promise<string[]> => (await keys.posture()).items.map(({ reason }) => reason);
    instance.clock.advance(9 * dayMs);
    expect(await reasons()).toEqual([]);
    instance.clock.advance(2 * dayMs);
    expect(await reasons()).toEqual(['idle_soon']);
    await keys.rotate({ id });
    expect(await reasons()).toEqual([]);
    instance.clock.advance(18 * dayMs);
    const { items } = await keys.posture();
    expect(items.map(({ reason, remedy }) => [reason, remedy.command])).toEqual([
      ['expires_soon', 'revoke'],
      ['idle_soon', 'revoke'],
    ]);
  });
});
