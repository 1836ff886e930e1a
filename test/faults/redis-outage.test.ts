import { makeEffective } from '../harness/make-effective.js';
import { startOrders, type TimedAnswer } from '../harness/start-orders.js';
import { waitUntil } from '../servers/wait-until.cjs';
import { expectConfirmed } from './expect-confirmed.js';
import { startFleet, type Fleet, type Member } from './fleet.js';
import { insist } from './insist.js';
import { pause } from './pause.js';
import { underLoad } from './under-load.js';

jest.setTimeout(180_000);

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
  const created = await insist(() => fleet.member(0).app.manage('POST', '/keys', body));
  expect(created.status).toBe(201);
  const token = String(created.body['key']);
  const child = await insist(() =>
    fleet.member(1).app.makeChild(token, { name: 'child', scopes: ['orders:read'] }),
  );
  expect(child.status).toBe(201);
  const childToken = String(child.body['key']);
  for (const { app } of fleet.members) {
    for (const each of [token, childToken]) expect((await insist(() => app.use(each))).status).toBe(200);
  }
  return { id: String(created.body['id']), token, childToken };
}

const revoke = ({ app }: Member, { id }: HeldKey): Promise<TimedAnswer> =>
  app.manage('POST', `/keys/${id}/revoke`);

/** Every process refuses a key that was revoked, and the one that it has made. */
async function expectRevoked({ token, childToken }: HeldKey): Promise<void> {
  for (const { app } of fleet.members) {
    for (const each of [token, childToken]) expect((await app.use(each)).code).toBe('key_revoked');
  }
}

it('F2, F5: goes on from the store while Redis hangs and after it died, and joins it again', async () => {
  const revoked = await newKey();
  expect(await makeEffective(() => revoke(fleet.member(0), revoked))).toMatchObject({
    body: { state: 'revoked' },
  });
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
  const key = await expectConfirmed(fleet, async () => {
    fleet.redis?.resume();
    const tried = await newKey();
    fleet.redis?.pause();
    const answer = await revoke(fleet.member(0), tried);
    if (answer.status === 200) expect(answer.body).toMatchObject({ id: tried.id, state: 'revoked' });
    return [answer, tried];
  });
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
    const make = (): Promise<TimedAnswer> =>
      insist(() => late.manage('POST', '/keys', { name: 'CI', scopes: ['orders:read'] }));
    const created = await make();
    expect(created.status).toBe(201);
    const token = String(created.body['key']);
    expect((await insist(() => late.use(token))).status).toBe(200);
    expect((await insist(() => late.use(`${token}x`))).status).toBe(401);
    await fleet.restartRedis();
    await waitUntil('it has joined Redis', async () => {
      const { state, redis: ofRedis } = await late.status();
      return state === 'normal' && ofRedis === 'up';
    });
    expect((await insist(() => late.use(token))).status).toBe(200);
    const revoked = await expectConfirmed(fleet, async () => {
      const { body } = await make();
      return [await late.manage('POST', `/keys/${String(body['id'])}/revoke`), String(body['key'])];
    });
    expect((await insist(() => fleet.member(0).app.use(revoked))).code).toBe('key_revoked');
  } finally {
    expect(await late.stop()).toBe(0);
  }
});
