import { once } from 'node:events';
import { createServer } from 'node:http';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import express from 'express';
import { fixedClock } from '../../lib/testing/index.js';
import { testPepper } from '../harness/instance.js';
import { theApp } from '../harness/the-app.js';
import {
  create,
  examine,
  makeDatabase,
  makeFile,
  makeFolder,
  makeMigrated,
  undo,
  undoAll,
} from './doctor-setups.js';
import { runHere } from './run-here.js';

jest.setTimeout(120_000);
afterEach(undoAll);

const dayMs = 24 * 60 * 60 * 1000;
const anotherPepper = 'another-pepper-another-pepper-another!';
const newKey = { ownerId: 'alice', name: 'CI', scopes: ['orders:read' as const] };

describe('doctor changes nothing', () => {
  it('where the file of the pepper is gone: it makes none, and says so', async () => {
    const folder = makeFolder();
    const url = await makeFile(folder);
    const before = create({ database: url, pepper: undefined });
    await before.keys.as(theApp).create(newKey);
    await before.close();
    rmSync(join(folder, 'pepper'));
    const report = await examine({ apiKeys: create({ database: url, pepper: undefined }) });
    expect(report.code).toBe(1);
    expect(report.text).toContain('There is no pepper in');
    expect(existsSync(join(folder, 'pepper'))).toBe(false);
    expect(readdirSync(folder).filter((name) => name.includes('pepper'))).toEqual([]);
  });

  it('where retention, notices and events wait for work', async () => {
    const { url } = await makeDatabase();
    const clock = fixedClock(Date.now() - 3 * dayMs);
    const earlier = create({ database: url, clock });
    const keys = earlier.keys.as(theApp);
    const { id } = await keys.create(newKey);
    await keys.create({ ...newKey, expiresAt: new Date(Date.now() + dayMs) });
    await keys.revoke({ id });
    await earlier.close();
    const other = create({ database: url });
    await other.ready();
    undo.push(() => other.close());
    const calls: string[] = [];
    const apiKeys = create({
      database: url,
      retention: { endedKeysDays: 1 },
      expiryNotices: { thresholdsDays: [7], notify: () => void calls.push('notified') },
      events: { name: 'crm', deliver: async () => void calls.push('delivered') },
    });
    // Another process is watched for some seconds, in which background work would begin.
    await examine({ apiKeys });
    expect(calls).toEqual([]);
    expect(await other.keys.as(theApp).get({ id })).toMatchObject({ id, state: 'revoked' });
    const { items } = await other.audit.as(theApp).list();
    expect(items.map(({ action }) => action)).toEqual(['key.revoked', 'key.created', 'key.created']);
  });
});

describe('a database without the module of the app', () => {
  it('is not touched under a pepper that is not its own', async () => {
    const { url } = await makeMigrated();
    const app = create({ database: url });
    const { id } = await app.keys.as(theApp).create(newKey);
    const run = (pepper: string, ...args: string[]) =>
      runHere(args, { environment: { DATABASE_URL: url, API_KEYS_PEPPER: pepper } });
    const refused = await run(anotherPepper, 'revoke', '--id', id);
    expect(refused).toMatchObject({ code: 2, out: '', err: expect.stringContaining('another database') });
    expect(refused.all).not.toContain(anotherPepper);
    expect(await app.keys.as(theApp).get({ id })).toMatchObject({ state: 'active' });
    expect(await run(testPepper, 'audit', '--verify')).toMatchObject({ code: 0 });
    expect(await run(`${anotherPepper}`, 'owners', '--suspend', 'alice')).toMatchObject({ code: 2 });
    expect(await run(testPepper, 'revoke', '--id', id)).toMatchObject({ code: 0 });
    await app.close();
  });

  it('is looked for in the schema that the environment names, and no tables are made by mistake', async () => {
    const { url } = await makeDatabase();
    const app = create({ database: { connection: url, schema: 'billing' } });
    await app.keys.as(theApp).create(newKey);
    const environment = { DATABASE_URL: url, API_KEYS_PEPPER: testPepper };
    const migrated = await runHere(['migrate'], { environment });
    expect(migrated).toMatchObject({ code: 2, err: expect.stringContaining('API_KEYS_SCHEMA') });
    expect((await runHere(['list', '--owner', 'alice'], { environment })).code).not.toBe(0);
    const named = { ...environment, API_KEYS_SCHEMA: 'billing' };
    expect(await runHere(['list', '--owner', 'alice'], { environment: named })).toMatchObject({ code: 0 });
    expect(await runHere(['revoke-all', '--owner', 'alice'], { environment: named })).toMatchObject({
      ...{ code: 0, err: '1 revoked.' },
    });
    await app.close();
  });
});

