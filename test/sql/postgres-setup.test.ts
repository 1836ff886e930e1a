import { execFileSync } from 'node:child_process';
import { chownSync, copyFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import express from 'express';
import pg from 'pg';
import request from 'supertest';
import { createApiKeys, type ApiKeys, type ApiKeysError } from '../../lib/index.js';
import { testPepper } from '../harness/instance.js';
import { makeCertificates } from '../servers/certificates.cjs';
import { startPostgres } from '../servers/postgres.cjs';

jest.setTimeout(180_000);

let server: Awaited<ReturnType<typeof startPostgres>>;
let caFile: string;
const opened: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  server = await startPostgres();
  caFile = await enableTls();
  await run('create database locked');
  await run(`revoke connect on database locked from public;
    create role app login; create role nologin_role; create role tls_user login;
    create role passworded login password 'hunter2-hunter2'`);
  writeAccessRules([
    'host all postgres 127.0.0.1/32 trust',
    'hostssl postgres tls_user 127.0.0.1/32 trust',
    'host postgres passworded 127.0.0.1/32 scram-sha-256',
    'host all app 127.0.0.1/32 trust',
    'host all ghost 127.0.0.1/32 trust',
    'host all nologin_role 127.0.0.1/32 trust',
  ]);
  await run('select pg_reload_conf()');
});

afterAll(async () => {
  await server?.stop();
});

let schemas = 0;
let schema = '';

beforeEach(() => {
  schemas += 1;
  schema = `keys_${schemas}`;
});

afterEach(async () => {
  for (const instance of opened.splice(0)) await instance.close();
});

