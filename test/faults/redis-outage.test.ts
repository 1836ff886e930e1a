import { createDatabase } from '../servers/postgres.cjs';
import { startRedis } from '../servers/redis.cjs';
import { startOrders, type OrdersProcess, type TimedAnswer } from '../harness/start-orders.js';

let database: Awaited<ReturnType<typeof createDatabase>>;
let redis: Awaited<ReturnType<typeof startRedis>>;
let one: OrdersProcess;
let two: OrdersProcess;

beforeEach(async () => {
  database = await createDatabase(process.env['TEST_DATABASE_URL'] ?? '');
  redis = await startRedis();
  const environment = { DATABASE_URL: database.url, REDIS_URL: redis.url };
  [one, two] = await Promise.all([startOrders(environment), startOrders(environment)]);
}, 60_000);

afterEach(async () => {
  await Promise.all([one.stop(), two.stop()]);
  redis.resume();
  await redis.stop();
  await database.drop();
}, 30_000);

async function newKey(): Promise<{ id: string; token: string }> {
  const created = await one.manage('POST', '/keys', { name: 'CI', scopes: ['orders:read'] });
  const token = created.body['key'] as string;
  for (const process of [one, two]) expect((await process.use(token)).status).toBe(200);
  return { id: created.body['id'] as string, token };
}

/** Uses a key from both processes, ten requests at a time, until it is told to stop. */
function load(token: string): {
  readonly answers: (TimedAnswer & { sentAt: number })[];
  stop(): Promise<void>;
} {
  const answers: (TimedAnswer & { sentAt: number })[] = [];
  let isOn = true;
  const user = async (process: OrdersProcess): Promise<void> => {
    while (isOn) {
      const sentAt = Date.now();
      answers.push({ ...(await process.use(token)), sentAt });
      await pause(5);
    }
  };
  const users = Promise.all(Array.from({ length: 10 }, (_, index) => user(index % 2 === 0 ? one : two)));
  return {
    answers,
    async stop() {
      isOn = false;
      await users;
    },
  };
}

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

const slowest = (answers: readonly TimedAnswer[]): number =>
  Math.max(...answers.map(({ milliseconds }) => milliseconds));

it('goes on from the store while Redis hangs and after it died, never over a second, and joins it again', async () => {
  const good = await newKey();
  const revoked = await newKey();
  expect((await one.manage('POST', `/keys/${revoked.id}/revoke`)).status).toBe(200);
  const goodLoad = load(good.token);
  const revokedLoad = load(revoked.token);

  await pause(1_000);
  redis.pause();
  await pause(3_000);
  const whileHanging = await (await fetch(`${one.url}/status`)).json();
  await redis.kill();
  await pause(3_000);
  const answersInOutage = goodLoad.answers.length;
  redis = await startRedis({ port: redis.port });
  await pause(3_000);
  await Promise.all([goodLoad.stop(), revokedLoad.stop()]);

  expect(whileHanging).toEqual({ ready: true, redis: 'down' });
  expect(await (await fetch(`${one.url}/status`)).json()).toEqual({ ready: true, redis: 'up' });
  expect(answersInOutage).toBeGreaterThan(100);
  expect(new Set(goodLoad.answers.map(({ status }) => status))).toEqual(new Set([200]));
  expect(new Set(revokedLoad.answers.map(({ code }) => code))).toEqual(new Set(['key_revoked']));
  expect(slowest([...goodLoad.answers, ...revokedLoad.answers])).toBeLessThan(1_000);
  expect(one.output() + two.output()).not.toMatch(/unhandled|acme_live_/i);
}, 60_000);

it('answers 202 with the time by which a change holds, and keeps it when Redis comes back', async () => {
  const { id, token } = await newKey();
  const busy = load(token);
  await pause(200);
  redis.pause();

  const revoked = await one.manage('POST', `/keys/${id}/revoke`);
  expect(revoked.status).toBe(202);
  expect(revoked.milliseconds).toBeLessThan(1_000);
  const effectiveBy = Date.parse(String(revoked.body['effectiveBy']));
  expect(effectiveBy - Date.now()).toBeLessThanOrEqual(6_000);
  expect(revoked.body).toMatchObject({ id, state: 'revoked' });

  // What was sent to Redis before and during the pause is carried out now, late.
  await pause(500);
  redis.resume();
  await pause(effectiveBy - Date.now() + 1_000);
  await busy.stop();
  const wronglyIn = busy.answers.filter(({ status, sentAt }) => status === 200 && sentAt >= effectiveBy);
  expect(wronglyIn).toEqual([]);
  expect(busy.answers.at(-1)?.code).toBe('key_revoked');

  const confirmed = await one.manage('POST', `/keys/${id}/revoke`);
  expect(confirmed.status).toBe(200);
  expect(confirmed.body['version']).toBe(revoked.body['version']);
}, 60_000);

it('starts without Redis and joins it when it appears', async () => {
  const { port } = redis;
  await redis.kill();
  const late = await startOrders({ DATABASE_URL: database.url, REDIS_URL: `redis://127.0.0.1:${port}` });
  const created = await late.manage('POST', '/keys', { name: 'CI', scopes: ['orders:read'] });
  expect(created.status).toBe(201);
  const token = created.body['key'] as string;
  expect((await late.use(token)).status).toBe(200);
  expect((await late.use(`${token}x`)).status).toBe(401);
  redis = await startRedis({ port });
  await pause(2_500);
  expect((await late.use(token)).status).toBe(200);
  expect(await (await fetch(`${late.url}/status`)).json()).toEqual({ ready: true, redis: 'up' });
  expect((await late.manage('POST', `/keys/${String(created.body['id'])}/revoke`)).status).toBe(200);
  expect(await late.stop()).toBe(0);
}, 60_000);
