import pg from 'pg';
import { createApiKeys } from '../../lib/index.js';
import { migrations } from '../../lib/sql/migrations.js';
import { memoryStore } from '../../lib/testing/index.js';
import { createInstance, scopes, testPepper } from '../harness/instance.js';
import { makeOwnDatabase } from '../harness/own-database.js';
import { anyModule, runHere } from './run-here.js';

const names = migrations.map(({ name }, index) => `${index + 1} ${name}`).join('\n');

describe.each(['PostgreSQL', 'SQLite'] as const)('migrate on %s', (kind) => {
  it('lists what is pending, applies it, and has nothing left, whatever the app says', async () => {
    const database = await makeOwnDatabase(kind);
    try {
      const open = () => ({
        apiKeys: createApiKeys({
          ...{
            prefix: 'acme',
            scopes,
            pepper: testPepper,
            logger: { warn: () => undefined, error: () => undefined },
          },
          database: { connection: database.url, migrate: 'check' },
        }),
      });
      const run = (...args: string[]) =>
        runHere(['migrate', '--app', anyModule, ...args], { exports: open() });
      const trial = await run('--dry-run');
      expect(trial).toMatchObject({ code: 0, out: names });
      expect(trial.err).toBe(`${migrations.length} migrations are pending: the tables are at version 0.`);
      const before = open();
      await expect(before.apiKeys.ready()).rejects.toThrow('needs');
      await before.apiKeys.close();
      expect(await run()).toMatchObject({
        code: 0,
        out: names,
        err: expect.stringContaining('were applied'),
      });
      expect(await run()).toMatchObject({
        ...{ code: 0, out: '' },
        err: `Nothing is pending: the tables are at version ${migrations.length}.`,
      });
      const { apiKeys } = open();
      await apiKeys.ready();
      await apiKeys.close();
    } finally {
      await database.remove();
    }
  });

  it('needs no module where the environment names the database', async () => {
    const database = await makeOwnDatabase(kind);
    try {
      const environment = { DATABASE_URL: database.url };
      const applied = await runHere(['migrate', '--json', '--create'], { environment });
      expect(JSON.parse(applied.out)).toEqual({
        ...{ version: 0, known: migrations.length, applied: true },
        pending: migrations.map(({ name }) => name),
      });
      const again = await runHere(['migrate', '--json', '--dry-run'], { environment });
      expect(JSON.parse(again.out)).toMatchObject({
        version: migrations.length,
        pending: [],
        applied: false,
      });
    } finally {
      await database.remove();
    }
  });
});

it('refuses tables that are newer, a store of the app, and no database', async () => {
  const database = await makeOwnDatabase('PostgreSQL');
  const environment = { DATABASE_URL: database.url };
  await runHere(['migrate', '--create'], { environment });
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query(`insert into api_keys.schema_versions values (${migrations.length + 1}, 'later')`);
  await client.end();
  expect(await runHere(['migrate'], { environment })).toMatchObject({
    ...{ code: 1, out: '', err: expect.stringContaining('upgrade it') },
  });
  await database.remove();
  const { apiKeys } = createInstance({ store: memoryStore() });
  expect(await runHere(['migrate', '--app', anyModule], { exports: { apiKeys } })).toMatchObject({ code: 2 });
  expect(await runHere(['migrate'])).toMatchObject({ code: 2, err: expect.stringContaining('DATABASE_URL') });
});
