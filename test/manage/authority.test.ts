import fc from 'fast-check';
import type { Actor, NewKey } from '../../lib/index.js';
import { isCoveredByAny } from '../../lib/domain/scope.js';
import type { ChangeContext } from '../../lib/manage/change.js';
import type { KeyService } from '../../lib/manage/key-service.js';
import { memoryStore } from '../../lib/testing/index.js';
import { createInstance, type Scope, type TestInstance } from '../harness/instance.js';
import { createService } from '../harness/service.js';
import { theApp } from '../harness/the-app.js';

const alice: Actor = { kind: 'owner', ownerId: 'alice' };
const bob: Actor = { kind: 'owner', ownerId: 'bob' };
const admin: Actor = { kind: 'admin', id: 'root' };

let instance: TestInstance;

beforeEach(() => {
  instance = createInstance();
});

afterEach(() => instance.apiKeys.close());

describe('owners', () => {
  it('see and change their own keys only; those of others do not exist', async () => {
    const { keys } = instance.apiKeys;
    const { id } = await instance.key({ ownerId: 'alice' });
    const notFound = { code: 'ERR_API_KEYS_NOT_FOUND', message: 'There is no such API key.' };
    for (const unseen of [id, 'AAAAAAAAAAAAAAAA', '', "'; drop table keys --", 'a\0b']) {
      expect(await keys.as(bob).get({ id: unseen })).toBeNull();
      await expect(keys.as(bob).update({ id: unseen, name: 'mine' })).rejects.toMatchObject(notFound);
      await expect(keys.as(bob).rotate({ id: unseen })).rejects.toMatchObject(notFound);
      await expect(keys.as(bob).revoke({ id: unseen })).rejects.toMatchObject(notFound);
    }
    expect(await keys.as(bob).list({ ownerId: 'alice' })).toEqual({ items: [], nextCursor: null });
    expect((await keys.as(alice).list()).items.map((key) => key.id)).toEqual([id]);
    await expect(keys.as(bob).revokeAll({ ownerId: 'alice' })).rejects.toMatchObject({
      code: 'ERR_API_KEYS_FORBIDDEN',
    });
    expect(await keys.as(alice).get({ id })).toMatchObject({ version: 1, state: 'active' });
  });

  it('are kept apart even by a store of the app that forgets whose key was asked for', async () => {
    const store = memoryStore();
    const forgetful = createInstance({ store: { ...store, find: (id) => store.find(id) } });
    const { id } = await forgetful.key({ ownerId: 'alice' });
    expect(await forgetful.apiKeys.keys.as(bob).get({ id })).toBeNull();
    expect(await forgetful.apiKeys.keys.as(alice).get({ id })).toMatchObject({ id });
    await forgetful.apiKeys.close();
  });

  it('make keys for themselves, without wildcards', async () => {
    const { keys } = instance.apiKeys;
    const input = { name: 'CI', scopes: ['orders:read'] } as unknown as NewKey<Scope>;
    expect(await keys.as(alice).create(input)).toMatchObject({ ownerId: 'alice' });
    await expect(keys.as(alice).create({ ...input, ownerId: 'bob' })).rejects.toMatchObject({
      errors: [{ field: 'ownerId' }],
    });
    for (const scopes of [['*'], ['orders:*']] as const) {
      await expect(keys.as(alice).create({ ...input, scopes })).rejects.toMatchObject({
        code: 'ERR_API_KEYS_FORBIDDEN',
      });
    }
    const { id } = await instance.key({ ownerId: 'alice' });
    await expect(keys.as(alice).update({ id, scopes: ['*'] })).rejects.toMatchObject({
      code: 'ERR_API_KEYS_FORBIDDEN',
    });
  });
});

describe('admins and the app itself', () => {
  it('see all keys, name the owner, and grant wildcards', async () => {
    const { keys } = instance.apiKeys;
    const made = await keys.as(admin).create({ ownerId: 'carol', name: 'CI', scopes: ['*'] });
    expect(await keys.as(theApp).get({ id: made.id })).toMatchObject({ ownerId: 'carol', scopes: ['*'] });
    const nobody = { name: 'CI', scopes: [] } as unknown as NewKey<Scope>;
    await expect(keys.as(admin).create(nobody)).rejects.toMatchObject({
      errors: [{ field: 'ownerId', message: 'is required' }],
    });
  });

  it('revoke everything of an owner at once', async () => {
    const made = [await instance.key(), await instance.key(), await instance.key({ ownerId: 'bob' })];
    const revoked = await instance.apiKeys.keys.as(admin).revokeAll({ ownerId: 'alice' });
    expect(revoked.map((key) => key.state)).toEqual(['revoked', 'revoked']);
    const states = await Promise.all(
      made.map(async ({ token }) => instance.apiKeys.keys.verify({ key: token })),
    );
    expect(states.map((verdict) => verdict.allowed)).toEqual([false, false, true]);
    expect(await instance.apiKeys.keys.as(theApp).revokeAll({ ownerId: 'alice' })).toEqual([]);
  });
});

