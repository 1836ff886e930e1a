import { Redis } from 'ioredis';
import { makeEffective } from '../../harness/make-effective.js';
import { makeOwnDatabase } from '../../harness/own-database.js';
import { startOrders, type OrdersProcess } from '../../harness/start-orders.js';
import { startRedis } from '../../servers/redis.cjs';
import { waitUntil } from '../../servers/wait-until.cjs';
import { insist } from '../insist.js';
import { acceptedBy, expectTaken, register, sign } from '../signers.js';

jest.setTimeout(120_000);

const tries = 5;
const limit = 3;
const rateLimits = [{ name: 'minute', limit, windowSeconds: 60 }];

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

async function makeKey(at: OrdersProcess, fields: object = {}): Promise<{ id: string; token: string }> {
  const body = { name: 'CI', scopes: ['orders:read'], ...fields };
  const made = await insist(() => at.manage('POST', '/keys', body));
  expect(made.status).toBe(201);
  return { id: String(made.body['id']), token: String(made.body['key']) };
}

/** Uses a new key on one process after the other, on each of them twice as often as it may be. */
async function useBeyondLimit(processes: readonly OrdersProcess[]): Promise<readonly (readonly number[])[]> {
  const { token } = await makeKey(processes[0]!, { rateLimits });
  const answers: number[][] = [];
  for (const each of processes) {
    const statuses: number[] = [];
    for (let count = 0; count < 2 * limit; count += 1) statuses.push((await each.use(token)).status);
    answers.push(statuses);
  }
  return answers;
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
    const used = await expectTaken([one, two, one, two], signer);
    const revoked = await makeKey(one);
    for (const each of processes) {
      expect((await insist(() => each.use(revoked.token))).status).toBe(200);
    }

    await begin(admin);
    const answer = await makeEffective(() => two.manage('POST', `/keys/${revoked.id}/revoke`));
    expect([200, 202]).toContain(answer.status);
    for (const each of processes) {
      expect((await insist(() => each.use(revoked.token))).code).toBe('key_revoked');
    }
    let answers = await useBeyondLimit(processes);
    // What is answered with 503 may have been counted.
    for (let count = 1; count < tries && answers.flat().includes(503); count += 1) {
      for (const each of answers)
        expect(each.filter((status) => status === 200).length).toBeLessThanOrEqual(limit);
      answers = await useBeyondLimit(processes);
    }
    expect(answers).toEqual(processes.map(() => [200, 200, 200, 429, 429, 429]));
    for (const each of processes) {
      expect(await each.status()).toMatchObject({ state: 'degraded', limits: 'process' });
    }
    expect(await acceptedBy([one, two], used)).toBe(0);
    // A script that has removed something may still add something, so without memory one may be taken, and remembered.
    expect(await acceptedBy([one, two, one, two], sign(signer))).toBeLessThanOrEqual(1);
    const word = /\((\w+)\)$/.exec(name)?.[1] ?? '';
    for (const each of processes) {
      const told = each.output().match(/limits are counted by each process alone, or refused \(Redis: \w+/g);
      // Where the machine is slow, Redis may have answered too late as well.
      const refused = told?.filter((line) => !line.endsWith('timeout'));
      expect(refused).toEqual([expect.stringContaining(word)]);
    }

    await end(admin);
    await waitUntil('all is shared again', async () => {
      const states = await Promise.all(processes.map((each) => each.status()));
      return states.every(({ state, limits }) => state === 'normal' && limits === 'shared');
    });
    await waitUntil('a signature is accepted', async () => (await acceptedBy(processes, sign(signer))) === 1);
    expect(await acceptedBy([one, two], used)).toBe(0);
    for (const each of processes) {
      expect((await insist(() => each.use(revoked.token))).code).toBe('key_revoked');
    }
    // What the access list refused was the test's doing.
    await admin.call('ACL', 'LOG', 'RESET');
  },
);
