import type { NewKey } from '../../lib/index.js';
import { actingAs, memoryStore } from '../../lib/testing/index.js';
import { createInstance, type Scope, type TestInstance } from '../harness/instance.js';
import { theApp } from '../harness/the-app.js';

let instance: TestInstance;
let id: string;
let token: string;

beforeAll(async () => {
  instance = createInstance();
  ({ id, token } = await instance.key({ scopes: [] }));
  await instance.key({ ownerId: 'bob' });
});

afterAll(() => instance.apiKeys.close());

type Untyped = Record<string, (...args: unknown[]) => Promise<unknown>>;

/** The API as untyped code sees it. */
const untyped = (): Untyped => instance.apiKeys.keys as never;
/** The same on behalf of an actor. */
const boundTo = (actor: unknown): Untyped => instance.apiKeys.keys.as(actor as never) as never;
const asTheApp = (): Untyped => boundTo(theApp);
const invalidOption = { code: 'ERR_API_KEYS_INVALID_OPTION' };
const invalidRequest = { code: 'ERR_API_KEYS_INVALID_REQUEST' };
const alice = { kind: 'owner', ownerId: 'alice' } as const;

/** Every command with an input that would be right. */
const inputs = (): readonly (readonly [string, object])[] => [
  ['create', { ownerId: 'x', name: 'x', scopes: [] }],
  ['get', { id }],
  ['list', {}],
  ['usage', { id }],
  ['update', { id, name: 'mine' }],
  ['rotate', { id }],
  ['revoke', { id }],
  ['revokeAll', { ownerId: 'alice' }],
  ['resealSecrets', {}],
];

const wrongActors: readonly (readonly [string, unknown])[] = [
  ['an owner without an id', { kind: 'owner', ownerId: undefined }],
  ['an admin without an id', { kind: 'admin' }],
  ['no actor: null', null],
  ['no actor: undefined', undefined],
  ['a misspelt kind', { kind: 'Owner', ownerId: 'mallory' }],
  ['a key', { kind: 'key', apiKey: { id: 'x', ownerId: 'alice', scopes: [] } }],
  ['a text', 'application'],
];

/** None of the calls that are refused here has changed anything. */
afterEach(async () => {
  const apiKey = await instance.apiKeys.keys.as(theApp).get({ id });
  if (apiKey?.version !== 1 || apiKey.state !== 'active') throw new Error('The key was changed');
});

