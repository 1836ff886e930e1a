import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInstance, type TestInstance } from '../harness/instance.js';
import { createDatabase } from '../servers/postgres.cjs';
import { theApp } from '../harness/the-app.js';

jest.setTimeout(240_000);

const rounds = 50;
const uses = 200;
const credits = 10;

const databases = {
  async SQLite() {
    const folder = mkdtempSync(join(tmpdir(), 'api-keys-credits-'));
    return {
      url: `file:${join(folder, 'keys.sqlite')}`,
      drop: async () => rmSync(folder, { recursive: true }),
    };
  },
  PostgreSQL: () => createDatabase(process.env['TEST_DATABASE_URL'] ?? ''),
};

describe.each(Object.keys(databases) as (keyof typeof databases)[])('on %s', (name) => {
  let database: Awaited<ReturnType<typeof createDatabase>>;
  let instances: readonly TestInstance[];

  beforeAll(async () => {
    database = await databases[name]();
    // Two instances know nothing of each other but what is in the database.
    instances = [0, 1].map(() => createInstance({ database: database.url }));
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
});
