import express from 'express';
import pg from 'pg';
import { testPepper } from '../harness/instance.js';
import { theApp } from '../harness/the-app.js';
import {
  beat,
  create,
  examine,
  listProcess,
  makeMigrated,
  makeRedis,
  makeRole,
  run,
  undo,
  undoAll,
  type Options,
} from './doctor-setups.js';

jest.setTimeout(120_000);
afterEach(undoAll);

describe('doctor, watching for seconds', () => {
  it('finds nothing on PostgreSQL and Redis, with the roles and the access list of the documents', async () => {
    const database = await makeMigrated();
    const { url } = await makeRole(database);
    const redis = await makeRedis();
    const app = express().set('trust proxy', 1);
    const apiKeys = create({ database: { connection: url, migrate: 'check' }, redis: redis.aclUrl });
    const { key } = await apiKeys.keys
      .as(theApp)
      .create({ ownerId: 'alice', name: 'CI', scopes: ['orders:read'] });
    const other = create({ database: { connection: url, migrate: 'check' }, redis: redis.aclUrl });
    undo.push(() => other.close());
    await other.keys.verify({ key, scopes: 'orders:read', address: '192.0.2.1' });
    const report = await examine({ apiKeys, app });
    expect(report).toMatchObject({ code: 0, ids: [] });
    expect(report.text).not.toContain(key.slice(-30));
    expect(report.text).not.toContain(testPepper);
  });

  it('finds processes that give no sign of life, lag behind, or count elsewhere', async () => {
    const { url } = await makeMigrated();
    const open = (options: Options = {}) => ({ apiKeys: create({ database: url, ...options }) });
    const { apiKeys } = open();
    await apiKeys.keys.as(theApp).create({ ownerId: 'alice', name: 'CI', scopes: ['orders:read'] });
    await apiKeys.close();
    await listProcess(url, '1, 4000, null');
    expect(await examine(open())).toMatchObject({
      code: 0,
      ids: ['process-silent'],
      text: expect.stringContaining('another-process'),
    });
    await run(url, 'delete from api_keys.instances');
    await listProcess(url, '0, 4000, null', beat);
    expect(await examine(open())).toMatchObject({ code: 0, ids: ['process-behind'] });
    const redis = await makeRedis();
    await run(
      url,
      "update api_keys.instances set acked = 1, place = 'redis 0123456789abcdef0123456789abcdef'",
    );
    expect(await examine(open({ redis: redis.url }))).toMatchObject({ code: 1, ids: ['limits-split'] });
  });

  it('finds a connection that is notified of nothing', async () => {
    const { url } = await makeMigrated();
    const pool = new pg.Pool({ connectionString: url });
    undo.push(() => pool.end());
    const unknowable = { connect: () => pool.connect() } as unknown as pg.Pool;
    expect(await examine({ apiKeys: create({ database: unknowable }) })).toMatchObject({
      code: 0,
      ids: ['no-notifications'],
    });
  });
});
