import { Redis } from 'ioredis';
import { makeOwnDatabase } from '../../harness/own-database.js';
import { startOrders, type OrdersProcess } from '../../harness/start-orders.js';
import { startRedis } from '../../servers/redis.cjs';
import { waitUntil } from '../../servers/wait-until.cjs';
import { acceptedBy, register, sign } from '../signers.js';

jest.setTimeout(120_000);

const limit = 3;
const rateLimits = [{ name: 'minute', limit, windowSeconds: 60 }];

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

async function makeKey(at: OrdersProcess, fields: object = {}): Promise<{ id: string; token: string }> {
  const made = await at.manage('POST', '/keys', { name: 'CI', scopes: ['orders:read'], ...fields });
  expect(made.status).toBe(201);
  return { id: String(made.body['id']), token: String(made.body['key']) };
}

const refusals: readonly [string, (admin: Redis) => Promise<unknown>, (admin: Redis) => Promise<unknown>][] =
  [
    [
      'F9: Redis without memory (OOM)',
      (admin) => admin.config('SET', 'maxmemory', '1'),
      (admin) => admin.config('SET', 'maxmemory', '0'),
    ],
    [
      'F8: Redis that became a replica (READONLY)',
      (admin) => admin.replicaof('127.0.0.1', 1),
      (admin) => admin.replicaof('NO', 'ONE'),
    ],
    [
      'F9: Redis whose access list lacks writing (NOPERM)',
      (admin) => admin.call('ACL', 'SETUSER', 'api-keys', '-set', '-zadd'),
      async (admin) => {
        await admin.call('ACL', 'SETUSER', 'api-keys', '+set', '+zadd');
      },
    ],
  ];

it.each(refusals)(
  '%s: what is revoked stays revoked, limits stay limits, no signature is taken twice, and status and log say so',
  async (name, begin, end) => {
    const database = await makeOwnDatabase('PostgreSQL');
    cleanUps.push(() => database.remove());
    const redis = await startRedis();
    cleanUps.push(() => redis.stop());
    const admin = new Redis(redis.url);
    cleanUps.push(async () => admin.disconnect());
    const environment = { DATABASE_URL: database.url, REDIS_URL: redis.aclUrl };
    const processes = await Promise.all([startOrders(environment), startOrders(environment)]);
    for (const each of processes) cleanUps.push(() => each.stop());
    const [one, two] = processes as [OrdersProcess, OrdersProcess];

    const signer = await register(one);
    await waitUntil('a signature is accepted', async () => (await acceptedBy(processes, sign(signer))) === 1);
    const used = sign(signer);
    expect(await acceptedBy([one, two, one, two], used)).toBe(1);
    const revoked = await makeKey(one);
    for (const each of processes) expect((await each.use(revoked.token)).status).toBe(200);

    await begin(admin);
    expect((await two.manage('POST', `/keys/${revoked.id}/revoke`)).status).toBe(200);
    for (const each of processes) expect((await each.use(revoked.token)).code).toBe('key_revoked');
    const limited = await makeKey(one, { rateLimits });
    for (const each of processes) {
      const answers: number[] = [];
      for (let count = 0; count < 2 * limit; count += 1) answers.push((await each.use(limited.token)).status);
      expect(answers).toEqual([200, 200, 200, 429, 429, 429]);
      expect(await each.status()).toMatchObject({ state: 'degraded', limits: 'process' });
    }
    expect(await acceptedBy([one, two], used)).toBe(0);
    // A script that has removed something may still add something, so without memory one may be taken, and remembered.
    expect(await acceptedBy([one, two, one, two], sign(signer))).toBeLessThanOrEqual(1);
    const word = /\((\w+)\)$/.exec(name)?.[1] ?? '';
    for (const each of processes) {
      const told = each.output().match(/limits are counted by each process alone, or refused \(Redis: \w+/g);
      expect(told).toEqual([expect.stringContaining(word)]);
    }

    await end(admin);
    await waitUntil('all is shared again', async () => {
      const states = await Promise.all(processes.map((each) => each.status()));
      return states.every(({ state, limits }) => state === 'normal' && limits === 'shared');
    });
    await waitUntil('a signature is accepted', async () => (await acceptedBy(processes, sign(signer))) === 1);
    expect(await acceptedBy([one, two], used)).toBe(0);
    for (const each of processes) expect((await each.use(revoked.token)).code).toBe('key_revoked');
    // What the access list refused was the test's doing.
    await admin.call('ACL', 'LOG', 'RESET');
  },
);