describe('apiKeys.keys: what went missing on its way never widens anything', () => {
  it.each(wrongActors)('%s is refused', async (_what, actor) => {
    expect(() => boundTo(actor)).toThrow(expect.objectContaining(invalidOption));
    for (const [name, input] of inputs()) {
      await expect(untyped()[name]?.(input, { actor })).rejects.toMatchObject(invalidOption);
    }
  });

  it('an actor that was left out is asked for', async () => {
    expect(() => (instance.apiKeys.keys.as as () => unknown)()).toThrow(
      "keys.as: actor: takes { kind: 'application' }, { kind: 'owner', ownerId } or { kind: 'admin', id }",
    );
    for (const [name, input] of inputs()) {
      for (const options of [[], [undefined], [null], [{}]]) {
        await expect(untyped()[name]?.(input, ...options)).rejects.toMatchObject({
          ...invalidOption,
          message: expect.stringContaining(
            `keys.${name}: say who acts: keys.as({ kind: 'application' }).${name}(…) for the app itself, or keys.as({ kind: 'owner', ownerId })`,
          ),
        });
      }
    }
  });

  it.each([
    ['a misspelt option', { aktor: alice }],
    ['an unknown option', { actor: alice, dryRun: true }],
    ['options that are a text', 'owner'],
    ['options that are a list', [alice]],
  ])('%s is refused', async (_what, options) => {
    for (const [name, input] of inputs()) {
      await expect(untyped()[name]?.(input, options)).rejects.toMatchObject(invalidOption);
      await expect(asTheApp()[name]?.(input, options)).rejects.toMatchObject(invalidOption);
    }
  });

  it('an actor beside that of as() is refused, not passed over', async () => {
    for (const [name, input] of inputs()) {
      await expect(asTheApp()[name]?.(input, { actor: alice })).rejects.toMatchObject({
        ...invalidOption,
        message: `keys.${name}: takes no actor here; keys.as(actor) says who acts`,
      });
    }
  });

  it('an actor is copied when as() is called', async () => {
    const actor = { kind: 'owner', ownerId: 'bob' };
    const bobs = boundTo(actor);
    Object.assign(actor, { kind: 'application', ownerId: 'alice' });
    expect(await bobs['list']?.()).toMatchObject({ items: [{ ownerId: 'bob' }], nextCursor: null });
    expect(await bobs['get']?.({ id })).toBe(null);
    await expect(bobs['revoke']?.({ id })).rejects.toMatchObject({ code: 'ERR_API_KEYS_NOT_FOUND' });
  });

  it.each([
    { expectVersion: 1 },
    { expectedVersion: undefined },
    { expectedVersion: '1' },
    { expectedVersion: 1.5 },
  ])('an expectation that is not understood is refused: %j', async (options) => {
    for (const name of ['update', 'rotate', 'revoke']) {
      const given = asTheApp()[name]?.({ id, ...(name === 'update' && { name: 'x' }) }, options);
      await expect(given).rejects.toMatchObject(invalidOption);
      await expect(untyped()[name]?.({ id }, { actor: theApp, ...options })).rejects.toMatchObject(
        invalidOption,
      );
    }
  });

  it.each(['get', 'list', 'create', 'usage', 'revokeAll', 'resealSecrets'])(
    '%s takes no expectation: there is nothing that it could hold for',
    async (name) => {
      const input = Object.fromEntries(inputs())[name];
      await expect(asTheApp()[name]?.(input, { expectedVersion: 1 })).rejects.toMatchObject(invalidOption);
    },
  );

  it('a list condition that is undefined, misspelt or of the wrong kind is refused', async () => {
    await expect(asTheApp()['list']?.({ ownerId: undefined })).rejects.toMatchObject(invalidOption);
    await expect(asTheApp()['usage']?.({ id, from: undefined })).rejects.toMatchObject(invalidOption);
    for (const filter of [
      { owner: 'bob' },
      { limit: 0 },
      { limit: -1 },
      { limit: 1e6 },
      { limit: '5' },
      { state: 'on' },
      { ownerId: 5 },
    ]) {
      await expect(asTheApp()['list']?.(filter)).rejects.toMatchObject({
        ...invalidRequest,
        errors: [{ field: Object.keys(filter)[0] }],
      });
    }
    const { items } = await instance.apiKeys.keys.as(theApp).list({ ownerId: 'bob', cursor: undefined });
    expect(items).toHaveLength(1);
  });

  it.each([undefined, {}, { ownerId: undefined }, { ownerId: '' }, { owner: 'alice' }])(
    'revokeAll(%j) revokes nothing',
    async (filter) => {
      await expect(asTheApp()['revokeAll']?.(filter)).rejects.toMatchObject(invalidRequest);
    },
  );

  it.each([{ ownerId: undefined }, { ownerId: '' }, { ownerId: null }, { owner: 'alice' }])(
    'revokeAll(%j) of an owner revokes nothing',
    async (filter) => {
      await expect(boundTo(alice)['revokeAll']?.(filter)).rejects.toMatchObject(invalidRequest);
    },
  );

  it.each(['get', 'usage', 'update', 'rotate', 'revoke'])('%s without an id does nothing', async (name) => {
    for (const input of [{}, { id: undefined }, { id: null }, { id: 5 }, { Id: id }]) {
      await expect(asTheApp()[name]?.(input)).rejects.toMatchObject({
        ...invalidRequest,
        errors: [{ field: 'id' }],
      });
    }
  });

  it('a text or nothing where an object belongs is answered with what to write', async () => {
    for (const [name] of inputs()) {
      for (const input of [id, 5, null, [id]]) {
        const message = new RegExp(`^keys\\.${name}: takes an object with .*, for example \\{`);
        await expect(asTheApp()[name]?.(input)).rejects.toThrow(message);
        await expect(untyped()[name]?.(input)).rejects.toThrow(message);
      }
    }
    await expect(asTheApp()['revoke']?.(id)).rejects.toThrow(
      "keys.revoke: takes an object with id, reason, comment, for example { id: '…' }",
    );
  });

  it.each([
    ['get', { idd: 1 }],
    ['rotate', { gracePeriod: 1 }],
    ['revoke', { reasn: 'superseded' }],
    ['update', { nam: 'x' }],
    ['create', { ownerId: 'x', name: 'x', scopes: [], scope: 'orders:read' }],
    ['resealSecrets', { all: true }],
  ])('%s refuses names that it does not know: %j', async (name, input) => {
    const field = Object.keys(input).at(-1);
    const all = name === 'create' || name === 'resealSecrets' ? input : { id, ...input };
    await expect(asTheApp()[name]?.(all)).rejects.toMatchObject({ ...invalidRequest, errors: [{ field }] });
  });

  it('a list of holes is no list of scopes', async () => {
    const input = { ownerId: 'x', name: 'x', scopes: Array(1) } as unknown as NewKey<Scope>;
    await expect(instance.apiKeys.keys.as(theApp).create(input)).rejects.toMatchObject({
      errors: [{ field: 'scopes' }],
    });
  });
});

