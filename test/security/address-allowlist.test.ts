import { randomBytes } from 'node:crypto';
import express, { type Express } from 'express';
import pg from 'pg';
import request from 'supertest';
import { createApiKeys, type ApiKeys, type ApiKeysOptions } from '../../lib/index.js';
import { testPepper } from '../harness/instance.js';
import { theApp } from '../harness/the-app.js';

jest.setTimeout(180_000);

const database = process.env['TEST_DATABASE_URL'] ?? '';
const schema = `allowlist_${randomBytes(8).toString('hex')}`;
const running: ApiKeys<'orders:read'>[] = [];

afterAll(async () => {
  for (const apiKeys of running) await apiKeys.close();
  const client = new pg.Client({ connectionString: database });
  await client.connect();
  await client.query(`drop schema if exists ${schema} cascade`);
  await client.end();
});

/** One process's worth of an app behind a proxy; what it shares with the others is in PostgreSQL and Redis. */
async function start(
  options: Partial<ApiKeysOptions<'orders:read'>> = {},
): Promise<{ app: Express; apiKeys: ApiKeys<'orders:read'> }> {
  const apiKeys = createApiKeys({
    prefix: 'acme',
    scopes: { 'orders:read': 'Read orders' },
    pepper: testPepper,
    bcryptCost: 8,
    redis: { client: process.env['TEST_REDIS_URL'], keyPrefix: `${schema}:` },
    database: { connection: database, schema },
    ...options,
  });
  running.push(apiKeys);
  await apiKeys.ready();
  const app = express();
  app.set('trust proxy', 1);
  app.get('/orders', apiKeys.requireApiKey('orders:read'), (_req, res) => void res.json([]));
  return { app, apiKeys };
}

const use = async (app: Express, token: string, address: string): Promise<number> =>
  (await request(app).get('/orders').set('X-Api-Key', token).set('X-Forwarded-For', address)).status;

const inside = '198.51.100.7';
const outside = '198.51.101.7';

describe('an address allowlist', () => {
  it('R50 is checked on every request: cold, warm, in a second process, without any cache, and after changes', async () => {
    const first = await start();
    const { id, key } = await first.apiKeys.keys.as(theApp).create({
      ownerId: 'alice',
      name: 'bound',
      scopes: ['orders:read'],
      ipAllowlist: ['198.51.100.0/24', '2001:db8::/32'],
    });
    const others = [first, await start(), await start({ cache: false })];
    for (const { app } of others) {
      // Cold and refused, cold and allowed, then warm in both ways, by turns.
      const statuses = [];
      for (const address of [
        outside,
        inside,
        outside,
        inside,
        '2001:db9::1',
        '2001:db8::1',
        `::ffff:${outside}`,
      ])
        statuses.push(await use(app, key, address));
      expect(statuses).toEqual([403, 200, 403, 200, 403, 200, 403]);
    }
    await first.apiKeys.keys.as(theApp).update({ id, ipAllowlist: [outside] });
    for (const { app } of others) {
      expect([await use(app, key, inside), await use(app, key, outside)]).toEqual([403, 200]);
    }
    const { app: cold } = await start();
    expect([await use(cold, key, inside), await use(cold, key, outside)]).toEqual([403, 200]);
  });

  it('R50 of null is any address, and an empty one is refused', async () => {
    const { app, apiKeys } = await start();
    const input = { ownerId: 'alice', name: 'k', scopes: ['orders:read'] } as const;
    const { id, key } = await apiKeys.keys.as(theApp).create({ ...input, ipAllowlist: [inside] });
    for (const empty of [
      apiKeys.keys.as(theApp).create({ ...input, ipAllowlist: [] }),
      apiKeys.keys.as(theApp).update({ id, ipAllowlist: [] }),
    ]) {
      await expect(empty).rejects.toMatchObject({
        problem: 'invalid_request',
        errors: [{ field: 'ipAllowlist' }],
      });
    }
    expect([await use(app, key, inside), await use(app, key, outside)]).toEqual([200, 403]);
    await apiKeys.keys.as(theApp).update({ id, ipAllowlist: null });
    expect([await use(app, key, inside), await use(app, key, outside)]).toEqual([200, 200]);
  });
});
