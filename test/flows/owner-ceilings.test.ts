import type { Server } from 'node:http';
import express from 'express';
import request, { type Test } from 'supertest';
import type { Actor, ApiKeys, ApiKeysOptions, Clock, RateLimit } from '../../lib/index.js';
import { createApiKeys } from '../../lib/index.js';
import { fixedClock, memoryStore } from '../../lib/testing/index.js';
import { testPepper } from '../harness/instance.js';
import { theApp } from '../harness/the-app.js';

const scopes = { 'orders:read': 'Read orders', 'keys:manage': 'Manage API keys' } as const;
type Scope = keyof typeof scopes;

const minute = (limit: number): RateLimit => ({ name: 'minute', limit, windowSeconds: 60 });
const hour = (limit: number): RateLimit => ({ name: 'hour', limit, windowSeconds: 3600 });

/** Who asks: alice herself, an admin, or one of alice's keys. */
type Asker = 'alice' | 'admin' | { readonly token: string };

interface Started {
  readonly apiKeys: ApiKeys<Scope>;
  ask(asker: Asker, method: 'post' | 'patch', path: string, body: object): Test;
}

const servers: Server[] = [];
const opened: ApiKeys<Scope>[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) server.close();
  await Promise.all(opened.splice(0).map((apiKeys) => apiKeys.close()));
});

async function start(
  ceilings?: NonNullable<ApiKeysOptions['limits']>['ceilings'],
  defaultRateLimits: readonly RateLimit[] = [],
  clock?: Clock,
): Promise<Started> {
  const apiKeys = createApiKeys({
    prefix: 'acme',
    scopes,
    pepper: testPepper,
    store: memoryStore(),
    bcryptCost: 8,
    limits: { ceilings },
    policy: { defaultRateLimits },
    clock,
  });
  opened.push(apiKeys);
  await apiKeys.ready();
  const app = express();
  const guard = apiKeys.requireApiKey('keys:manage', { credentialFrom: ['x-acting-key'], cost: 0 });
  app.use((req, res, next) => (req.get('x-acting-key') === undefined ? next() : guard(req, res, next)));
  const authorize = (req: express.Request): Actor =>
    req.apiKey !== undefined
      ? { kind: 'key', apiKey: req.apiKey }
      : req.get('x-admin') === 'yes'
        ? { kind: 'admin', id: 'root' }
        : { kind: 'owner', ownerId: 'alice' };
  app.use('/api-keys', apiKeys.adminRouter({ authorize, managementScope: 'keys:manage' }));
  const server = app.listen(0, '127.0.0.1');
  servers.push(server);
  return {
    apiKeys,
    ask(asker, method, path, body) {
      const sent = request(server)[method](`/api-keys${path}`).send(body);
      if (asker === 'admin') return sent.set('X-Admin', 'yes');
      return asker === 'alice' ? sent : sent.set('X-Acting-Key', asker.token);
    },
  };
}

const newKey = { name: 'CI', scopes: ['orders:read'] };

describe('limits over HTTP', () => {
  it('are set and changed by owners, who are free without ceilings', async () => {
    const { ask } = await start();
    const rateLimits = [minute(60), hour(3000)];
    const credits = { remaining: 10, refillAmount: 10, refillIntervalSeconds: 60 };
    const created = await ask('alice', 'post', '/keys', { ...newKey, rateLimits, credits });
    expect([created.status, created.body]).toEqual([201, expect.objectContaining({ rateLimits, credits })]);
    const { id } = created.body as { id: string };
    const changed = await ask('alice', 'patch', `/keys/${id}`, { rateLimits: [], credits: null });
    expect(changed.body).toMatchObject({ rateLimits: [], credits: null, version: 2 });
    // What was read can be sent back.
    const again = await ask('alice', 'patch', `/keys/${id}`, {
      credits: { remaining: 4, refillAmount: null, refillIntervalSeconds: null },
    });
    expect(again.body).toMatchObject({ credits: { remaining: 4, refillAmount: null }, version: 3 });
  });

  it.each([
    [{ rateLimits: 'x' }, 'rateLimits'],
    [{ rateLimits: [{ ...minute(1), extra: 1 }] }, 'rateLimits'],
    [{ rateLimits: [{ name: 'minute', limit: 1 }] }, 'rateLimits'],
    [{ rateLimits: [minute(0)] }, 'rateLimits'],
    [{ rateLimits: [minute(1.5)] }, 'rateLimits'],
    [{ rateLimits: [{ ...minute(1), name: 'Per Minute' }] }, 'rateLimits'],
    [{ rateLimits: [minute(1), minute(2)] }, 'rateLimits'],
    [{ rateLimits: Array.from({ length: 11 }, (_, i) => ({ ...minute(1), name: `w${i}` })) }, 'rateLimits'],
    [{ credits: {} }, 'credits'],
    [{ credits: { remaining: -1 } }, 'credits'],
    [{ credits: { remaining: 1e13 } }, 'credits'],
    [{ credits: { remaining: 1, refillAmount: 1 } }, 'credits'],
    [{ credits: { remaining: 1, refillIntervalSeconds: 1 } }, 'credits'],
    [{ credits: { remaining: 1, refillEvery: 1 } }, 'credits'],
    [{ credits: 5 }, 'credits'],
  ])('%j is refused', async (fields, field) => {
    const { ask } = await start();
    const answer = await ask('alice', 'post', '/keys', { ...newKey, ...fields });
    expect(answer.status).toBe(400);
    expect((answer.body as { errors: { field: string }[] }).errors.map((each) => each.field)).toEqual([
      field,
    ]);
  });
});