describe('apiKeys.keys: an owner', () => {
  it('need not name itself, and may', async () => {
    const keys = instance.apiKeys.keys.as({ kind: 'owner', ownerId: 'dora' });
    const one = await keys.create({ name: 'one', scopes: [] });
    const two = await keys.create({ name: 'two', scopes: [], ownerId: 'dora' });
    expect([one, two]).toMatchObject([{ ownerId: 'dora' }, { ownerId: 'dora' }]);
    const three = await instance.apiKeys.keys.create(
      { name: 'three', scopes: [], ownerId: 'dora' },
      { actor: { kind: 'owner', ownerId: 'dora' } },
    );
    expect((await keys.list()).items).toHaveLength(3);
    expect((await keys.list({ ownerId: 'dora' })).items).toHaveLength(3);
    const revoked = await keys.revokeAll();
    expect(new Set(revoked.map((key) => key.id))).toEqual(new Set([one.id, two.id, three.id]));
    expect(await keys.revokeAll({ ownerId: 'dora', reason: 'superseded' })).toEqual([]);
  });

  it('gets nowhere with the id of another one', async () => {
    const keys = instance.apiKeys.keys.as({ kind: 'owner', ownerId: 'mallory' });
    await expect(keys.create({ name: 'x', scopes: [], ownerId: 'alice' })).rejects.toMatchObject({
      ...invalidRequest,
      errors: [{ field: 'ownerId' }],
    });
    expect((await keys.list({ ownerId: 'alice' })).items).toEqual([]);
    await expect(keys.revokeAll({ ownerId: 'alice' })).rejects.toMatchObject({
      code: 'ERR_API_KEYS_FORBIDDEN',
    });
    await expect(keys.rotate({ id })).rejects.toMatchObject({ code: 'ERR_API_KEYS_NOT_FOUND' });
    await expect(keys.usage({ id })).rejects.toMatchObject({ code: 'ERR_API_KEYS_NOT_FOUND' });
  });
});

