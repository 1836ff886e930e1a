import { startFleet, type Fleet } from './fleet.js';
import { insist } from './insist.js';
import { pause } from './pause.js';
import { isWholeRun } from '../harness/test-tier.js';

const partitions = isWholeRun ? 200 : 20;
/** Keys that are revoked in one partition, at different times of it. */
const keysPerPartition = isWholeRun ? 10 : 20;
const boundMs = 5_000;
jest.setTimeout(isWholeRun ? 15 * 60_000 : 120_000);

let fleet: Fleet;
beforeAll(async () => {
  fleet = await startFleet({ place: 'PostgreSQL and Redis', processes: 2 });
}, 180_000);
afterAll(() => fleet.stop());

interface Measured {
  readonly status: number;
  /** From the answer to the revocation to the last request that was accepted, in milliseconds; 0: none was. */
  readonly staleMs: number;
  /** From the answer to the time that it named. */
  readonly namedMs: number;
  /** Requests that began after that time and were accepted. */
  readonly late: number;
}

interface HeldKey {
  readonly id: string;
  readonly token: string;
}

async function heldKey(): Promise<HeldKey> {
  const [one, two] = [fleet.member(0), fleet.member(1)];
  const created = await insist(() =>
    one.app.manage('POST', '/keys', { name: 'CI', scopes: ['orders:read'] }),
  );
  expect(created.status).toBe(201);
  const token = String(created.body['key']);
  for (let round = 0; round < 2; round += 1)
    expect((await insist(() => two.app.use(token))).status).toBe(200);
  return { id: String(created.body['id']), token };
}

/** Revokes a key that a process holds that is cut off, and uses it there until it is refused for good. */
async function measure({ id, token }: HeldKey, afterMs: number): Promise<Measured> {
  const [one, two] = [fleet.member(0), fleet.member(1)];
  await pause(afterMs);
  const { status, body } = await insist(() => one.app.manage('POST', `/keys/${id}/revoke`));
  const answeredAt = Date.now();
  const effectiveBy = status === 202 ? Date.parse(String(body['effectiveBy'])) : answeredAt;
  let [lastIn, late] = [answeredAt, 0];
  while (Date.now() < effectiveBy + 300) {
    const sentAt = Date.now();
    const answer = await two.app.use(token);
    if (answer.status === 200 && sentAt > answeredAt) lastIn = sentAt;
    if (answer.status === 200 && sentAt > effectiveBy) late += 1;
    await pause(50);
  }
  return { status, staleMs: lastIn - answeredAt, namedMs: effectiveBy - answeredAt, late };
}

async function onePartition(): Promise<readonly Measured[]> {
  const keys: HeldKey[] = [];
  while (keys.length < keysPerPartition) keys.push(await heldKey());
  const { app, database, redis } = fleet.member(1);
  database?.set({ kind: 'black-hole' });
  redis?.set({ kind: 'black-hole' });
  const measured = await Promise.all(
    keys.map((key, index) => measure(key, (index * 2_000) / keysPerPartition)),
  );
  expect(await app.status()).toMatchObject({ state: 'degraded', database: 'down' });
  database?.set({ kind: 'pass' });
  redis?.set({ kind: 'pass' });
  await fleet.untilNormal(30_000);
  return measured;
}

it(`R38: ${partitions} keys that a process holds that is cut off: refused within the bound that the answer names`, async () => {
  const measured: Measured[] = [];
  while (measured.length < partitions) measured.push(...(await onePartition()));
  const longest = Math.max(...measured.map(({ staleMs }) => staleMs));
  process.stdout.write(`R38: ${measured.length} revocations, stale for ${longest} ms at most\n`);
  expect(measured.filter(({ late }) => late > 0)).toEqual([]);
  expect(longest).toBeLessThanOrEqual(boundMs);
  expect(measured.every(({ status }) => status === 202 || status === 200)).toBe(true);
  expect(measured.filter(({ status }) => status === 202).length).toBeGreaterThan(0);
  expect(Math.max(...measured.map(({ namedMs }) => namedMs))).toBeLessThanOrEqual(boundMs);
  // Otherwise nothing was held, and nothing was measured.
  expect(longest).toBeGreaterThan(0);
});