describe('limits.ceilings', () => {
  it('bound the limits of owners, and not those of admins', async () => {
    const { ask } = await start({ rateLimits: [minute(60), hour(1000)] });
    const create = (asker: Asker, rateLimits?: readonly RateLimit[]): Test =>
      ask(asker, 'post', '/keys', {
        ...newKey,
        ...(rateLimits === undefined ? {} : { rateLimits }),
        ...(asker === 'admin' ? { ownerId: 'alice' } : {}),
      });
    expect((await create('alice')).body).toMatchObject({ rateLimits: [minute(60), hour(1000)] });
    const strict = [{ ...minute(10), windowSeconds: 120 }, hour(1000)];
    expect((await create('alice', strict)).status).toBe(201);
    for (const wrong of [
      [],
      [minute(60)],
      [minute(61), hour(1000)],
      [{ ...minute(60), windowSeconds: 59 }, hour(1000)],
    ]) {
      const refused = await create('alice', wrong);
      expect([refused.status, refused.body]).toEqual([403, expect.objectContaining({ code: 'forbidden' })]);
    }
    const ofAdmin = await create('admin', []);
    expect(ofAdmin.body).toMatchObject({ rateLimits: [] });
    const { id } = ofAdmin.body as { id: string };
    // What an admin allowed stays until the owner changes it.
    expect((await ask('alice', 'patch', `/keys/${id}`, { name: 'Renamed' })).status).toBe(200);
    expect((await ask('alice', 'patch', `/keys/${id}`, { rateLimits: [minute(99)] })).status).toBe(403);
  });

  it('keep the windows that apply, which would otherwise be reset', async () => {
    const { ask, apiKeys } = await start({ rateLimits: [hour(2)] });
    const created = await ask('alice', 'post', '/keys', newKey);
    const { id, key } = created.body as { id: string; key: string };
    await apiKeys.keys.verify({ key, cost: 2 });
    const change = (asker: Asker, ...rateLimits: RateLimit[]): Test =>
      ask(asker, 'patch', `/keys/${id}`, { rateLimits });
    const renamed = { ...hour(2), name: 'w0' };
    for (const window of [renamed, { ...hour(2), windowSeconds: 3601 }]) {
      expect((await change('alice', window)).status).toBe(403);
    }
    // In two steps neither: the new window comes behind the one that counts.
    expect((await change('alice', renamed, hour(2))).body).toMatchObject({ rateLimits: [hour(2), renamed] });
    expect((await change('alice', renamed)).status).toBe(403);
    expect(await apiKeys.keys.verify({ key })).toMatchObject({ code: 'rate_limited' });
    expect((await change('alice', hour(1))).status).toBe(200);
    expect((await change('alice', hour(2))).status).toBe(200);
    expect((await change('admin', renamed)).status).toBe(200);
    expect(await apiKeys.keys.verify({ key })).toMatchObject({ allowed: true });
  });

  it('take the place of defaults that go beyond them', async () => {
    const { ask } = await start({ rateLimits: [minute(60)] }, [minute(100), hour(500)]);
    expect((await ask('alice', 'post', '/keys', newKey)).body).toMatchObject({
      rateLimits: [hour(500), minute(60)],
    });
    const ofAdmin = await ask('admin', 'post', '/keys', { ...newKey, ownerId: 'alice' });
    expect(ofAdmin.body).toMatchObject({ rateLimits: [minute(100), hour(500)] });
  });

  it('and defaults that are too many windows for a key are refused at once', async () => {
    const defaults = Array.from({ length: 10 }, (_, i) => ({ ...minute(60), name: `w${i}` }));
    await expect(start({ rateLimits: [minute(60)] }, defaults)).resolves.toBeDefined();
    await expect(start({ rateLimits: [minute(50)] }, defaults)).resolves.toBeDefined();
    const hours = defaults.map((each, i) => ({ ...each, limit: 100 + i, windowSeconds: 3600 + i }));
    await expect(start({ rateLimits: [minute(50)] }, hours)).rejects.toMatchObject({
      code: 'ERR_API_KEYS_INVALID_OPTION',
      message: expect.stringContaining('10 windows') as string,
    });
  });

  it('bound credits: owners give so many at first, and later only take away', async () => {
    const { ask, apiKeys } = await start({ credits: 10 });
    const refill = { refillAmount: 1, refillIntervalSeconds: 1 };
    expect((await ask('alice', 'post', '/keys', newKey)).body).toMatchObject({ credits: { remaining: 10 } });
    for (const credits of [null, { remaining: 11 }, { remaining: 5, ...refill }]) {
      expect((await ask('alice', 'post', '/keys', { ...newKey, credits })).status).toBe(403);
    }
    const created = await ask('alice', 'post', '/keys', { ...newKey, credits: { remaining: 8 } });
    const { id, key } = created.body as { id: string; key: string };
    await apiKeys.keys.verify({ key, cost: 3 });
    for (const credits of [null, { remaining: 6 }, { remaining: 5, ...refill }]) {
      expect((await ask('alice', 'patch', `/keys/${id}`, { credits })).status).toBe(403);
    }
    const lowered = await ask('alice', 'patch', `/keys/${id}`, { credits: { remaining: 4 } });
    expect(lowered.body).toMatchObject({ credits: { remaining: 4 } });
    const raised = await ask('admin', 'patch', `/keys/${id}`, { credits: { remaining: 500, ...refill } });
    expect(raised.body).toMatchObject({ credits: { remaining: 500, refillAmount: 1 } });
  });
});

