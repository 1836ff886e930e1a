import { createKeyFormat } from '../../lib/domain/key-format.js';
import { makeOwnDatabase, type OwnDatabase } from '../harness/own-database.js';
import { makeScriptFolder, type ScriptFolder } from '../harness/script-folder.js';

jest.setTimeout(90_000);

let scripts: ScriptFolder;
let postgres: OwnDatabase;

beforeAll(async () => {
  scripts = makeScriptFolder();
  postgres = await makeOwnDatabase('PostgreSQL');
});

afterAll(async () => {
  scripts?.remove();
  await postgres?.remove();
});

/** A well-formed key that does not exist. */
const anyKey = createKeyFormat('acme', 'live').compose('0'.repeat(16), '0'.repeat(43));
const closed =
  'apiKeys.close() was called, and an instance that was closed cannot be used again. ' +
  'Create another one with createApiKeys, or close this one later.';

/** What every script begins with: an app that hands in its pool, and ends connections as a restart of the server does. */
const app = `
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { createApiKeys } from './express-api-keys.mjs';

const connectionString = process.argv[2];
const pool = new pg.Pool({ connectionString });
const logged = [];
const note = (message, error) => {
  if (!message.includes('new tables were created')) logged.push(message + ' ' + JSON.stringify(error));
};
const apiKeys = createApiKeys({
  prefix: 'acme',
  scopes: { 'orders:read': 'Read orders' },
  pepper: 'test-pepper-test-pepper-test-pepper!',
  bcryptCost: 8,
  database: pool,
  logger: { warn: note, error: note },
});
const keys = apiKeys.keys.as({ kind: 'application' });
const create = () => keys.create({ ownerId: 'alice', name: 'CI', scopes: ['orders:read'] });
const said = (text) => logged.some((line) => line.includes(text));
async function until(condition) {
  while (!condition()) await sleep(20);
}
async function endConnections() {
  // Some of them are idle, whatever the instance does at that moment.
  await Promise.all([1, 2, 3].map(() => pool.query('select 1')));
  const client = new pg.Client({ connectionString });
  await client.connect();
  await client.query(
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
  );
  await client.end();
}
`;

describe('a pool of the app', () => {
  it('without an error listener does not end the process when idle connections are lost', async () => {
    const { code, lines, errors } = await scripts.run(
      `${app}
      await apiKeys.ready();
      await create();
      await endConnections();
      await until(() => said('an idle PostgreSQL connection was lost'));
      console.log((await create()).name);
      await apiKeys.close();
      console.log(pool.listenerCount('error'), pool.listenerCount('connect'));
      await pool.end();`,
      [postgres.url],
    );
    expect(errors).toBe('');
    expect(lines).toEqual(['CI', '0 0']);
    expect(code).toBe(0);
  });

  it('keeps its own error listeners, which get every error', async () => {
    const { code, lines, errors } = await scripts.run(
      `${app}
      const seen = [];
      pool.on('error', (error) => seen.push(error.code));
      await apiKeys.ready();
      await create();
      await endConnections();
      await until(() => seen.length > 0);
      console.log(seen[0]);
      await apiKeys.close();
      console.log(pool.listenerCount('error'));
      await pool.end();`,
      [postgres.url],
    );
    expect(errors).toBe('');
    expect(lines).toEqual(['57P01', '1']);
    expect(code).toBe(0);
  });

  it('does not end the process after a start that failed, until close()', async () => {
    const { code, lines, errors } = await scripts.run(
      `${app}
      await pool.query('create schema api_keys');
      await pool.query('create table api_keys.schema_versions (version int, name text)');
      await pool.query("insert into api_keys.schema_versions values (9999, 'of the future')");
      console.log(await apiKeys.ready().then(() => 'ready', (error) => error.code));
      await endConnections();
      await until(() => said('an idle PostgreSQL connection was lost'));
      await apiKeys.close();
      console.log(pool.listenerCount('error'));
      await pool.query('drop schema api_keys cascade');
      await pool.end();`,
      [await makeEmptyDatabase()],
    );
    expect(errors).toBe('');
    expect(lines).toEqual(['ERR_API_KEYS_INVALID_OPTION', '0']);
    expect(code).toBe(0);
  });
});

describe('a pool that the app ended first', () => {
  const reason = 'The app ended the pg.Pool that holds the API keys. Await apiKeys.close() before pool.end()';

  it('is named as the reason, guards answer 503 at once, and close() settles', async () => {
    const { code, lines, errors } = await scripts.run(
      `${app}
      import express from 'express';
      await apiKeys.ready();
      const { id } = await create();
      const ending = pool.end();
      const server = express().get('/', apiKeys.requireApiKey(), (req, res) => res.end()).listen(0);
      const get = (key) => fetch('http://127.0.0.1:' + server.address().port, { headers: { 'x-api-key': key } });
      const error = await keys.get({ id }).catch((thrown) => thrown);
      console.log(error.code, error.cause.message);
      console.log((await get(process.argv[3])).status);
      await ending;
      const begun = Date.now();
      await apiKeys.close();
      console.log(Date.now() - begun < 10_000);
      console.log(logged.filter((line) => !line.includes(${JSON.stringify(reason)})).length);
      server.close();`,
      [postgres.url, anyKey],
    );
    expect(errors).toBe('');
    expect(lines).toEqual([`ERR_API_KEYS_UNAVAILABLE ${reason}`, '503', 'true', '0']);
    expect(code).toBe(0);
  });
});

describe('an instance that was closed', () => {
  it.each(['after a start', 'before any start'])('says so, %s', async (when) => {
    const { code, lines, errors } = await scripts.run(
      `${app}
      import express from 'express';
      if (process.argv[3] === 'after a start') await apiKeys.ready();
      await apiKeys.close();
      await apiKeys.close();
      await pool.end();
      for (const use of [() => apiKeys.ready(), create, () => apiKeys.keys.verify({ key: 'x' }), () => apiKeys.audit.as({ kind: 'application' }).list()]) {
        const error = await use().catch((thrown) => thrown);
        console.log(error.code, error.message);
      }
      const app = express();
      app.get('/', apiKeys.requireApiKey(), (req, res) => res.end());
      app.use('/api-keys', apiKeys.adminRouter({ authorize: () => ({ kind: 'admin', id: 'a' }) }));
      const server = app.listen(0);
      for (const path of ['/', '/api-keys/keys']) {
        const answer = await fetch('http://127.0.0.1:' + server.address().port + path, { headers: { 'x-api-key': process.argv[4] } });
        console.log(answer.status, (await answer.json()).detail);
      }
      server.close();
      console.log(logged.length, said(${JSON.stringify(closed)}));`,
      [postgres.url, when, anyKey],
    );
    expect(errors).toBe('');
    expect(lines).toEqual([
      ...Array<string>(4).fill(`ERR_API_KEYS_UNAVAILABLE ${closed}`),
      ...Array<string>(2).fill('503 API keys cannot be checked or changed right now. Try again in a moment.'),
      '1 true',
    ]);
    expect(code).toBe(0);
  });
});

const empty: OwnDatabase[] = [];
afterAll(async () => {
  for (const database of empty) await database.remove();
});

async function makeEmptyDatabase(): Promise<string> {
  const database = await makeOwnDatabase('PostgreSQL');
  empty.push(database);
  return database.url;
}
