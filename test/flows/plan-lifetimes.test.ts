import express from 'express';
import request from 'supertest';
import { InvalidOptionError, type ApiKeysOptions } from '../../lib/index.js';
import { memoryStore } from '../../lib/testing/index.js';
import { createInstance, type Scope, type TestInstance } from '../harness/instance.js';
import { makeOwnDatabase, type OwnDatabase } from '../harness/own-database.js';
import { theApp } from '../harness/the-app.js';

const dayMs = 24 * 60 * 60 * 1000;
const instances: TestInstance[] = [];
const databases: OwnDatabase[] = [];
afterEach(async () => {
  await Promise.all(instances.splice(0).map(({ apiKeys }) => apiKeys.close()));
  await Promise.all(databases.splice(0).map((database) => database.remove()));
});

const plans = {
  free: { maxLifetimeDays: 10, maxIdleDays: 5 },
  plain: {},
  pro: { maxLifetimeDays: 365, maxIdleDays: null },
  forever: { maxLifetimeDays: null, maxIdleDays: null },
} as const;

function start(options: Partial<ApiKeysOptions<Scope>>): TestInstance {
  const instance = createInstance({ plans, defaultPlan: 'plain', ...options });
  instances.push(instance);
  return instance;
}

const setPlan = ({ apiKeys }: TestInstance, plan: string | null, overrides: object | null = null) =>
  apiKeys.owners.as(theApp).set({ ownerId: 'alice', plan, overrides });