describe('keys that manage keys', () => {
  const managementScope = 'users:read';
  let service: KeyService;
  let closeService: () => Promise<void>;

  beforeEach(() => {
    ({ service, close: closeService } = createService());
  });

  afterEach(() => closeService());

  const app: ChangeContext = {
    actor: { kind: 'application' },
    address: null,
    requestId: null,
    managementScope: null,
  };

  /** A key of alice's and the context in which it calls. */
  async function maker(input: object = {}, scope: string | null = managementScope) {
    const { record } = await service.create(app, {
      ownerId: 'alice',
      name: 'maker',
      scopes: ['users:read', 'orders:*'],
      ...input,
    });
    const apiKey = { id: record.id, ownerId: 'alice', scopes: record.scopes } as never;
    const context: ChangeContext = {
      actor: { kind: 'key', apiKey },
      address: null,
      requestId: null,
      managementScope: scope,
    };
    return { record, context };
  }

  it('need a management scope that is configured and held', async () => {
    const unconfigured = await maker({}, null);
    await expect(service.create(unconfigured.context, { name: 'x', scopes: [] })).rejects.toMatchObject({
      problem: 'forbidden',
    });
    const without = await maker({ scopes: ['orders:*'] });
    await expect(service.create(without.context, { name: 'x', scopes: [] })).rejects.toMatchObject({
      problem: 'insufficient_scope',
    });
  });

  it('read and revoke themselves without one', async () => {
    const { record, context } = await maker({ scopes: [] }, null);
    expect(await service.get(context, record.id)).toMatchObject({ id: record.id });
    expect((await service.revoke(context, record.id)).record.revokedAt).not.toBeNull();
    const other = await maker();
    await expect(service.get(context, other.record.id)).rejects.toMatchObject({ problem: 'forbidden' });
  });

  it('make keys for their own owner, at or below themselves', async () => {
    const { record, context } = await maker({
      expiresAt: '2030-01-01T00:00:00Z',
      ipAllowlist: ['10.0.0.0/8'],
    });
    const child = {
      name: 'child',
      scopes: ['orders:read'],
      expiresAt: '2029-01-01T00:00:00Z',
      ipAllowlist: ['10.1.0.0/16'],
    };
    expect((await service.create(context, child)).record).toMatchObject({ ownerId: record.ownerId });
    const refusals: [object, string][] = [
      [{ scopes: ['orders:*', '*'] }, 'insufficient_scope'],
      [{ scopes: ['users:*'] }, 'insufficient_scope'],
      [{ expiresAt: '2031-01-01T00:00:00Z' }, 'forbidden'],
      [{ expiresAt: null }, 'forbidden'],
      [{ ipAllowlist: ['11.0.0.0/8'] }, 'forbidden'],
      [{ ipAllowlist: null }, 'forbidden'],
      [{ environment: 'test' }, 'forbidden'],
      [{ ownerId: 'alice' }, 'invalid_request'],
    ];
    for (const [change, problem] of refusals) {
      await expect(service.create(context, { ...child, ...change })).rejects.toMatchObject({ problem });
    }
    expect((await service.list(app, {})).items).toHaveLength(2);
  });

  it('do not touch keys above themselves, and do not lift others above themselves', async () => {
    const { context } = await maker();
    const above = await service.create(app, { ownerId: 'alice', name: 'above', scopes: ['*'] });
    const below = await service.create(app, { ownerId: 'alice', name: 'below', scopes: ['orders:read'] });
    const foreign = await service.create(app, { ownerId: 'bob', name: 'foreign', scopes: [] });
    for (const change of [
      () => service.update(context, above.record.id, { name: 'x' }),
      () => service.rotate(context, above.record.id, {}),
      () => service.revoke(context, above.record.id),
      () => service.update(context, below.record.id, { scopes: ['*'] }),
    ]) {
      await expect(change()).rejects.toMatchObject({ problem: 'insufficient_scope' });
    }
    await expect(service.revoke(context, foreign.record.id)).rejects.toMatchObject({ problem: 'not_found' });
    expect((await service.update(context, below.record.id, { name: 'x' })).record.version).toBe(2);
  });

  it('R57 lose their rights with the store, whatever the identity says that they called with', async () => {
    const { record, context } = await maker();
    await service.update(app, record.id, { scopes: ['orders:read'] });
    await expect(service.create(context, { name: 'x', scopes: ['orders:read'] })).rejects.toMatchObject({
      problem: 'insufficient_scope',
    });
    await service.revoke(app, record.id);
    await expect(service.create(context, { name: 'x', scopes: [] })).rejects.toMatchObject({
      problem: 'forbidden',
    });
  });

  it('R57 never pass on a scope that they do not hold, in any combination', async () => {
    const scope = fc.constantFrom('*', 'orders:*', 'orders:read', 'orders:write', 'users:read', 'users:*');
    const scopes = fc.uniqueArray(scope, { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(scopes, scopes, async (held, wanted) => {
        const { context } = await maker({ scopes: [...new Set([...held, managementScope])] });
        const isBelow = wanted.every((one) => isCoveredByAny([...held, managementScope], one));
        const made = await service.create(context, { name: 'x', scopes: wanted }).then(
          () => true,
          () => false,
        );
        expect(made).toBe(isBelow);
      }),
      { numRuns: 60 },
    );
  }, 90_000);
});
