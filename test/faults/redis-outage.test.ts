import { startOrders } from '../harness/start-orders.js';
import { startFleet, type Fleet } from './fleet.js';
import { pause } from './pause.js';
import { underLoad } from './under-load.js';

jest.setTimeout(90_000);

let fleet: Fleet;

beforeEach(async () => {
  fleet = await startFleet({ place: 'PostgreSQL and Redis', processes: 2, isDatabaseDirect: true });
});
afterEach(() => fleet.stop());

/** A key that every process has cached, as it has the one that it has made. */
interface HeldKey {
  readonly id: string;
  readonly token: string;
  readonly childToken: string;
}

async function newKey(): Promise<HeldKey> {
  const body = { name: 'CI', scopes: ['orders:read', 'orders:write'] };
  const created = await fleet.member(0).app.manage('POST', '/keys', body);
  expect(created.status).toBe(201);
  const token = String(created.body['key']);
  const child = await fleet.member(1).app.makeChild(token, { name: 'child', scopes: ['orders:read'] });
  expect(child.status).toBe(201);
  const childToken = String(child.body['key']);
  for (const { app } of fleet.members) {
    for (const each of [token, childToken]) expect((await app.use(each)).status).toBe(200);
  }
  return { id: String(created.body['id']), token, childToken };
}

/** Every process refuses a key that was revoked, and the one that it has made. */
async function expectRevoked({ token, childToken }: HeldKey): Promise<void> {
  for (const { app } of fleet.members) {
    for (const each of [token, childToken]) expect((await app.use(each)).code).toBe('key_revoked');
  }
}

it('F2, F5: goes on from the store while Redis hangs and after it died, and joins it again', async () => {
  const revoked = await newKey();
  expect((await fleet.member(0).app.manage('POST', `/keys/${revoked.id}/revoke`)).status).toBe(200);
  // Nothing is written down as a disturbance: no use may be answered with 503, none late, none wrong.
  const { violations, operations } = await underLoad(
    fleet,
    1,
    async () => {
      fleet.redis?.pause();
      await pause(1_200);
      expect(await fleet.member(0).app.status()).toMatchObject({
        state: 'degraded',
        database: 'up',
        redis: 'down',
      });
      await expectRevoked(revoked);
      await fleet.redis?.kill();
      await pause(1_200);
      await expectRevoked(revoked);
      await fleet.restartRedis();
      await fleet.untilNormal(30_000);
      await expectRevoked(revoked);
    },
    ['revoker', 'narrower'],
  );
  expect(violations).toEqual([]);
  expect(operations).toBeGreaterThan(100);
  // Each process learns with its next beat that the others count in the new Redis, too.
  await fleet.untilNormal(30_000);
  expect(await fleet.member(0).app.status()).toMatchObject({ redis: 'up' });
});

it('confirms a change through the store while Redis hangs, and keeps it when Redis comes back', async () => {
  const key = await newKey();
  fleet.redis?.pause();
  const revoked = await fleet.member(0).app.manage('POST', `/keys/${key.id}/revoke`);
  expect(revoked.status).toBe(200);
  expect(revoked.body).toMatchObject({ id: key.id, state: 'revoked' });
  await expectRevoked(key);
  // What was sent to Redis before and during the pause is carried out now, late.
  fleet.redis?.resume();
  for (let round = 0; round < 100; round += 1) await expectRevoked(key);
});

it('F1: starts without Redis and joins it when it appears', async () => {
  const { redis } = fleet;
  await redis?.kill();
  const late = await startOrders({ DATABASE_URL: fleet.databaseUrl, REDIS_URL: redis?.url ?? '' });
  try {
    expect(await late.status()).toMatchObject({ ready: true, state: 'degraded', redis: 'down' });
    const created = await late.manage('POST', '/keys', { name: 'CI', scopes: ['orders:read'] });
    expect(created.status).toBe(201);
    const token = String(created.body['key']);
    expect((await late.use(token)).status).toBe(200);
    expect((await late.use(`${token}x`)).status).toBe(401);
    await fleet.restartRedis();
    for (let tries = 0; tries < 100 && (await late.status())['state'] !== 'normal'; tries += 1)
      await pause(100);
    expect(await late.status()).toMatchObject({ state: 'normal', redis: 'up' });
    expect((await late.use(token)).status).toBe(200);
    expect((await late.manage('POST', `/keys/${String(created.body['id'])}/revoke`)).status).toBe(200);
    expect((await fleet.member(0).app.use(token)).code).toBe('key_revoked');
  } finally {
    expect(await late.stop()).toBe(0);
  }
});