it('a refill that is due is no credit that an owner would give', async () => {
  const clock = fixedClock(Date.UTC(2026, 5, 1));
  const { ask, apiKeys } = await start({ credits: 10 }, [], clock);
  const { id, key } = await apiKeys.keys.as(theApp).create({
    ...{ ownerId: 'alice', name: 'paid', scopes: [] },
    credits: { remaining: 5, refillAmount: 8, refillIntervalSeconds: 60 },
  });
  await apiKeys.keys.verify({ key, cost: 5 });
  const lower = (remaining: number): Test => ask('alice', 'patch', `/keys/${id}`, { credits: { remaining } });
  expect((await lower(6)).status).toBe(403);
  clock.advance(61_000);
  expect((await lower(9)).status).toBe(403);
  expect((await lower(7)).body).toMatchObject({ credits: { remaining: 7, refillAmount: null } });
  expect(await apiKeys.keys.as(theApp).get({ id })).toMatchObject({ credits: { remaining: 7 } });
});

describe('a key that manages keys', () => {
  async function managing(fields: object): Promise<Started & { token: string; id: string }> {
    const started = await start();
    const made = await started.apiKeys.keys.as(theApp).create({
      ownerId: 'alice',
      name: 'manager',
      scopes: ['keys:manage', 'orders:read'],
      ...fields,
    });
    return { ...started, token: made.key, id: made.id };
  }

  it('cannot raise its own limits, nor take them off', async () => {
    const { ask, token, id } = await managing({ rateLimits: [minute(5)] });
    for (const rateLimits of [[], [minute(6)], [hour(5)].map((each) => ({ ...each, limit: 6 }))]) {
      expect((await ask({ token }, 'patch', `/keys/${id}`, { rateLimits })).status).toBe(403);
    }
    expect((await ask({ token }, 'patch', `/keys/${id}`, { rateLimits: [minute(4)] })).status).toBe(200);
    expect((await ask({ token }, 'patch', `/keys/${id}`, { rateLimits: [minute(5)] })).status).toBe(403);
  });

  it('makes no key with more windows than a key can have', async () => {
    const { ask, apiKeys } = await start(
      { rateLimits: [minute(50)] },
      Array.from({ length: 9 }, (_, i) => ({ name: `w${i}`, limit: 100 + i, windowSeconds: 3600 + i })),
    );
    const second: RateLimit = { name: 'second', limit: 2, windowSeconds: 1 };
    const { key: token } = await apiKeys.keys.as(theApp).create({
      ownerId: 'alice',
      name: 'manager',
      scopes: ['keys:manage', 'orders:read'],
      rateLimits: [second],
    });
    // It draws on the window of the key that makes it, and has no copy of it.
    const child = await ask({ token }, 'post', '/keys', newKey);
    expect([child.status, (child.body as { rateLimits: unknown[] }).rateLimits.length]).toEqual([201, 10]);
    const person = { kind: 'owner', ownerId: 'alice', grants: { limits: { rateLimits: [second] } } } as const;
    await expect(
      apiKeys.keys.as(person).create({ name: 'CI', scopes: ['orders:read'] }),
    ).rejects.toMatchObject({
      code: 'ERR_API_KEYS_FORBIDDEN',
      message: expect.stringContaining('10 windows') as string,
    });
    const named = await ask({ token }, 'post', '/keys', { ...newKey, rateLimits: [minute(50), second] });
    expect(named.status).toBe(201);
  });

  it('cannot reset its windows by renaming or resizing them', async () => {
    const { ask, apiKeys, token, id } = await managing({ rateLimits: [hour(2)] });
    const verify = async (): Promise<string> => {
      const verdict = await apiKeys.keys.verify({ key: token });
      return verdict.allowed ? 'allowed' : verdict.code;
    };
    const full = ['allowed', 'allowed', 'rate_limited'];
    expect([await verify(), await verify(), await verify()]).toEqual(full);
    for (const window of [
      { ...hour(2), name: 'w0' },
      { ...hour(2), windowSeconds: 3601 },
      { ...hour(2), windowSeconds: 3599 },
    ]) {
      const refused = await ask({ token }, 'patch', `/keys/${id}`, { rateLimits: [window] });
      expect([refused.status, await verify()]).toEqual([403, 'rate_limited']);
    }
    // More windows take nothing off.
    const added = await ask({ token }, 'patch', `/keys/${id}`, { rateLimits: [minute(1), hour(2)] });
    expect([added.status, await verify()]).toEqual([200, 'rate_limited']);
    const dropped = await ask({ token }, 'patch', `/keys/${id}`, { rateLimits: [hour(2)] });
    expect(dropped.status).toBe(403);
  });

  it('makes only keys with limits at or below its own', async () => {
    const { ask, token } = await managing({ rateLimits: [minute(5)] });
    // Without any of its own, it draws on those of the key that makes it.
    for (const own of [{}, { rateLimits: [] }]) {
      const made = await ask({ token }, 'post', '/keys', { ...newKey, ...own });
      expect([made.status, made.body]).toEqual([201, expect.objectContaining({ rateLimits: [] })]);
    }
    const lower = [minute(1), hour(9)];
    expect((await ask({ token }, 'post', '/keys', { ...newKey, rateLimits: lower })).status).toBe(201);
    for (const rateLimits of [[minute(6)], [minute(6), { ...hour(99), name: 'minutes' }]]) {
      const refused = await ask({ token }, 'post', '/keys', { ...newKey, rateLimits });
      expect([refused.status, refused.body]).toEqual([
        403,
        expect.objectContaining({ detail: expect.stringContaining('at most 5 in 60 seconds') as string }),
      ]);
    }
  });

  it('bounds the limits of its children by those of all keys above them', async () => {
    const { ask, token } = await managing({ rateLimits: [minute(5)] });
    const manager = { name: 'child', scopes: ['keys:manage', 'orders:read'] };
    const child = (await ask({ token }, 'post', '/keys', manager)).body as { key: string; rateLimits: [] };
    const create = (rateLimits: readonly RateLimit[]): Test =>
      ask({ token: child.key }, 'post', '/keys', { ...newKey, rateLimits });
    expect(child.rateLimits).toEqual([]);
    expect((await create([minute(6)])).status).toBe(403);
    expect((await create([minute(5)])).status).toBe(201);
  });

  it('leaves out the defaults that its own windows are at or below', async () => {
    const { ask, apiKeys } = await start(undefined, [minute(100), hour(50)]);
    const scopesOfManager = ['keys:manage', 'orders:read'] as const;
    const manager = { ownerId: 'alice', name: 'manager', scopes: scopesOfManager };
    const { key: token } = await apiKeys.keys.as(theApp).create({ ...manager, rateLimits: [minute(5)] });
    expect((await ask({ token }, 'post', '/keys', newKey)).body).toMatchObject({ rateLimits: [hour(50)] });
  });

  it('with credits makes children, which have at most as many as it has left', async () => {
    const { ask, token, apiKeys } = await managing({ credits: { remaining: 5 } });
    await apiKeys.keys.verify({ key: token, cost: 2 });
    const create = (fields: object): Test => ask({ token }, 'post', '/keys', { ...newKey, ...fields });
    for (const fields of [{}, { credits: null }]) {
      expect((await create(fields)).body).toMatchObject({ credits: null });
    }
    const refused = await create({ credits: { remaining: 4 } });
    expect([refused.status, refused.body]).toEqual([
      403,
      expect.objectContaining({ detail: expect.stringContaining('has 3 credits left') as string }),
    ]);
    const daily = { remaining: 3, refillAmount: 3, refillIntervalSeconds: 86_400 };
    const made = await create({ credits: daily });
    expect([made.status, made.body]).toEqual([201, expect.objectContaining({ credits: daily })]);
    const { id } = made.body as { id: string };
    const change = (credits: object | null): Test => ask({ token }, 'patch', `/keys/${id}`, { credits });
    expect((await change({ remaining: 4 })).status).toBe(403);
    expect((await change({ remaining: 2 })).body).toMatchObject({ credits: { remaining: 2 } });
    expect((await change(null)).body).toMatchObject({ credits: null });
    expect((await ask({ token }, 'post', `/keys/${id}/rotate`, {})).status).toBe(200);
  });

  it('with credits makes children within the ceilings', async () => {
    const { ask, apiKeys } = await start({ credits: 4 });
    const manager = { ownerId: 'alice', name: 'manager', scopes: ['keys:manage', 'orders:read'] as const };
    const make = async (credits: { remaining: number } | null): Promise<string> =>
      (await apiKeys.keys.as(theApp).create({ ...manager, scopes: [...manager.scopes], credits })).key;
    const paying = await make({ remaining: 50 });
    const create = (token: string, credits?: object | null): Test =>
      ask({ token }, 'post', '/keys', { ...newKey, ...(credits === undefined ? {} : { credits }) });
    expect((await create(paying)).body).toMatchObject({ credits: null });
    expect((await create(paying, { remaining: 5 })).status).toBe(403);
    expect((await create(paying, { remaining: 4 })).status).toBe(201);
    // Below a key that pays with none, a key needs credits of its own.
    const free = await make(null);
    expect((await create(free)).body).toMatchObject({ credits: { remaining: 4 } });
    expect((await create(free, null)).status).toBe(403);
  });

  it('with credits does not set its own', async () => {
    const { ask, token, id } = await managing({ credits: { remaining: 5 } });
    for (const credits of [null, { remaining: 1 }, { remaining: 500 }]) {
      expect((await ask({ token }, 'patch', `/keys/${id}`, { credits })).status).toBe(403);
    }
    expect((await ask({ token }, 'patch', `/keys/${id}`, { name: 'Renamed' })).status).toBe(200);
  });

  it('cannot get at the secret of a key with higher limits', async () => {
    const { ask, apiKeys, token } = await managing({ rateLimits: [minute(5)] });
    const make = async (rateLimits: readonly RateLimit[]): Promise<string> => {
      const made = await apiKeys.keys
        .as(theApp)
        .create({ ownerId: 'alice', name: 'x', scopes: [], rateLimits });
      return made.id;
    };
    const rotate = (id: string): Test => ask({ token }, 'post', `/keys/${id}/rotate`, {});
    expect((await rotate(await make([minute(5)]))).status).toBe(200);
    expect((await rotate(await make([minute(6)]))).status).toBe(403);
    expect((await rotate(await make([]))).status).toBe(403);
  });

  it('with credits gets at no other secret than its own', async () => {
    const { ask, apiKeys, token, id } = await managing({ credits: { remaining: 5 } });
    const rotate = (of: string): Test => ask({ token }, 'post', `/keys/${of}/rotate`, {});
    for (const credits of [{ remaining: 500 }, { remaining: 1 }, null]) {
      const other = await apiKeys.keys
        .as(theApp)
        .create({ ownerId: 'alice', name: 'x', scopes: [], credits });
      expect((await rotate(other.id)).status).toBe(403);
    }
    expect((await rotate(id)).status).toBe(200);
  });
});
