import { InvalidOptionError } from '../../lib/index.js';
import { createInstance, type TestInstance } from '../harness/instance.js';

let instance: TestInstance;
let id: string;

beforeAll(async () => {
  instance = createInstance({
    features: { exports: 'Exports' } as never,
    resources: { project: 'Projects' } as never,
    plans: { free: { maxKeys: 5 }, pro: {} },
    defaultPlan: 'free',
  });
  await instance.apiKeys.ready();
  ({ id } = await instance.key());
});
afterAll(() => instance.apiKeys.close());

const restricting = [
  ...['scopes', 'expiresAt', 'ipAllowlist', 'resources', 'features', 'rateLimits', 'credits'],
  'tokenLifetimeSeconds',
];
const describing = ['description', 'metadata', 'tags'];

const newKey = { ownerId: 'alice', name: 'new', scopes: ['orders:read'] };
const keys = () => instance.apiKeys.keys.as({ kind: 'application' });
const owners = () => instance.apiKeys.owners.as({ kind: 'application' });

describe('a field of a key that is undefined', () => {
  it.each([...restricting, 'environment', 'publicKey', 'signing'])(
    'throws in keys.create: %s',
    async (field) => {
      const created = keys().create({ ...newKey, [field]: undefined } as never);
      await expect(created).rejects.toThrow(InvalidOptionError);
      await expect(created).rejects.toThrow(`keys.create: ${field} is undefined`);
      expect((await keys().list({ ownerId: 'alice', q: 'new' })).items).toEqual([]);
    },
  );

  it.each([...restricting, 'enabled'])('throws in keys.update: %s', async (field) => {
    const updated = keys().update({ id, name: 'changed', [field]: undefined } as never);
    await expect(updated).rejects.toThrow(`keys.update: ${field} is undefined`);
    expect(await keys().get({ id })).not.toMatchObject({ name: 'changed' });
  });

  it('is left out where it only describes the key', async () => {
    const given = Object.fromEntries(describing.map((field) => [field, undefined]));
    const created = await keys().create({ ...newKey, ...given, name: 'described' } as never);
    expect(created).toMatchObject({ description: null, metadata: {}, tags: [] });
    const updated = await keys().update({ id: created.id, ...given, enabled: false } as never);
    expect(updated).toMatchObject({ name: 'described', enabled: false });
  });
});

describe('a member of what an owner gets that is undefined', () => {
  it.each(['plan', 'overrides'])('throws in owners.set: %s', async (field) => {
    const given = { ownerId: 'bob', plan: 'pro', overrides: null, [field]: undefined };
    await expect(owners().set(given as never)).rejects.toThrow(`owners.set: ${field} is undefined`);
    expect(await owners().get({ ownerId: 'bob' })).toMatchObject({ version: 0 });
  });

  it.each([
    ...['scopes', 'features', 'rateLimits', 'credits', 'keyCeilings', 'maxKeys', 'maxLifetimeDays'],
    ...['maxIdleDays', 'resources'],
  ])('is refused in overrides and in questions: %s', async (member) => {
    const members = { [member]: undefined } as never;
    const refusal = {
      code: 'ERR_API_KEYS_INVALID_REQUEST',
      errors: [
        { message: expect.stringMatching(new RegExp(`^${member} is undefined; leave it out`)) as string },
      ],
    };
    await expect(owners().set({ ownerId: 'bob', overrides: members })).rejects.toMatchObject(refusal);
    await expect(owners().impact({ as: members })).rejects.toMatchObject(refusal);
  });

  it.each([
    ['resources.project', { resources: { project: undefined } }],
    ['keyCeilings.credits', { keyCeilings: { credits: undefined } }],
    ['keyCeilings.rateLimits', { keyCeilings: { rateLimits: undefined } }],
  ])('is refused inside: %s', async (path, members) => {
    await expect(owners().set({ ownerId: 'bob', overrides: members as never })).rejects.toMatchObject({
      errors: [{ message: expect.stringContaining(`${path} is undefined`) as string }],
    });
  });

  it('throws in the option plans', () => {
    expect(() =>
      createInstance({ plans: { free: { maxKeys: undefined } as never }, defaultPlan: 'free' }),
    ).toThrow('plans.free: maxKeys is undefined');
  });
});
