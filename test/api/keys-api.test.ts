import type { NewKey } from '../../lib/index.js';
import { actingAs, memoryStore } from '../../lib/testing/index.js';
import { createInstance, type Scope, type TestInstance } from '../harness/instance.js';

let instance: TestInstance;
let id: string;
let token: string;

beforeAll(async () => {
  instance = createInstance();
  ({ id, token } = await instance.key({ scopes: [] }));
  await instance.key({ ownerId: 'bob' });
});

afterAll(() => instance.apiKeys.close());

/** The API as untyped code sees it. */
const untyped = (): Record<string, (...args: unknown[]) => Promise<unknown>> =>
  instance.apiKeys.keys as never;
const invalidOption = { code: 'ERR_API_KEYS_INVALID_OPTION' };

describe('apiKeys.keys: what went missing on its way never widens anything', () => {
  it.each<[string, unknown[]]>([
    ['an owner without an id', [{ actor: { kind: 'owner', ownerId: undefined } }]],
    ['no actor: null', [{ actor: null }]],
    ['no actor: undefined', [{ actor: undefined }]],
    ['a misspelt kind', [{ actor: { kind: 'Owner', ownerId: 'mallory' } }]],
    ['a key', [{ actor: { kind: 'key', apiKey: { id: 'x', ownerId: 'alice', scopes: [] } } }]],
    ['a misspelt option', [{ aktor: { kind: 'owner', ownerId: 'mallory' } }]],
    ['options that are a text', ['owner']],
  ])('%s is refused', async (_what, [options]) => {
    for (const call of [
      () => untyped()['get']?.(id, options),
      () => untyped()['list']?.({}, options),
      () => untyped()['create']?.({ ownerId: 'x', name: 'x', scopes: [] }, options),
      () => untyped()['update']?.(id, { name: 'mine' }, options),
      () => untyped()['rotate']?.(id, {}, options),
      () => untyped()['revoke']?.(id, options),
      () => untyped()['revokeAll']?.({ ownerId: 'alice' }, options),
    ]) {
      await expect(call()).rejects.toMatchObject(invalidOption);
    }
    expect(await instance.apiKeys.keys.get(id)).toMatchObject({ version: 1, state: 'active' });
  });

  it.each([
    { expectVersion: 1 },
    { expectedVersion: undefined },
    { expectedVersion: '1' },
    { expectedVersion: 1.5 },
  ])('an expectation that is not understood is refused: %j', async (options) => {
    await expect(untyped()['update']?.(id, { name: 'x' }, options)).rejects.toMatchObject(invalidOption);
  });

  it('a list condition that is undefined, misspelt or of the wrong kind is refused', async () => {
    await expect(untyped()['list']?.({ ownerId: undefined })).rejects.toMatchObject(invalidOption);
    for (const filter of [
      { owner: 'bob' },
      { limit: 0 },
      { limit: -1 },
      { limit: 1e6 },
      { limit: '5' },
      { state: 'on' },
      { ownerId: 5 },
    ]) {
      await expect(untyped()['list']?.(filter)).rejects.toMatchObject({
        code: 'ERR_API_KEYS_INVALID_REQUEST',
        errors: [{ field: Object.keys(filter)[0] }],
      });
    }
    expect((await instance.apiKeys.keys.list({ ownerId: 'bob', cursor: undefined })).items).toHaveLength(1);
  });

  it.each([undefined, {}, { ownerId: undefined }, { ownerId: '' }, { owner: 'alice' }])(
    'revokeAll(%j) revokes nothing',
    async (filter) => {
      await expect(untyped()['revokeAll']?.(filter)).rejects.toMatchObject({
        code: 'ERR_API_KEYS_INVALID_REQUEST',
      });
      expect(await instance.apiKeys.keys.get(id)).toMatchObject({ state: 'active' });
    },
  );

  it.each([
    { scope: 'orders:write' },
    'orders:write',
    { scopes: undefined },
    { scopes: [] },
    { scopes: 'orders:raed' },
  ])('verify with %j lets nobody in', async (options) => {
    await expect(untyped()['verify']?.(token, options)).rejects.toMatchObject(invalidOption);
  });

  it.each([undefined, null, 5, {}])('the token %j is an invalid one', async (value) => {
    expect(await untyped()['verify']?.(value)).toEqual({ allowed: false, code: 'invalid_token' });
  });

  it('a list of holes is no list of scopes', async () => {
    const input = { ownerId: 'x', name: 'x', scopes: Array(1) } as unknown as NewKey<Scope>;
    await expect(instance.apiKeys.keys.create(input)).rejects.toMatchObject({
      errors: [{ field: 'scopes' }],
    });
  });
});

describe('apiKeys.keys.verify', () => {
  it('decides as a guard would', async () => {
    expect(await instance.apiKeys.keys.verify(token)).toMatchObject({ allowed: true, apiKey: { id } });
    expect(await instance.apiKeys.keys.verify(token, { scopes: 'orders:read' })).toMatchObject({
      code: 'insufficient_scope',
    });
    const bound = await instance.key({ ipAllowlist: ['203.0.113.0/24'] });
    expect((await instance.apiKeys.keys.verify(bound.token, { address: '203.0.113.9' })).allowed).toBe(true);
    expect(await instance.apiKeys.keys.verify(bound.token)).toMatchObject({ code: 'address_not_allowed' });
  });

  it('writes down that a replaced secret was used', async () => {
    const store = memoryStore();
    const own = createInstance({ store });
    const { id: rotated, token: old } = await own.key();
    const { key: newest } = await own.apiKeys.keys.rotate(rotated, { gracePeriodSeconds: 60 });
    own.clock.advance(1_000);
    await own.apiKeys.keys.verify(newest, { address: '203.0.113.8' });
    expect(await own.apiKeys.keys.verify(old, { address: '203.0.113.9' })).toMatchObject({ allowed: true });
    await own.apiKeys.close();
    expect(await store.accessLog.list({ limit: 10 })).toEqual([
      expect.objectContaining({
        ...{ action: 'access.deprecated_secret', code: null, keyId: rotated, ownerId: 'alice' },
        ...{ address: '203.0.113.9', method: '', route: 'keys.verify', actor: null, count: 1 },
      }),
    ]);
  });

  it('gives every caller a date of its own', async () => {
    const { token: ending } = await instance.key({ expiresAt: '2099-01-01T00:00:00Z' });
    const verdict = await instance.apiKeys.keys.verify(ending);
    if (!verdict.allowed) throw new Error(verdict.code);
    verdict.apiKey.expiresAt?.setTime(0);
    expect(verdict.apiKey.expiresAt).toEqual(new Date('2099-01-01T00:00:00Z'));
    expect(JSON.stringify(verdict.apiKey)).toContain('"expiresAt":"2099-01-01T00:00:00.000Z"');
  });
});

describe('actingAs', () => {
  it('makes a key that the guard lets in', async () => {
    const headers = await actingAs(instance.apiKeys, { scopes: ['orders:read'], ownerId: 'carol' });
    const verdict = await instance.apiKeys.keys.verify(headers['X-API-Key'], { scopes: 'orders:read' });
    expect(verdict).toMatchObject({ allowed: true, apiKey: { ownerId: 'carol' } });
  });
});
