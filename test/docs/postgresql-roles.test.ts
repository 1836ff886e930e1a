import { Client } from 'pg';
import { createApiKeys } from 'express-api-keys';
import { createDatabase } from '../servers/postgres.cjs';
import { blocksOf, readDocument } from './markdown.js';
import { misspell } from '../harness/misspell.js';

const [asAdministrator = '', beforeTables = '', afterTables = '', ...others] = blocksOf(
  'docs/production/postgresql.md',
)
  .filter(({ language }) => language === 'sql')
  .map(({ text }) => text);

const pepper = 'a pepper for tests, at least 32 bytes';
const options = { prefix: 'acme', scopes: { 'orders:read': 'Read orders' }, pepper } as const;
const roles = { migrating: 'api_keys_migrate', running: 'api_keys_run' } as const;

/** The same database as another role; the server of the tests takes no passwords. */
function urlAs(role: string, databaseUrl: string): string {
  const url = new URL(databaseUrl);
  url.username = role;
  url.password = 'no-password-is-needed';
  return url.href;
}

async function run(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

describe('the roles in docs/production/postgresql.md', () => {
  let database: Awaited<ReturnType<typeof createDatabase>>;
  let asMigrating: string;
  let asRunning: string;

  beforeAll(async () => {
    database = await createDatabase(process.env['TEST_DATABASE_URL'] ?? '');
    asMigrating = urlAs(roles.migrating, database.url);
    asRunning = urlAs(roles.running, database.url);
    await run(database.url, asAdministrator);
    await run(asMigrating, beforeTables);
  });
  afterAll(async () => {
    for (const role of Object.values(roles))
      await run(database.url, `drop owned by ${role} cascade; drop role ${role}`);
    await database.drop();
  });

  it('are three blocks', () => {
    expect([asAdministrator, beforeTables, afterTables].every((text) => text !== '')).toBe(true);
    expect(others).toEqual([]);
  });

  it('migrate, and run everything else without the right to create tables or to change the audit log', async () => {
    const tooEarly = createApiKeys({ ...options, database: { connection: asRunning, migrate: 'check' } });
    await expect(tooEarly.ready()).rejects.toThrow("Start once with migrate: 'auto'");
    await tooEarly.close();

    const migrating = createApiKeys({ ...options, database: asMigrating });
    await migrating.ready();
    await migrating.close();
    await run(asMigrating, afterTables);

    const running = createApiKeys({
      ...options,
      database: { connection: asRunning, migrate: 'check' },
      tokens: { issuer: 'https://api.acme.example' },
    });
    await running.ready();
    const keys = running.keys.as({ kind: 'application' });
    const created = await keys.create({
      ownerId: 'alice',
      name: 'CI',
      scopes: ['orders:read'],
      credits: { remaining: 10 },
      rateLimits: [{ name: 'minute', limit: 5, windowSeconds: 60 }],
    });
    const { id } = created;
    expect(await running.keys.verify({ key: created.key, scopes: 'orders:read' })).toMatchObject({
      allowed: true,
    });
    await keys.update({ id, metadata: { team: 'billing' } });
    const rotated = await keys.rotate({ id, gracePeriodSeconds: 60 });
    expect(await running.keys.verify({ key: rotated.key })).toMatchObject({ allowed: true });
    expect((await keys.list({ ownerId: 'alice' })).items).toHaveLength(1);
    await keys.revoke({ id });
    await keys.revokeAll({ ownerId: 'alice' });
    expect(await running.keys.verify({ key: rotated.key })).toMatchObject({ code: 'key_revoked' });
    await running.owners.as({ kind: 'application' }).erase({ ownerId: 'alice' });
    await run(asRunning, 'update api_keys.audit_events set personal = null, member_id = null');
    await running.keys.verify({ key: misspell(created.key) });
    const report = await running.audit.as({ kind: 'application' }).verify();
    expect(report).toMatchObject({ valid: true });
    // Uses, refusals and the row of this process are written at the end, at the latest.
    await running.close();

    for (const forbidden of [
      'create table api_keys.mine (id integer)',
      'drop table api_keys.keys',
      "update api_keys.audit_events set action = 'key.created'",
      'delete from api_keys.audit_events',
      'delete from api_keys.schema_versions',
    ]) {
      await expect(run(asRunning, forbidden)).rejects.toThrow(/permission denied|must be owner/);
    }
  }, 180_000);

  it('need one more privilege to remove old entries of the audit log', async () => {
    const grant = /`(grant delete on .*?)`/.exec(readDocument('docs/production/postgresql.md'))?.[1] ?? '';
    const removeOne = 'delete from api_keys.audit_events where sequence = 1';
    await expect(run(asRunning, removeOne)).rejects.toThrow('permission denied');
    await run(asMigrating, grant);
    // As retention does.
    const locked = 'select sequence from api_keys.audit_events where sequence = 1 for update';
    await run(asRunning, `delete from api_keys.audit_events where sequence in (${locked})`);
  });
});
