import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KeyStore } from '../../lib/ports/key-store.js';
import { postgresStore } from '../../lib/sql/postgres/postgres-store.js';
import { sqliteStore } from '../../lib/sql/sqlite/sqlite-store.js';
import { createInstance, type TestInstance } from '../harness/instance.js';
import { createDatabase } from '../servers/postgres.cjs';
import { theApp } from '../harness/the-app.js';

jest.setTimeout(240_000);

const rounds = 50;
const uses = 200;
const credits = 10;
const plans = { free: {}, paid: { credits: { amount: 100 } } };

/** Hundreds spend one after the other, which a busy machine takes seconds for. */
const patience = { deadlineMs: 30_000 };
const logger = { warn: () => undefined, error: () => undefined };

interface Races {
  readonly openStore: () => KeyStore;
  readonly drop: () => Promise<void>;
}

const databases = {
  async SQLite(): Promise<Races> {
    const folder = mkdtempSync(join(tmpdir(), 'api-keys-credits-'));
    return {
      openStore: () => sqliteStore({ file: join(folder, 'keys.sqlite'), logger, ...patience }),
      drop: async () => rmSync(folder, { recursive: true }),
    };
  },
  async PostgreSQL(): Promise<Races> {
    const { url, drop } = await createDatabase(process.env['TEST_DATABASE_URL'] ?? '');
    return { openStore: () => postgresStore({ connection: url, logger, ...patience }), drop };
  },
};

describe.each(Object.keys(databases) as (keyof typeof databases)[])('on %s', (name) => {
  let database: Races;
  let instances: readonly TestInstance[];

  beforeAll(async () => {
    database = await databases[name]();
    // Two instances know nothing of each other but what is in the database.
    instances = [0, 1].map(() => createInstance({ store: database.openStore(), plans, defaultPlan: 'free' }));
    for (const { apiKeys } of instances) await apiKeys.ready();
  });

  afterAll(async () => {
    await Promise.all(instances.map(({ apiKeys }) => apiKeys.close()));
    await database.drop();
  });

  it('R39 credits are exact: 200 uses of 10 credits at once, 50 times', async () => {
    const [one, two] = instances;
    const { id, token } = await one!.key({ credits: { remaining: 0 } });
    for (let round = 0; round < rounds; round += 1) {
      await one!.apiKeys.keys.as(theApp).update({ id, credits: { remaining: credits } });
      const verdicts = await Promise.all(
        Array.from({ length: uses }, (_, index) =>
          (index % 2 === 0 ? one : two)!.apiKeys.keys.verify({ key: token }),
        ),
      );
      const codes = verdicts.map((verdict) => (verdict.allowed ? 'allowed' : verdict.code));
      expect([round, codes.filter((code) => code === 'allowed').length]).toEqual([round, credits]);
      expect(codes.filter((code) => code === 'credits_exhausted')).toHaveLength(uses - credits);
      expect((await two!.apiKeys.keys.as(theApp).get({ id }))?.credits?.remaining).toBe(0);
    }
  });

  it('R39 credits that cost more than one are never overdrawn', async () => {
    const { id, token } = await instances[0]!.key({ credits: { remaining: 10 } });
    const verdicts = await Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        instances[index % 2]!.apiKeys.keys.verify({ key: token, cost: 3 }),
      ),
    );
    expect(verdicts.filter(({ allowed }) => allowed)).toHaveLength(3);
    expect((await instances[1]!.apiKeys.keys.as(theApp).get({ id }))?.credits?.remaining).toBe(1);
  });

  it('R39 credits of a plan are exact, with those of its keys: 240 uses of three keys at once, 8 times', async () => {
    const [one, two] = instances;
    const keysApi = one!.apiKeys.keys.as(theApp);
    const ownerId = 'shared';
    const keys = [
      await one!.key({ ownerId, credits: { remaining: 0 } }),
      await one!.key({ ownerId, credits: { remaining: 0 } }),
      await one!.key({ ownerId }),
    ] as const;
    await one!.apiKeys.owners
      .as(theApp)
      .set({ ownerId, plan: 'paid', overrides: { credits: { amount: 0 } } });
    let spent = 0;
    for (let round = 0; round < 8; round += 1) {
      for (const { id } of keys.slice(0, 2)) await keysApi.update({ id, credits: { remaining: credits } });
      // In every other round, the keys have more than the owner, or the owner more than those that pay themselves.
      const amount = spent + (round % 2 === 0 ? 15 : 70);
      await one!.apiKeys.owners.as(theApp).set({ ownerId, overrides: { credits: { amount } } });
      const verdicts = await Promise.all(
        Array.from({ length: 240 }, (_, index) =>
          (index % 2 === 0 ? one : two)!.apiKeys.keys.verify({ key: keys[index % 3]!.token }),
        ),
      );
      const countAllowed = (of: number): number =>
        verdicts.filter(({ allowed }, index) => allowed && index % 3 === of).length;
      const [first, second, third] = [countAllowed(0), countAllowed(1), countAllowed(2)];
      // The third key has no credits of its own: it takes what the others leave.
      expect([round, first + second + third]).toEqual([round, amount - spent]);
      spent = amount;
      for (const [index, allowed] of [first, second].entries()) {
        expect(allowed).toBeLessThanOrEqual(credits);
        const key = await two!.apiKeys.keys.as(theApp).get({ id: keys[index]!.id });
        expect(key?.credits?.remaining).toBe(credits - allowed);
      }
      const owner = await two!.apiKeys.owners.as(theApp).get({ ownerId });
      expect(owner.credits?.remaining).toBe(0);
    }
  });
});
