import { createInstance, type TestInstance } from '../harness/instance.js';

type Input = Readonly<Record<string, unknown>>;
type Command = (input: Input) => unknown;

let instance: TestInstance;
let id: string;
let token: string;

beforeAll(async () => {
  instance = createInstance({
    features: { exports: 'Exports' } as never,
    tokens: { issuer: 'https://api.example' },
  });
  await instance.apiKeys.ready();
  ({ id, token } = await instance.key());
});
afterAll(() => instance.apiKeys.close());

/** Values that only convert to the given one, as JavaScript does with them. */
function listConverting(value: unknown): readonly unknown[] {
  // A time may be a string in RFC 3339 as well.
  if (value instanceof Date) return [value.getTime(), [value], { getTime: () => value.getTime() }];
  const wrapped: unknown[] = [[value], [[value]], { toString: () => value, valueOf: () => value }];
  if (typeof value !== 'object') wrapped.push(Object(value));
  return typeof value === 'string' ? wrapped : [...wrapped, String(value)];
}

const admin = { kind: 'admin', id: 'root' } as const;

/** Each command with an input that it takes, and the names in it that are tried with other types. */
const commands: readonly (readonly [string, (api: TestInstance['apiKeys']) => Command, () => Input])[] = [
  [
    'keys.create',
    (api) => (input) => api.keys.as(admin).create(input as never),
    () => ({
      ...{ ownerId: 'alice', name: 'CI', scopes: ['orders:read'], description: 'text', environment: 'live' },
      ...{ expiresAt: new Date(Date.UTC(2026, 11, 1)), ipAllowlist: ['192.0.2.1'], signing: 'hmac' },
    }),
  ],
  ['keys.get', (api) => (input) => api.keys.as(admin).get(input as never), () => ({ id })],
  [
    'keys.list',
    (api) => (input) => api.keys.as(admin).list(input),
    () => ({
      ownerId: 'alice',
      keyspace: 'default',
      state: 'active',
      scope: 'orders:read',
      q: 'CI',
      limit: 10,
    }),
  ],
  [
    'keys.usage',
    (api) => (input) => api.keys.as(admin).usage(input as never),
    () => ({ id, from: new Date(Date.UTC(2026, 4, 1)), to: new Date(Date.UTC(2026, 5, 1)) }),
  ],
  [
    'keys.update',
    (api) => (input) => api.keys.as(admin).update(input as never),
    () => ({ id, name: 'CD', description: 'text', enabled: true, scopes: ['orders:read'] }),
  ],
  [
    'keys.rotate',
    (api) => (input) => api.keys.as(admin).rotate(input as never),
    () => ({ id, gracePeriodSeconds: 60, graceStartsOnFirstUse: true }),
  ],
  [
    'keys.revokeAll',
    (api) => (input) => api.keys.as(admin).revokeAll(input as never),
    () => ({ ownerId: 'nobody', reason: 'superseded', comment: 'text' }),
  ],
  [
    'audit.list',
    (api) => (input) => api.audit.as(admin).list(input),
    () => ({ keyId: id, ownerId: 'alice', from: new Date(0), to: new Date(Date.UTC(2027, 0, 1)), limit: 10 }),
  ],
  [
    'audit.listAccess',
    (api) => (input) => api.audit.as(admin).listAccess(input),
    () => ({ keyId: id, ownerId: 'alice', limit: 10 }),
  ],
  [
    'keys.verify',
    (api) => (input) => api.keys.verify(input as never),
    () => ({ key: token, scopes: 'orders:read', cost: 0 }),
  ],
];

describe('a value that only converts to what a method takes', () => {
  it.each(commands)('is refused by %s', async (_name, bind, createInput) => {
    const call = bind(instance.apiKeys);
    const run = async (input: Input): Promise<unknown> => call(input);
    await expect(run(createInput())).resolves.toBeDefined();
    for (const name of Object.keys(createInput())) {
      for (const value of listConverting(createInput()[name])) {
        const outcome = await run({ ...createInput(), [name]: value }).catch((error: unknown) => error ?? {});
        const { code, allowed } = outcome as { readonly code?: string; readonly allowed?: boolean };
        const refused = allowed === false || code?.startsWith('ERR_API_KEYS_INVALID_') === true;
        expect([name, value, refused]).toEqual([name, value, true]);
      }
    }
  });

  it.each(['scopes', 'ipAllowlist', 'features'])('is refused within %s', async (name) => {
    const given: Input = { scopes: 'orders:read', ipAllowlist: '192.0.2.1', features: 'exports' };
    for (const value of listConverting(given[name])) {
      const input = { ownerId: 'alice', name: 'CI', scopes: [], [name]: [value] };
      await expect(instance.apiKeys.keys.as(admin).create(input as never)).rejects.toMatchObject({
        code: 'ERR_API_KEYS_INVALID_REQUEST',
      });
    }
  });

  it('is no actor', () => {
    for (const [actor, name] of [
      [{ kind: 'owner', ownerId: 'alice' }, 'ownerId'],
      [admin, 'id'],
      [admin, 'kind'],
      [{ kind: 'application' }, 'kind'],
    ] as const) {
      for (const value of listConverting((actor as Input)[name])) {
        expect(() => instance.apiKeys.keys.as({ ...actor, [name]: value } as never)).toThrow('actor');
      }
    }
  });
});
