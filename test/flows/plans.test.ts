import type { ActingOwnersApi } from '../../lib/index.js';
import { makeEffective } from '../harness/make-effective.js';
import type { Scope, TestInstance } from '../harness/instance.js';
import { startTwoInstances, type PlaceName, type TwoInstances } from '../harness/open-place.js';
import { theApp } from '../harness/the-app.js';

const plans = {
  free: { scopes: ['orders:read'], maxKeys: 3 },
  pro: { scopes: ['orders:*', 'users:read'] },
} as const;
const withPlans = { plans, defaultPlan: 'free' } as const;

const places: readonly (readonly [string, PlaceName, object])[] = [
  ...(['a store in memory', 'SQLite', 'PostgreSQL', 'PostgreSQL and Redis'] as const).map(
    (name) => [name, name, {}] as const,
  ),
  ['PostgreSQL without caches', 'PostgreSQL', { cache: false }],
];

async function verdictOf({ apiKeys }: TestInstance, key: string, scope: Scope): Promise<string> {
  const verdict = await makeEffective(() => apiKeys.keys.verify({ key, scopes: scope }));
  return verdict.allowed ? verdict.apiKey.scopes.join(' ') : `${verdict.code} ${verdict.detail ?? ''}`.trim();
}

describe.each(places)('the plan of an owner, on %s', (_, name, options) => {
  let instances: TwoInstances;
  let one: TestInstance;
  let two: TestInstance;

  beforeEach(async () => {
    instances = await startTwoInstances(name, { ...withPlans, ...options });
    ({ one, two } = instances);
  });
  afterEach(() => instances.stop());

  /** In one process, so that it holds in both. */
  const set = async ({ apiKeys, clock }: TestInstance, input: Parameters<ActingOwnersApi['set']>[0]) =>
    makeEffective(() => apiKeys.owners.as(theApp).set(input), clock);

  it('bounds every key of the owner in every process, from the answer on', async () => {
    const { token } = await makeEffective(() => one.key({ scopes: ['orders:*'] }));
    const ofBob = await makeEffective(() => one.key({ ownerId: 'bob', scopes: ['orders:*'] }));
    const refused =
      'insufficient_scope The API key has orders:write, but the plan of its owner does not include it.';
    const named: (Date | null)[] = [];
    for (let round = 0; round < 3; round += 1) {
      for (const instance of [one, two]) {
        expect(await verdictOf(instance, token, 'orders:read')).toBe('orders:read');
        expect(await verdictOf(instance, token, 'orders:write')).toBe(refused);
      }
      const promoted = await set(one, { ownerId: 'alice', plan: 'pro' });
      expect(promoted).toMatchObject({ plan: 'pro', version: 2 * round + 1 });
      for (const instance of [one, two]) {
        expect(await verdictOf(instance, token, 'orders:write')).toBe('orders:*');
        expect(await verdictOf(instance, ofBob.token, 'orders:write')).toBe(refused);
      }
      const demoted = await set(two, { ownerId: 'alice', plan: null });
      expect(demoted).toMatchObject({ plan: null });
      named.push(promoted.effectiveBy, demoted.effectiveBy);
    }
    // A machine that stands still confirms some of them later, and no more.
    expect(named).toContain(null);
  });

  it('is overridden member by member for one owner', async () => {
    const { token } = await makeEffective(() => one.key({ scopes: ['orders:write', 'users:read'] }));
    const limit = { name: 'minute', limit: 2, windowSeconds: 60 };
    await set(one, { ownerId: 'alice', overrides: { scopes: ['orders:write'], rateLimits: [limit] } });
    expect(await verdictOf(two, token, 'orders:write')).toBe('orders:write');
    expect(await verdictOf(two, token, 'users:read')).toMatch(/^insufficient_scope/);
    expect(await two.apiKeys.owners.as(theApp).get({ ownerId: 'alice' })).toMatchObject({
      plan: null,
      overrides: { scopes: ['orders:write'], rateLimits: [limit] },
    });
    await set(one, { ownerId: 'alice', overrides: null });
    expect(await verdictOf(two, token, 'orders:write')).toMatch(/^insufficient_scope/);
  });

  it('bounds how many keys there can be, as it is in the transaction that creates one', async () => {
    await set(one, { ownerId: 'alice', overrides: { maxKeys: 1 } });
    await one.key();
    await expect(two.key()).rejects.toMatchObject({ code: 'ERR_API_KEYS_KEY_LIMIT_REACHED' });
    await set(one, { ownerId: 'alice', plan: 'pro', overrides: {} });
    await Promise.all(Array.from({ length: 4 }, () => two.key()));
    await set(one, { ownerId: 'alice', plan: 'free' });
    await expect(two.key()).rejects.toMatchObject({ code: 'ERR_API_KEYS_KEY_LIMIT_REACHED' });
  });

  it('never lets a key through that was created beside a demotion', async () => {
    for (let round = 0; round < 3; round += 1) {
      const ownerId = `owner-${round}`;
      await set(one, { ownerId, plan: 'pro' });
      const byOwner = two.apiKeys.keys.as({ kind: 'owner', ownerId });
      const [created, demoted] = await Promise.allSettled([
        byOwner.create({ name: 'late', scopes: ['orders:write'] }),
        set(one, { ownerId, plan: 'free' }),
      ]);
      expect(demoted).toMatchObject({ status: 'fulfilled' });
      await expect(byOwner.create({ name: 'later', scopes: ['orders:write'] })).rejects.toMatchObject({
        code: 'ERR_API_KEYS_FORBIDDEN',
        message: 'The plan of the owner does not include orders:write.',
      });
      if (created.status === 'rejected') continue;
      for (const instance of [one, two]) {
        expect(await verdictOf(instance, created.value.key, 'orders:write')).toMatch(/^insufficient_scope/);
      }
    }
  });

  it('is in the audit log with the names of what changed', async () => {
    const owners = one.apiKeys.owners.as({ kind: 'admin', id: 'olga' });
    await owners.set({ ownerId: 'alice', plan: 'pro', overrides: { maxKeys: 9 } });
    await owners.set({ ownerId: 'alice', plan: 'pro', overrides: { maxKeys: 9 } });
    await owners.set({ ownerId: 'alice', overrides: null }, { expectedVersion: 1 });
    await expect(owners.set({ ownerId: 'alice', plan: null }, { expectedVersion: 1 })).rejects.toMatchObject({
      code: 'ERR_API_KEYS_PRECONDITION_FAILED',
    });
    const { items } = await two.apiKeys.audit.as(theApp).list({ ownerId: 'alice' });
    expect(items.map(({ action, changedFields, actor }) => [action, changedFields, actor.id])).toEqual([
      ['owner.updated', ['overrides'], 'olga'],
      ['owner.updated', ['plan', 'overrides'], 'olga'],
    ]);
    expect(await one.apiKeys.audit.as(theApp).verify()).toMatchObject({ valid: true });
  });
});
