import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import express from 'express';
import { Redis } from 'ioredis';
import { migrations } from '../../lib/sql/migrations.js';
import { fixedClock, memoryStore } from '../../lib/testing/index.js';
import { testPepper } from '../harness/instance.js';
import { makeOwnDatabase } from '../harness/own-database.js';
import { theApp } from '../harness/the-app.js';
import { redisCli } from '../servers/redis-cli.cjs';
import {
  create,
  examine,
  makeDatabase,
  makeFile,
  makeFolder,
  makeMigrated,
  makeRedis,
  makeRole,
  makeSlowWay,
  run,
  undo,
  undoAll,
} from './doctor-setups.js';
import { anyModule, runHere } from './run-here.js';

jest.setTimeout(120_000);
afterEach(undoAll);

describe('doctor finds nothing in a right set-up', () => {
  it('in a file', async () => {
    const url = await makeFile();
    const plain = await runHere(['doctor', '--app', anyModule], {
      exports: { apiKeys: create({ database: url }) },
      environment: { NODE_ENV: 'production' },
    });
    expect(plain).toMatchObject({ code: 0, out: '', err: expect.stringContaining('found nothing') });
  });
});

describe('doctor finds', () => {
  it('a pepper that is too short, none in production, and one that a file does not have', async () => {
    expect(await examine(() => ({ apiKeys: create({ pepper: 'too short' }) }))).toMatchObject({
      code: 1,
      ids: ['pepper-invalid'],
      text: expect.stringContaining('at least 32 bytes'),
    });
    const before = process.env['NODE_ENV'];
    process.env['NODE_ENV'] = 'production';
    undo.push(() => (process.env['NODE_ENV'] = before));
    const url = await makeFile();
    expect(await examine(() => ({ apiKeys: create({ pepper: undefined, database: url }) }))).toMatchObject({
      code: 1,
      ids: ['pepper-invalid'],
    });
    process.env['NODE_ENV'] = before;
    const folder = makeFolder();
    writeFileSync(join(folder, 'pepper'), 'short', { mode: 0o600 });
    const file = await makeFile(folder);
    expect(await examine({ apiKeys: create({ pepper: undefined, database: file }) })).toMatchObject({
      code: 1,
      ids: ['pepper-invalid'],
    });
  });

  it('options that createApiKeys refuses', async () => {
    const report = await examine(() => ({ apiKeys: create({ prefix: 'not valid!' }) }));
    expect(report).toMatchObject({ code: 1, ids: ['options-invalid'] });
  });

  it('a pepper that the keys were not made with, and one that some of them were made with', async () => {
    const { url } = await makeDatabase();
    const before = create({ database: url });
    await before.keys.as(theApp).create({ ownerId: 'alice', name: 'CI', scopes: ['orders:read'] });
    await before.close();
    const pepper = 'another-pepper-another-pepper-another!';
    expect(await examine({ apiKeys: create({ database: url, pepper }) })).toMatchObject({
      code: 1,
      ids: ['pepper-differs'],
    });
    const after = create({ database: url, pepper });
    await after.keys.as(theApp).create({ ownerId: 'alice', name: 'CI', scopes: ['orders:read'] });
    await after.close();
    expect(await examine({ apiKeys: create({ database: url, pepper }) })).toMatchObject({
      code: 0,
      ids: ['pepper-missing-earlier'],
    });
    expect(await examine({ apiKeys: create({ database: url, pepper: [pepper, testPepper] }) })).toMatchObject(
      {
        code: 0,
        ids: [],
      },
    );
  });

  it('a database that is not there', async () => {
    const { url } = await makeDatabase();
    const report = await examine({ apiKeys: create({ database: `${url}_of_nobody` }) });
    expect(report).toMatchObject({ code: 1, ids: ['database-unusable'] });
    expect(report.text).toContain('PostgreSQL has no such database');
  });

  it('clocks that differ', async () => {
    const { url } = await makeMigrated();
    const apart = (ms: number) => create({ database: url, clock: { now: () => Date.now() + ms } });
    expect(await examine({ apiKeys: apart(60_000) })).toMatchObject({ code: 1, ids: ['clock-differs'] });
    const behind = await examine({ apiKeys: apart(-3_000) });
    expect(behind).toMatchObject({ code: 0, ids: ['clock-differs'] });
    expect(behind.text).toMatch(/[23](?:\.\d)? seconds behind/);
  });

  it('tables that are not there, and applies nothing', async () => {
    const { url } = await makeDatabase();
    const checked = create({ database: { connection: url, migrate: 'check' } });
    expect(await examine({ apiKeys: checked })).toMatchObject({ code: 1, ids: ['migrations-pending'] });
    expect(await examine({ apiKeys: create({ database: url }) })).toMatchObject({
      code: 0,
      ids: ['migrations-pending'],
      text: expect.stringContaining('There are no tables yet'),
    });
    const folder = makeFolder();
    const file = join(folder, 'below', 'keys.sqlite');
    expect(await examine({ apiKeys: create({ database: `file:${file}` }) })).toMatchObject({
      ids: ['migrations-pending'],
    });
    expect(() => chmodSync(file, 0o600)).toThrow('ENOENT');
  });

  it('tables that are newer than the package', async () => {
    const { url } = await makeMigrated();
    await run(
      url,
      `insert into api_keys.schema_versions values (${migrations.length + 1}, 'from the future')`,
    );
    expect(await examine({ apiKeys: create({ database: url }) })).toMatchObject({
      code: 1,
      ids: ['tables-newer'],
    });
  });

  it('rights that the user lacks, with the very GRANT', async () => {
    const database = await makeMigrated();
    const { url, role } = await makeRole(
      database,
      'revoke update on api_keys.keys from ROLE',
      'revoke update (personal, member_id) on api_keys.audit_events from ROLE',
      'revoke insert, delete on api_keys.nonces from ROLE',
    );
    const open = () => ({ apiKeys: create({ database: { connection: url, migrate: 'check' } }) });
    const report = await examine(open());
    expect(report).toMatchObject({ code: 1, ids: ['database-rights'] });
    const grants = [
      `GRANT UPDATE (personal, member_id) ON api_keys.audit_events TO ${role};`,
      `GRANT UPDATE ON api_keys.keys TO ${role};`,
      `GRANT INSERT, DELETE ON api_keys.nonces TO ${role};`,
    ];
    for (const grant of grants) expect(report.text).toContain(grant);
    await run(database.url, ...grants);
    expect(await examine(open())).toMatchObject({ code: 0, ids: [] });
    await run(database.url, `revoke usage on schema api_keys from ${role}`);
    const locked = await examine(open());
    expect(locked).toMatchObject({ code: 1, ids: ['database-rights'] });
    expect(locked.text).toContain(`GRANT USAGE ON SCHEMA api_keys TO ${role};`);
  });

  it('a server that takes no changes, and one that may forget them', async () => {
    const database = await makeMigrated();
    const { url, role } = await makeRole(database, 'alter role ROLE set default_transaction_read_only = on');
    const open = () => ({ apiKeys: create({ database: { connection: url, migrate: 'check' } }) });
    expect(await examine(open())).toMatchObject({ code: 1, ids: ['database-read-only'] });
    await run(
      database.url,
      `alter role ${role} reset default_transaction_read_only`,
      `alter role ${role} set synchronous_commit = off`,
    );
    expect(await examine(open())).toMatchObject({ code: 0, ids: ['commits-can-be-lost'] });
    await run(database.url, `alter role ${role} set synchronous_commit = local`);
    expect(await examine(open())).toMatchObject({ code: 0, ids: [] });
  });

  it('a server that does not wait for its disk', async () => {
    // That of the other tests is one.
    const { url, remove } = await makeOwnDatabase('PostgreSQL');
    undo.push(remove);
    const instance = create({ database: url });
    await instance.ready();
    await instance.close();
    const report = await examine({ apiKeys: create({ database: url }) });
    expect(report).toMatchObject({ code: 1, ids: ['fsync-off', 'full-page-writes-off'] });
    expect(report.text).toContain('ALTER SYSTEM SET fsync = on');
  });

  it('what the instance logs about the client of Redis that it was handed', async () => {
    const { url } = await makeMigrated();
    const server = await makeRedis();
    const client = new Redis(server.url, { enableReadyCheck: false });
    undo.push(() => client.disconnect());
    const report = await examine({ apiKeys: create({ database: url, redis: client }) });
    expect(report).toMatchObject({ code: 0, ids: ['logged'] });
    expect(report.text).toContain('with enableReadyCheck: false a Redis that is still loading its data');
  });

  it('a server that does not tell its timeline, on which keys work all the same', async () => {
    const database = await makeMigrated();
    const { url } = await makeRole(database);
    await run(database.url, 'revoke execute on function pg_catalog.pg_control_system() from public');
    const apiKeys = create({ database: { connection: url, migrate: 'check' } });
    const { id } = await apiKeys.keys
      .as(theApp)
      .create({ ownerId: 'alice', name: 'CI', scopes: ['orders:read'] });
    expect(await apiKeys.keys.as(theApp).revoke({ id })).toMatchObject({ effectiveBy: null });
    await apiKeys.close();
    expect(
      await examine({ apiKeys: create({ database: { connection: url, migrate: 'check' } }) }),
    ).toMatchObject({ code: 0, ids: ['failover-not-noticed'] });
  });

  it('Redis that does not respond, is a replica, evicts, or cannot save', async () => {
    const { url } = await makeMigrated();
    const open = (redis: string) => ({ apiKeys: create({ database: url, redis }) });
    expect(await examine(open('redis://127.0.0.1:1'))).toMatchObject({
      code: 1,
      ids: ['redis-unreachable'],
      text: expect.stringContaining('ECONNREFUSED'),
    });
    const redis = await makeRedis({ args: ['--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru'] });
    expect(await examine(open(redis.url))).toMatchObject({ code: 0, ids: ['redis-evicts'] });
    await redisCli(redis.port, ['CONFIG', 'SET', 'maxmemory-policy', 'noeviction']);
    await redisCli(redis.port, ['CONFIG', 'SET', 'save', '3600 1']);
    mkdirSync(join(redis.dataDir, 'dump.rdb'));
    await redisCli(redis.port, ['SET', 'a', 'b']);
    await redisCli(redis.port, ['BGSAVE']);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect((await examine(open(redis.url))).ids).toEqual(['redis-saving-fails']);
    rmSync(join(redis.dataDir, 'dump.rdb'), { recursive: true });
    await redisCli(redis.port, ['CONFIG', 'SET', 'save', '']);
    const primary = await makeRedis();
    const replica = await makeRedis({ args: ['--replicaof', '127.0.0.1', String(primary.port)] });
    const { code, ids } = await examine(open(replica.url));
    expect({ code, ids }).toMatchObject({ code: 1, ids: expect.arrayContaining(['redis-replica']) });
  });

  it('commands that the access list of Redis lacks, and a password that it refuses', async () => {
    const { url } = await makeMigrated();
    const redis = await makeRedis();
    const open = (name: string, password = 'secret-of-the-test') => ({
      apiKeys: create({ database: url, redis: `redis://${name}:${password}@127.0.0.1:${redis.port}` }),
    });
    const all =
      '+eval +evalsha +getrange +set +type +pttl +time +zadd +zscore +zremrangebyscore +publish +subscribe +info';
    const allow = (name: string, without: readonly string[]) =>
      redisCli(redis.port, [
        ...['ACL', 'SETUSER', name, 'on', '>secret-of-the-test', '~api-keys:*', '&api-keys:*', '-@all'],
        ...all.split(' ').filter((each) => !without.includes(each)),
      ]);
    await allow('complete', []);
    expect(await examine(open('complete'))).toMatchObject({ code: 0, ids: [] });
    await allow('without', ['+set', '+zadd', '+publish']);
    const report = await examine(open('without'));
    expect(report).toMatchObject({ code: 1, ids: expect.arrayContaining(['redis-rights']) });
    expect(report.text).toContain('ACL SETUSER … +set +zadd +publish, and ~api-keys:* &api-keys:*');
    await allow('blind', ['+evalsha', '+eval']);
    expect((await examine(open('blind'))).text).toContain('refuses EVAL');
    const refused = await examine(open('complete', 'wrong-password'));
    expect(refused).toMatchObject({ code: 1, ids: ['redis-unreachable'] });
    expect(refused.text).not.toContain('wrong-password');
  });

  it('Redis that is slow, and one that forgets quotas', async () => {
    const { url } = await makeMigrated();
    const redis = await makeRedis();
    const port = await makeSlowWay(redis.port, 60);
    expect(
      await examine({ apiKeys: create({ database: url, redis: `redis://127.0.0.1:${port}` }) }),
    ).toMatchObject({
      code: 0,
      ids: ['redis-slow'],
    });
    const limits = { perOwner: [{ name: 'day', limit: 1_000, windowSeconds: 86_400 }] };
    const open = () => ({ apiKeys: create({ database: url, redis: redis.url, limits }) });
    expect(await examine(open())).toMatchObject({ code: 0, ids: ['redis-forgets-quotas'] });
    await redisCli(redis.port, ['CONFIG', 'SET', 'appendonly', 'yes']);
    expect(await examine(open())).toMatchObject({ code: 0, ids: [] });
  });

  it('a file that cannot be written to, does not last, or can be read by others', async () => {
    const open = (path: string) => ({ apiKeys: create({ database: `file:${path}` }) });
    expect(await examine(open('/proc/version/keys.sqlite'))).toMatchObject({
      code: 1,
      ids: expect.arrayContaining(['file-not-writable']),
    });
    const path = (await makeFile(makeFolder('/dev/shm'))).slice('file:'.length);
    expect(await examine(open(path))).toMatchObject({ code: 1, ids: ['file-on-memory'] });
    const url = await makeFile();
    chmodSync(url.slice('file:'.length), 0o644);
    expect(await examine({ apiKeys: create({ database: url }) })).toMatchObject({
      code: 0,
      ids: ['file-open-to-others'],
    });
  });

  it("'trust proxy' that trusts everybody, and one that is missing behind a proxy", async () => {
    const url = await makeFile();
    const open = () => create({ database: url });
    const before = open();
    await before.ready();
    for (let number = 0; number < 3; number += 1) {
      const { key } = await before.keys
        .as(theApp)
        .create({ ownerId: 'alice', name: 'CI', scopes: ['orders:read'] });
      await before.keys.verify({ key, scopes: 'orders:read', address: '10.0.0.7' });
    }
    await before.close();
    const trusting = (setting: unknown) => express().set('trust proxy', setting);
    for (const setting of [true, () => true, ['0.0.0.0/1', '128.0.0.0/1']]) {
      expect(await examine({ apiKeys: open(), app: trusting(setting) })).toMatchObject({
        code: 1,
        ids: ['trust-proxy-everyone'],
      });
    }
    const missing = await examine({ apiKeys: open(), app: trusting(false) });
    expect(missing).toMatchObject({ code: 0, ids: ['trust-proxy-missing'] });
    expect(missing.text).toContain('10.0.0.7');
    expect(await examine({ apiKeys: open() })).toMatchObject({ ids: [] });
  });

  it('NODE_ENV, with an exit code only where it is asked for', async () => {
    const url = await makeFile();
    const open = () => ({ apiKeys: create({ database: url }) });
    expect(await examine(open(), { environment: {} })).toMatchObject({ code: 0, ids: ['node-env'] });
    expect(await examine(open(), { environment: { NODE_ENV: 'test' }, args: ['--strict'] })).toMatchObject({
      code: 1,
      ids: ['node-env'],
    });
    const plain = await runHere(['doctor', '--app', anyModule], { exports: open() });
    expect(plain.out).toMatch(
      /^warning: .*\[node-env\]\n {2}Why it matters: .*\n {2}What to do: .*\n {2}See docs\//,
    );
    expect(plain.err).toMatch(
      /^0 errors, 1 warnings\.\nNot looked at: what proxies really send\..* add --url/,
    );
  });

  it('packages that are too old or too new', async () => {
    const folder = makeFolder();
    for (const [name, version] of [
      ['pg', '7.18.2'],
      ['express', '6.0.0'],
      ['libsql', '0.5.13'],
    ] as const) {
      mkdirSync(join(folder, 'node_modules', name), { recursive: true });
      writeFileSync(join(folder, 'node_modules', name, 'package.json'), JSON.stringify({ name, version }));
    }
    const module = join(folder, 'api-keys.js');
    writeFileSync(module, '');
    const url = await makeFile();
    const { code, out } = await runHere(['doctor', '--app', module, '--json'], {
      exports: { apiKeys: create({ database: url }) },
      environment: { NODE_ENV: 'production' },
    });
    const { findings } = JSON.parse(out) as { findings: { id: string; problem: string }[] };
    expect(code).toBe(0);
    expect(findings.map(({ id }) => id)).toEqual(['package-unsupported', 'package-unsupported']);
    expect(findings.map(({ problem }) => problem.split(' ').slice(0, 2).join(' '))).toEqual([
      'express 6.0.0',
      'pg 7.18.2',
    ]);
  });
});

it('says that a store of the app cannot be looked into, by finding nothing there', async () => {
  const apiKeys = create({ store: memoryStore(), clock: fixedClock(Date.now()) });
  expect(await examine({ apiKeys })).toMatchObject({ code: 0, ids: [] });
});