describe('a server that answers something else', () => {
  const answers: Readonly<Record<string, (res: express.Response, path: string) => unknown>> = {
    'an empty object': (res) => res.json({}),
    'another key': (res) => res.json({ id: 'other', state: 'revoked', key: 'acme_live_other' }),
    'a key that is not revoked, and an owner that is not suspended': (res, path) =>
      res.json({
        id: 'wanted',
        ownerId: 'alice',
        state: 'active',
        suspendedAt: path.includes('suspend') ? null : 'x',
      }),
    'a promise without a time': (res) =>
      res.status(202).json({ id: 'wanted', ownerId: 'alice', state: 'revoked', key: 'k', suspendedAt: 'x' }),
    'a status of its own': (res) =>
      res.status(206).json({ id: 'wanted', ownerId: 'alice', state: 'revoked', key: 'k', suspendedAt: 'x' }),
    'a list in place of a change': (res) => res.json([]),
  };

  it.each(Object.entries(answers))('has made no change: %s', async (_name, answer) => {
    const foreign = express();
    foreign.use((req, res) => void answer(res, req.path));
    const server = createServer(foreign).listen(0, '127.0.0.1');
    await once(server, 'listening');
    undo.push(() => server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const run = (...args: string[]) =>
      runHere([...args, '--url', url], { environment: { API_KEYS_TOKEN: 'operator-token' } });
    for (const args of [
      ['revoke', '--id', 'wanted'],
      ['owners', '--suspend', 'alice'],
      ['revoke-all', '--owner', 'alice'],
    ]) {
      expect(await run(...args)).toMatchObject({ code: 1, out: '' });
    }
  });
});

describe('revoke-all behind an address', () => {
  it('asks again for what an earlier call has left unconfirmed', async () => {
    const { url: database } = await makeMigrated();
    const app = create({ database, cache: { leaseSeconds: 4 } });
    await app.ready();
    undo.push(() => app.close());
    const host = express();
    host.use('/api-keys', app.adminRouter({ authorize: () => ({ kind: 'admin', id: 'olga' }) }));
    const server = createServer(host).listen(0, '127.0.0.1');
    await once(server, 'listening');
    undo.push(() => server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api-keys`;
    await app.keys.as(theApp).create(newKey);
    const run = () =>
      runHere(['revoke-all', '--owner', 'alice', '--url', url], { environment: { API_KEYS_TOKEN: 'any' } });
    // A process on the list that confirms nothing, for as long as its lease may be held.
    const store = create({ database });
    await store.close();
    const { default: pg } = await import('pg');
    const client = new pg.Client({ connectionString: database });
    await client.connect();
    undo.push(() => client.end());
    await client.query(
      `insert into api_keys.instances select * from json_populate_record(null::api_keys.instances,
        (select (row_to_json(i)::jsonb || '{"id":"frozen","lease_ms":10000}'::jsonb)::json from api_keys.instances as i limit 1))`,
    );
    const first = await run();
    expect(first).toMatchObject({ code: 3, err: expect.stringContaining('1 revoked.') });
    expect(await run()).toMatchObject({ code: 3, err: expect.stringContaining('No key was left') });
    for (;;) {
      const { rows } = await client.query("select 1 from api_keys.instances where id = 'frozen'");
      if (rows.length === 0) break;
      await sleep(200);
    }
    expect(await run()).toMatchObject({ code: 0, err: '0 revoked.' });
  });
});
