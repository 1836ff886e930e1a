import { createHash } from 'node:crypto';
import { memoryStore } from '../../lib/testing/index.js';
import { createInstance, type TestInstance } from '../harness/instance.js';
import { theApp } from '../harness/the-app.js';

const start = Date.UTC(2026, 5, 1);
const alice = { kind: 'owner', ownerId: 'alice' } as const;
let instance: TestInstance;
let id: string;

beforeAll(async () => {
  const store = memoryStore();
  const before = createInstance({ store });
  ({ id } = await before.key());
  before.clock.advance(1_000);
  await before.apiKeys.keys.as(alice).update({ id, name: 'two' });
  await before.key({ ownerId: 'bob' });
  await before.apiKeys.keys.verify({ key: 'nonsense', address: '192.0.2.1' });
  // What the access log has not written yet is written now.
  await before.apiKeys.close();
  instance = createInstance({ store });
});

afterAll(() => instance.apiKeys.close());

type Untyped = Record<string, (...args: unknown[]) => Promise<unknown> & AsyncIterable<unknown>>;
const untyped = (): Untyped => instance.apiKeys.audit as never;
const untypedAs = (actor: unknown): Untyped => instance.apiKeys.audit.as(actor as never) as never;
const invalidOption = { code: 'ERR_API_KEYS_INVALID_OPTION' };

async function all<T>(entries: AsyncIterable<T>): Promise<readonly T[]> {
  const read: T[] = [];
  for await (const entry of entries) read.push(entry);
  return read;
}

/** Calls a method and waits for its end, or for that of its iteration. */
async function call(api: Untyped, name: string, ...args: unknown[]): Promise<unknown> {
  const result = api[name]?.(...args);
  return name === 'export' && result !== undefined ? all(result) : result;
}

describe('apiKeys.audit', () => {
  it('gives times as dates', async () => {
    const audit = instance.apiKeys.audit.as(theApp);
    const { items } = await audit.list({ keyId: id });
    expect(items.map(({ action, at }) => [action, at])).toEqual([
      ['key.updated', new Date(start + 1_000)],
      ['key.created', new Date(start)],
    ]);
    const late = { from: new Date(start + 1), to: new Date(start + 1_001) };
    expect((await audit.list({ keyId: id, ...late })).items).toEqual([items[0]]);
    expect(await all(audit.export({ keyId: id, ...late }))).toEqual([items[0]]);
  });

  it('gives times of the access log as dates', async () => {
    const at = new Date(start + 1_000);
    const audit = instance.apiKeys.audit.as(theApp);
    expect((await audit.listAccess({ from: at })).items).toMatchObject([
      { code: 'invalid_token', at, lastAt: at, address: '192.0.2.1' },
    ]);
    expect((await audit.listAccess({ to: at })).items).toEqual([]);
  });

  it('exports entries whose hashes can be checked: with milliseconds, they are what was hashed', async () => {
    let before = '0'.repeat(64);
    for (const { hash, address: _address, requestId: _requestId, salt: _salt, ...entry } of await all(
      instance.apiKeys.audit.as(theApp).export(),
    )) {
      const payload = JSON.stringify({ ...entry, at: entry.at.getTime() });
      expect(createHash('sha256').update(before).update(payload).digest('hex')).toBe(hash);
      before = hash;
    }
  });

  it('shows an owner what concerns its own keys', async () => {
    const audit = instance.apiKeys.audit.as(alice);
    expect(new Set((await audit.list()).items.map(({ ownerId }) => ownerId))).toEqual(new Set(['alice']));
    expect((await audit.list({ ownerId: 'bob' })).items).toEqual([]);
    expect(await all(audit.export({ ownerId: 'bob' }))).toEqual([]);
    expect((await audit.listAccess()).items).toEqual([]);
    await expect(audit.verify()).rejects.toMatchObject({ code: 'ERR_API_KEYS_FORBIDDEN' });
    await expect(instance.apiKeys.audit.verify({}, { actor: alice })).rejects.toMatchObject({
      code: 'ERR_API_KEYS_FORBIDDEN',
    });
  });

  it('takes the actor of a call of its own as well', async () => {
    const { audit } = instance.apiKeys;
    expect(await audit.list({}, { actor: alice })).toEqual(await audit.as(alice).list());
    expect(await audit.listAccess({}, { actor: theApp })).toEqual(await audit.as(theApp).listAccess());
    expect(await all(audit.export({}, { actor: alice }))).toEqual(await all(audit.as(alice).export()));
    expect(await audit.verify({}, { actor: theApp })).toEqual(await audit.as(theApp).verify());
  });

  it.each(['list', 'listAccess', 'export', 'verify'])('%s does not guess who acts', async (name) => {
    for (const options of [undefined, null, {}]) {
      await expect(call(untyped(), name, {}, options)).rejects.toThrow(
        `audit.${name}: say who acts: audit.as({ kind: 'application' }).${name}(…) for the app itself`,
      );
    }
    for (const actor of [undefined, null, 'application', { kind: 'owner' }, { kind: 'key', apiKey: {} }]) {
      await expect(call(untyped(), name, {}, { actor })).rejects.toMatchObject(invalidOption);
      expect(() => untypedAs(actor)).toThrow(expect.objectContaining(invalidOption));
    }
    await expect(call(untypedAs(theApp), name, {}, { actor: alice })).rejects.toMatchObject(invalidOption);
    await expect(call(untypedAs(theApp), name, {}, { expectedVersion: 1 })).rejects.toMatchObject(
      invalidOption,
    );
  });

  it.each([
    ['list', 'action', 'key.revokd'],
    ['export', 'action', 'nonsense'],
    ['listAccess', 'action', 'nonsense'],
    ['listAccess', 'code', 'invalid_tokn'],
    ['listObserved', 'code', 'nonsense'],
  ])('%s refuses an unknown %s, as over HTTP: %s', async (name, condition, value) => {
    const found = call(untypedAs(theApp), name, { [condition]: value });
    await expect(found).rejects.toMatchObject({
      code: 'ERR_API_KEYS_INVALID_REQUEST',
      errors: [{ field: condition, message: expect.stringContaining('must be one of ') as string }],
    });
  });

  it('finds what it reports itself', async () => {
    const audit = instance.apiKeys.audit.as(theApp);
    expect((await audit.list({ action: 'key.created' })).items).toHaveLength(2);
    expect((await audit.listAccess({ action: 'access.overflow' })).items).toEqual([]);
    expect((await audit.listObserved({ code: 'overflow' })).items).toEqual([]);
  });

  it.each(['list', 'listAccess', 'export', 'verify'])('%s is not widened by what was lost', async (name) => {
    const condition = name === 'verify' ? 'anchor' : 'ownerId';
    await expect(call(untypedAs(theApp), name, { [condition]: undefined })).rejects.toMatchObject(
      invalidOption,
    );
    await expect(call(untypedAs(theApp), name, { oner: 'alice' })).rejects.toMatchObject({
      code: 'ERR_API_KEYS_INVALID_REQUEST',
      errors: [{ field: 'oner' }],
    });
    await expect(call(untypedAs(theApp), name, 'alice')).rejects.toThrow(
      new RegExp(`^audit\\.${name}: takes an object with .*, for example \\{`),
    );
  });
});