describe('maxLifetimeDays and maxIdleDays of a plan', () => {
  it('are those of the policy where the plan names none, and stricter or wider where it does', async () => {
    const instance = start({ policy: { maxLifetimeDays: 90, maxIdleDays: 30 } });
    const app = express();
    app.use(
      '/api-keys',
      instance.apiKeys.adminRouter({ authorize: () => ({ kind: 'owner', ownerId: 'alice' }) }),
    );
    const create = async (more: object = {}) => {
      const body = { name: 'CI', scopes: ['orders:read'], ...more };
      return request(app).post('/api-keys/keys').set('Sec-Fetch-Site', 'same-origin').send(body);
    };
    const at = (days: number): string => new Date(instance.clock.now() + days * dayMs).toISOString();
    const rows: readonly [string | null, object | null, number | null][] = [
      [null, null, 90],
      ['plain', null, 90],
      ['free', null, 10],
      ['pro', null, 365],
      ['forever', null, null],
      ['free', { maxLifetimeDays: 20 }, 20],
      ['free', { maxLifetimeDays: null }, null],
      ['forever', { maxLifetimeDays: 1 }, 1],
    ];
    for (const [plan, overrides, days] of rows) {
      await setPlan(instance, plan, overrides);
      const { body: made } = await create();
      const end = days === null ? null : at(days);
      expect([plan, made.expiresAt]).toEqual([plan, end]);
      if (end === null) continue;
      const later = await create({ expiresAt: at((days ?? 0) + 1) });
      expect([later.status, later.body.errors]).toEqual([
        400,
        [{ field: 'expiresAt', message: expect.stringContaining(`must be at most ${end}`) }],
      ]);
      expect((await create({ expiresAt: null })).status).toBe(400);
      const patch = (expiresAt: string | null) =>
        request(app)
          .patch(`/api-keys/keys/${made.id}`)
          .set('Sec-Fetch-Site', 'same-origin')
          .send({ expiresAt });
      expect((await patch(at((days ?? 0) + 1))).status).toBe(400);
      expect((await patch(null)).status).toBe(400);
      expect((await patch(end)).status).toBe(200);
    }
  });

  it('bound keys that are made from then on, and let the end of others move within the new bound', async () => {
    const instance = start({});
    const keys = instance.apiKeys.keys.as(theApp);
    await setPlan(instance, 'free');
    const made = await instance.key();
    const isUsable = async ({ token }: { token: string }): Promise<boolean> =>
      (await instance.apiKeys.keys.verify({ key: token })).allowed;
    await setPlan(instance, 'pro');
    const expiresAt = new Date(instance.clock.now() + 100 * dayMs);
    expect((await keys.get({ id: made.id }))?.expiresAt).toEqual(new Date(instance.clock.now() + 10 * dayMs));
    expect((await keys.update({ id: made.id, expiresAt })).expiresAt).toEqual(expiresAt);
    const wide = await instance.key({ name: 'wide' });
    await setPlan(instance, 'free');
    instance.clock.advance(6 * dayMs);
    // The one was made with five idle days, the other without.
    expect([await isUsable(made), await isUsable(wide)]).toEqual([false, true]);
  });

  it.each(['memory', 'SQLite', 'PostgreSQL'] as const)(
    'bound all keys where they are enforced, in lists and posture: %s',
    async (kind) => {
      const database = kind === 'memory' ? null : await makeOwnDatabase(kind);
      if (database !== null) databases.push(database);
      const instance = start({
        ...(database === null ? { store: memoryStore() } : { database: database.url }),
        policy: { maxLifetimeDays: 90, enforceOnExisting: true },
      });
      const { apiKeys, clock } = instance;
      const keys = apiKeys.keys.as(theApp);
      await setPlan(instance, 'forever');
      const key = await instance.key();
      const other = await instance.key({ ownerId: 'bob' });
      expect((await keys.get({ id: key.id }))?.expiresAt).toBe(null);
      const end = async (): Promise<number | null> => {
        const found = await keys.get({ id: key.id });
        return found?.expiresAt === null
          ? null
          : ((found?.expiresAt.getTime() ?? NaN) - found!.createdAt.getTime()) / dayMs;
      };
      const verify = async (): Promise<string> => {
        const verdict = await apiKeys.keys.verify({ key: key.token });
        return verdict.allowed ? 'allowed' : verdict.code;
      };
      const listed = async (state: 'active' | 'expired'): Promise<readonly string[]> =>
        (await keys.list({ state })).items.map(({ id }) => id);
      clock.advance(11 * dayMs);
      expect([await verify(), await listed('expired')]).toEqual(['allowed', []]);
      await setPlan(instance, 'free');
      expect([await end(), await verify(), await listed('expired'), await listed('active')]).toEqual([
        ...[10, 'key_expired', [key.id], [other.id]],
      ]);
      await setPlan(instance, 'pro');
      expect([await end(), await verify(), await listed('expired')]).toEqual([365, 'allowed', []]);
      await setPlan(instance, 'pro', { maxLifetimeDays: 12 });
      expect(await end()).toBe(12);
      const { items } = await apiKeys.keys.as(theApp).posture({ reason: 'expires_soon' });
      expect(items.map((item) => item.keyId)).toEqual([key.id]);
      await setPlan(instance, 'pro', { maxIdleDays: 3, maxLifetimeDays: null });
      clock.advance(10 * dayMs);
      expect([await end(), await verify(), await listed('expired')]).toEqual([null, 'key_expired', [key.id]]);
      await setPlan(instance, null);
      expect([await end(), await verify()]).toEqual([90, 'allowed']);
    },
  );

  it('are enforced only where something bounds a lifetime, and read strictly', async () => {
    const refuse = (options: object, message: string): void => {
      expect(() => start({ ...options } as never)).toThrow(InvalidOptionError);
      expect(() => start({ ...options } as never)).toThrow(message);
    };
    const policy = { enforceOnExisting: true };
    refuse(
      { plans: { plain: {} }, policy },
      'policy.enforceOnExisting: needs maxLifetimeDays or maxIdleDays, in policy',
    );
    expect(() => start({ policy })).not.toThrow();
    for (const days of [0, 3651, 1.5, '90']) {
      refuse(
        { plans: { plain: { maxLifetimeDays: days } } },
        'plans.plain: maxLifetimeDays must be a whole number from 1 to 3650',
      );
      refuse(
        { plans: { plain: { maxIdleDays: days } } },
        'plans.plain: maxIdleDays must be a whole number from 1 to 3650',
      );
      const instance = start({});
      await expect(setPlan(instance, null, { maxIdleDays: days })).rejects.toMatchObject({
        code: 'ERR_API_KEYS_INVALID_REQUEST',
        errors: [
          { field: 'overrides', message: expect.stringContaining('maxIdleDays must be a whole number') },
        ],
      });
    }
  });
});
