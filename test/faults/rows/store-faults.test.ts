import type { TimedAnswer } from '../../harness/start-orders.js';
import { effectiveByOf } from '../effective-by.js';
import { expectConfirmed } from '../expect-confirmed.js';
import { startFleet, type Fleet, type Member } from '../fleet.js';
import { insist } from '../insist.js';
import { pause } from '../pause.js';
import { isWholeRun } from '../../harness/test-tier.js';
import { watchMachine } from '../../harness/machine-watch.js';

const machine = watchMachine({ countsOwnLoop: true });

jest.setTimeout(180_000);

const leaseMs = 2_000;
let fleet: Fleet;
let key: { readonly id: string; readonly token: string };

beforeAll(async () => {
  const environment = { LEASE_SECONDS: String(leaseMs / 1_000) };
  fleet = await startFleet({ place: 'PostgreSQL and Redis', processes: 2, environment });
  key = await makeKey();
});
afterAll(() => fleet.stop());

async function makeKey(): Promise<typeof key> {
  const created = await insist(() =>
    fleet.member(0).app.manage('POST', '/keys', { name: 'CI', scopes: ['orders:read'] }),
  );
  expect(created.status).toBe(201);
  return { id: String(created.body['id']), token: String(created.body['key']) };
}

const each = (work: (member: Member) => void): void => fleet.members.forEach(work);

/** Uses the key on one process until it is stopped. */
function keepUsing(member: Member): {
  readonly answers: (TimedAnswer & { at: number })[];
  stop(): Promise<void>;
} {
  const answers: (TimedAnswer & { at: number })[] = [];
  let isOn = true;
  const all = (async () => {
    while (isOn) {
      const at = performance.now();
      answers.push({ ...(await member.app.use(key.token)), at });
      await pause(10);
    }
  })();
  return {
    answers,
    async stop() {
      isOn = false;
      await all;
    },
  };
}

/** Within ten seconds a valid key is accepted on every process, and changes are confirmed. */
async function expectRecovery(): Promise<void> {
  await fleet.untilNormal(30_000);
  const useEverywhere = (token: string): Promise<readonly TimedAnswer[]> =>
    Promise.all(fleet.members.map(({ app }) => insist(() => app.use(token))));
  expect((await useEverywhere(key.token)).map(({ status }) => status)).toEqual([200, 200]);
  const revoked = await expectConfirmed(fleet, async () => {
    const other = await makeKey();
    expect((await useEverywhere(other.token)).map(({ status }) => status)).toEqual([200, 200]);
    return [await fleet.member(1).app.manage('POST', `/keys/${other.id}/revoke`), other];
  });
  const refusals = (await useEverywhere(revoked.token)).map(({ code }) => code);
  expect(refusals).toEqual(['key_revoked', 'key_revoked']);
}

const ways: readonly [string, (member: Member) => void][] = [
  ['does not answer', ({ database }) => database?.set({ kind: 'black-hole' })],
  ['refuses connections', ({ database }) => database?.set({ kind: 'refuse' })],
];

it.each(isWholeRun ? ways : ways.slice(0, 1))(
  'F18: PostgreSQL %s: held keys live as long as the lease, the rest is 503, never 401',
  async (_, begin) => {
    const unseen = await makeKey();
    const users = fleet.members.map(keepUsing);
    await pause(300);
    const beganAt = performance.now();
    each(begin);
    await pause(200);
    const unknown = await fleet.member(0).app.use(unseen.token.replace(/.{50}$/, 'x'.repeat(50)));
    expect([401, 503]).toContain(unknown.status);
    const made = await fleet.member(0).app.manage('POST', '/keys', { name: 'CI', scopes: ['orders:read'] });
    expect(made.status).toBe(503);
    await pause(beganAt + leaseMs + 1_500 - performance.now());
    const states = await Promise.all(fleet.members.map(({ app }) => app.status()));
    expect(states.map(({ database }) => database)).toEqual(['down', 'down']);
    for (const { app } of fleet.members) expect((await app.use(unseen.token)).status).toBe(503);
    await Promise.all(users.map((user) => user.stop()));
    each(({ database }) => database?.set({ kind: 'pass' }));
    await expectRecovery();

    const slowness = await machine.slowness();
    for (const { answers } of users) {
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 503]));
      const late = answers.filter(({ at, status }) => status === 200 && at > beganAt + leaseMs);
      expect(late).toEqual([]);
      const times = answers
        .map(({ at, milliseconds }) => slowness.addedMs(at, at + milliseconds))
        .toSorted((a, b) => a - b);
      expect(times[Math.floor(times.length * 0.99)]).toBeLessThan(1_000);
    }
  },
);