async function run(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** Gives the server a certificate of an authority that nobody knows. */
async function enableTls(): Promise<string> {
  const cluster = join(server.dataDir, 'cluster');
  const { caFile: authority, certFile, keyFile } = makeCertificates(server.dataDir);
  const { uid, gid } = statSync(cluster);
  for (const [from, to] of [
    [certFile, 'server.crt'],
    [keyFile, 'server.key'],
  ] as const) {
    copyFileSync(from, join(cluster, to));
    chownSync(join(cluster, to), uid, gid);
    execFileSync('chmod', ['600', join(cluster, to)]);
  }
  await run('alter system set ssl = on');
  await run('select pg_reload_conf()');
  return authority;
}

function writeAccessRules(rules: readonly string[]): void {
  writeFileSync(join(server.dataDir, 'cluster', 'pg_hba.conf'), `${rules.join('\n')}\n`);
}

const tls = (): string => `?sslmode=verify-full&sslrootcert=${encodeURIComponent(caFile)}`;

interface As {
  readonly user?: string;
  readonly password?: string;
  readonly database?: string;
  readonly search?: string;
}

function url({ user = 'app', password = '', database = 'postgres', search = '' }: As): string {
  const to = new URL(`postgres://127.0.0.1:${server.port}/${database}${search}`);
  to.username = user;
  to.password = password;
  return to.href;
}

function open(connection: string | pg.Pool, migrate: 'auto' | 'check' = 'auto'): ApiKeys<'orders:read'> {
  const apiKeys = createApiKeys({
    prefix: 'acme',
    scopes: { 'orders:read': 'Read orders' },
    pepper: testPepper,
    bcryptCost: 8,
    database: { connection, schema, migrate },
    logger: { warn: note, error: note },
  });
  opened.push(apiKeys);
  return apiKeys;
}

const log: string[] = [];
function note(message: string, error?: unknown): void {
  log.push(`${message} ${JSON.stringify(error)}`);
}

/** The message with which a start is refused. */
async function startError(connection: string | pg.Pool, migrate: 'auto' | 'check' = 'auto'): Promise<string> {
  const error = await open(connection, migrate)
    .ready()
    .then(
      () => null,
      (thrown: ApiKeysError) => thrown,
    );
  expect(error?.code).toBe('ERR_API_KEYS_UNAVAILABLE');
  return error?.message ?? '';
}

const begin = 'The database of the API keys cannot be used: ';

describe('a start without a privilege names the GRANT', () => {
  it('that creates a schema', async () => {
    expect(await startError(url({}))).toBe(
      `${begin}The database user app lacks a privilege on PostgreSQL (permission denied for database postgres). ` +
        `Write: GRANT CREATE ON DATABASE postgres TO app; or: CREATE SCHEMA ${schema} AUTHORIZATION app; ` +
        'See docs/production/postgresql.md, "Roles and GRANTs"',
    );
    await run(`create schema ${schema} authorization app`);
    await open(url({})).ready();
  });

  it('that creates tables in a schema of someone else', async () => {
    await run(`create schema ${schema}`);
    expect(await startError(url({}))).toContain(
      `Write: GRANT USAGE, CREATE ON SCHEMA ${schema} TO app; or let another user apply migrations`,
    );
    await run(`grant usage, create on schema ${schema} to app`);
    await open(url({})).ready();
  });

  it('that uses a schema, and its tables, one after the other', async () => {
    await open(server.url).ready();
    expect(await startError(url({}), 'check')).toContain(`Write: GRANT USAGE ON SCHEMA ${schema} TO app;`);
    await run(`grant usage on schema ${schema} to app`);
    expect(await startError(url({}), 'check')).toContain(
      `Write: GRANT SELECT ON ${schema}.schema_versions TO app;`,
    );
    await run(`grant select on all tables in schema ${schema} to app`);
    // Follow what is said until the start succeeds.
    const given: string[] = [];
    for (let tries = 0; tries < 10; tries += 1) {
      const error = await open(url({}), 'check')
        .ready()
        .then(
          () => null,
          (thrown: ApiKeysError) => thrown,
        );
      if (error === null) break;
      const grant = /Write: (GRANT [^;]+;)/.exec(error.message)?.[1] ?? '';
      given.push(grant);
      await run(grant);
    }
    expect(given.length).toBeGreaterThan(0);
    await open(url({}), 'check').ready();
  });

  it('that changes tables of another owner', async () => {
    await open(server.url).ready();
    await run(`delete from ${schema}.schema_versions where version >= (select version from ${schema}.schema_versions where name = 'places of processes'); grant all on schema ${schema} to app;
      grant all on all tables in schema ${schema} to app`);
    const message = await startError(url({}));
    expect(message).toMatch(/must be applied by the owner of table instances: start once as that user/);
  });

  it('that connects to the database', async () => {
    expect(await startError(url({ database: 'locked' }))).toContain('GRANT CONNECT ON DATABASE locked TO');
  });
});

it('a privilege that is taken away later is an outage, named in the log', async () => {
  await run(`create schema ${schema} authorization app`);
  const apiKeys = open(url({}));
  await apiKeys.ready();
  await run(`revoke all on ${schema}.keys from app`);
  const app = express().use(
    '/api-keys',
    apiKeys.adminRouter({ authorize: () => ({ kind: 'admin', id: 'olga' }) }),
  );
  log.length = 0;
  const answer = await request(app).get('/api-keys/keys');
  expect(answer.status).toBe(503);
  expect(answer.text).not.toContain('GRANT');
  expect(log.join('\n')).toContain(`Write: GRANT SELECT, INSERT, UPDATE, DELETE ON ${schema}.keys TO app;`);
});

describe('a server that refuses to connect says what to change', () => {
  const cases: readonly [string, () => string, RegExp][] = [
    [
      'a database that does not exist',
      () => url({ database: 'nowhere' }),
      /PostgreSQL has no such database \(database "nowhere" does not exist\)\. Create it, or correct/,
    ],
    [
      'a wrong password',
      () => url({ user: 'passworded', password: 'not-the-password' }),
      /refused the password \(password authentication failed for user "passworded"\)\. Check user and password/,
    ],
    ['no password', () => url({ user: 'passworded' }), /none was given\. Write it into the URL/],
    ['no TLS', () => url({ user: 'tls_user' }), /without encryption\. Add \?sslmode=verify-full/],
    [
      'a certificate of an unknown authority',
      () => url({ user: 'tls_user', search: '?sslmode=verify-full' }),
      /No known authority vouches for the certificate of the PostgreSQL server \(.*\)\. Give the certificate/,
    ],
    [
      'no rule for the user',
      () => url({ user: 'unruled', search: tls() }),
      /lets this user connect to this database from here/,
    ],
    ['no LOGIN', () => url({ user: 'nologin_role' }), /does not let this user log in/],
    ['no such role', () => url({ user: 'ghost' }), /does not let this user log in/],
  ];

  it.each(cases)('%s', async (_name, connection, expected) => {
    const message = await startError(connection());
    expect(message).toMatch(expected);
    expect(message).not.toMatch(/hunter2|not-the-password|127\.0\.0\.1/);
  });

  it('and accepts what it says', async () => {
    await run(`create schema ${schema} authorization tls_user`);
    const apiKeys = open(url({ user: 'tls_user', search: tls() }));
    await expect(apiKeys.ready()).resolves.toBeUndefined();
  });
});

it('a pool of the app gets the same sentences', async () => {
  const pool = new pg.Pool({ connectionString: url({ database: 'nowhere' }) });
  expect(await startError(pool)).toContain('PostgreSQL has no such database');
  await pool.end();
});

it('a URL that cannot be read is named without what is in it', async () => {
  const message = await startError('postgres://app:hunter2#hunter2%zz@127.0.0.1:1/postgres');
  expect(message).toContain('percent-encoded');
  expect(message).not.toContain('hunter2');
});