describe('apiKeys.keys.verify', () => {
  it.each([
    { scope: 'orders:write' },
    { scopes: undefined },
    { scopes: [] },
    { scopes: 'orders:raed' },
    { token: 'x' },
    { actor: { kind: 'application' } },
  ])('with %j accepts no key', async (options) => {
    await expect(untyped()['verify']?.({ key: token, ...options })).rejects.toMatchObject(invalidOption);
  });

  it.each([undefined, null, 5, {}])('the token %j is an invalid one', async (value) => {
    expect(await untyped()['verify']?.({ key: value })).toEqual({ allowed: false, code: 'invalid_token' });
  });

  it('a token in anything that only converts to it is an invalid one', async () => {
    expect(await untyped()['verify']?.({ key: token })).toMatchObject({ allowed: true });
    for (const key of [
      [token],
      [[token]],
      { toString: () => token },
      new String(token),
      Buffer.from(token),
    ]) {
      expect(await untyped()['verify']?.({ key })).toEqual({ allowed: false, code: 'invalid_token' });
    }
  });

  it('takes an object with a key, and repeats no token', async () => {
    for (const input of [token, undefined, null, [token]]) {
      const error = await untyped()
        ['verify']?.(input)
        .catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        ...invalidOption,
        message: expect.stringMatching(
          /^keys\.verify: takes an object with key, .*, for example \{ key: token/,
        ),
      });
      expect(String(error)).not.toContain(token);
    }
    await expect(untyped()['verify']?.({ scopes: 'orders:read' })).rejects.toThrow(
      'keys.verify: key is the token to verify',
    );
  });

  it('decides as a guard would', async () => {
    expect(await instance.apiKeys.keys.verify({ key: token })).toMatchObject({
      allowed: true,
      apiKey: { id },
    });
    expect(await instance.apiKeys.keys.verify({ key: token, scopes: 'orders:read' })).toMatchObject({
      code: 'insufficient_scope',
    });
    const bound = await instance.key({ ipAllowlist: ['203.0.113.0/24'] });
    expect((await instance.apiKeys.keys.verify({ key: bound.token, address: '203.0.113.9' })).allowed).toBe(
      true,
    );
    expect(await instance.apiKeys.keys.verify({ key: bound.token })).toMatchObject({
      code: 'address_not_allowed',
    });
  });

  it('writes down that a replaced secret was used', async () => {
    const store = memoryStore();
    const own = createInstance({ store });
    const { id: rotated, token: old } = await own.key();
    const { key: newest } = await own.apiKeys.keys.as(theApp).rotate({ id: rotated, gracePeriodSeconds: 60 });
    own.clock.advance(1_000);
    await own.apiKeys.keys.verify({ key: newest, address: '203.0.113.8' });
    expect(await own.apiKeys.keys.verify({ key: old, address: '203.0.113.9' })).toMatchObject({
      allowed: true,
    });
    await own.apiKeys.close();
    expect(await store.accessLog.list({ limit: 10 })).toEqual([
      expect.objectContaining({
        ...{ action: 'access.deprecated_secret', code: null, keyId: rotated, ownerId: 'alice' },
        ...{ address: '203.0.113.9', method: '', route: 'keys.verify', actor: null, count: 1 },
      }),
    ]);
  });

  it('gives every caller a date of its own', async () => {
    const { token: ending } = await instance.key({ expiresAt: new Date('2099-01-01T00:00:00Z') });
    const verdict = await instance.apiKeys.keys.verify({ key: ending });
    if (!verdict.allowed) throw new Error(verdict.code);
    verdict.apiKey.expiresAt?.setTime(0);
    expect(verdict.apiKey.expiresAt).toEqual(new Date('2099-01-01T00:00:00Z'));
    expect(JSON.stringify(verdict.apiKey)).toContain('"expiresAt":"2099-01-01T00:00:00.000Z"');
  });
});

describe('actingAs', () => {
  it('makes a key that the guard accepts', async () => {
    const headers = await actingAs(instance.apiKeys, { scopes: ['orders:read'], ownerId: 'carol' });
    const verdict = await instance.apiKeys.keys.verify({ key: headers['X-API-Key'], scopes: 'orders:read' });
    expect(verdict).toMatchObject({ allowed: true, apiKey: { ownerId: 'carol' } });
  });
});