it('F20: PostgreSQL and Redis are both gone: 503 with a time to come back, and no request is authenticated', async () => {
  each(({ database, redis }) => {
    database?.set({ kind: 'refuse' });
    redis?.set({ kind: 'refuse' });
  });
  await pause(leaseMs + 100);
  for (const { app } of fleet.members) {
    for (let round = 0; round < 20; round += 1) {
      const response = await fetch(`${app.url}/orders`, { headers: { 'X-Api-Key': key.token } });
      expect(response.status).toBe(503);
      expect(Number(response.headers.get('Retry-After'))).toBeGreaterThan(0);
    }
  }
  each(({ database, redis }) => {
    database?.set({ kind: 'pass' });
    redis?.set({ kind: 'pass' });
  });
  await expectRecovery();
});

it('R70: access tokens do not outlive what a process that is cut off may still hold', async () => {
  const [one, two] = [fleet.member(0), fleet.member(1)];
  const exchange = async (given: typeof key): Promise<string> =>
    String((await insist(() => one.app.exchange(given.token))).body['access_token']);
  const [ended, narrowed] = [await makeKey(), await makeKey()];
  const [ofEnded, takenBack] = [await exchange(ended), await exchange(narrowed)];
  const unseen = await exchange(narrowed);
  for (const { app } of [one, two, one, two]) {
    for (const token of [ofEnded, takenBack]) expect((await app.use(token)).status).toBe(200);
  }
  two.database?.set({ kind: 'black-hole' });
  two.redis?.set({ kind: 'black-hole' });
  // At once, as long as the process that is cut off may still hold something.
  const [revoked, asked, unsure] = await Promise.all([
    one.app.manage('POST', `/keys/${ended.id}/revoke`),
    two.app.use(unseen),
    one.app.takeBack(narrowed.token, takenBack),
  ]);
  expect(revoked.status).toBe(202);
  // No store can be queried about it, and that is answered as soon as for a key.
  expect(asked.status).toBe(503);
  await machine.expectWithin(1_500, asked.milliseconds);
  // The endpoint knows no 202: it is asked again until it is sure.
  expect([unsure.status, unsure.body['error']]).toEqual([503, 'temporarily_unavailable']);
  expect((await one.app.use(ofEnded)).code).toBe('key_revoked');
  expect((await one.app.use(takenBack)).code).toBe('invalid_token');
  await pause(leaseMs + 1_000);
  for (const token of [ofEnded, takenBack]) expect((await two.app.use(token)).status).toBe(503);
  two.database?.set({ kind: 'pass' });
  two.redis?.set({ kind: 'pass' });
  await fleet.untilNormal(30_000);
  // It may be taken back again and again, until that is confirmed.
  expect((await insist(() => one.app.takeBack(narrowed.token, takenBack))).status).toBe(200);
  for (const { app } of fleet.members) {
    expect((await insist(() => app.use(ofEnded))).code).toBe('key_revoked');
    expect((await insist(() => app.use(takenBack))).code).toBe('invalid_token');
    expect((await insist(() => app.use(narrowed.token))).status).toBe(200);
  }
});

it('a confirmation that the store does not give is a 202 with the time by which the change holds', async () => {
  const [one, two] = [fleet.member(0), fleet.member(1)];
  const other = await makeKey();
  for (const { app } of fleet.members) expect((await app.use(other.token)).status).toBe(200);
  two.database?.set({ kind: 'black-hole' });
  two.redis?.set({ kind: 'black-hole' });
  const revoked = await one.app.manage('POST', `/keys/${other.id}/revoke`);
  expect(revoked.status).toBe(202);
  await machine.expectWithin(2_000, revoked.milliseconds);
  const effectiveBy = effectiveByOf(revoked);
  expect(effectiveBy - Date.now()).toBeLessThanOrEqual(leaseMs + 1_000);
  expect((await one.app.use(other.token)).code).toBe('key_revoked');
  await pause(effectiveBy - Date.now());
  expect((await two.app.use(other.token)).status).toBe(503);
  two.database?.set({ kind: 'pass' });
  two.redis?.set({ kind: 'pass' });
  await fleet.untilNormal(30_000);
  expect((await insist(() => two.app.use(other.token))).code).toBe('key_revoked');
  await expectConfirmed(fleet, async () => [await one.app.manage('POST', `/keys/${other.id}/revoke`), other]);
});
