import { startFleet, type Fleet } from '../fleet.js';
import { pause } from '../pause.js';
import { seededRandom } from '../seeded-random.js';
import type { ProxyMode } from '../tcp-proxy.js';
import { isWholeRun } from '../../harness/test-tier.js';

const requests = isWholeRun ? 100_000 : 1_000;
const owners = 50;
jest.setTimeout(isWholeRun ? 25 * 60_000 : 180_000);

let fleet: Fleet;
beforeAll(async () => {
  // Without keys of its own, a process asks Redis or the database for each request.
  const environment = { LOCAL_CACHE: 'off' };
  fleet = await startFleet({ place: 'PostgreSQL and Redis', processes: 1, environment });
});
afterAll(() => fleet.stop());

const disturbances: readonly ProxyMode[] = [
  { kind: 'garbage' },
  { kind: 'cut', afterBytes: 7 },
  { kind: 'delay', toServerMs: 0, toClientMs: 250 },
  { kind: 'refuse' },
];

it(`R30: ${requests} requests with keys of ${owners} owners, broken replies and aborts: each is authenticated as its own owner`, async () => {
  const { app, database, redis } = fleet.member(0);
  const tokens = await Promise.all(
    Array.from({ length: owners }, async (_, owner) => {
      const body = { name: 'CI', scopes: ['orders:read'] };
      for (;;) {
        const created = await app.manage('POST', '/keys', body, { 'X-Test-Owner': `owner-${owner}` });
        if (created.status === 201) return String(created.body['key']);
        // So many at once may be more than a busy machine does before their deadline.
        expect(created.status).toBe(503);
        await pause(200);
      }
    }),
  );
  const random = seededRandom(1);
  let isOn = true;
  const disturbing = (async () => {
    while (isOn) {
      redis?.set(random.pick(disturbances));
      await pause(60);
      redis?.set({ kind: 'pass' });
      redis?.resetAll();
      if (random.next() < 0.2) database?.resetAll();
      await pause(200);
    }
  })();

  const seen: Record<string, number> = { right: 0, wrong: 0, unavailable: 0, aborted: 0 };
  const others: string[] = [];
  const count = (what: keyof typeof seen): void => void (seen[what] = (seen[what] ?? 0) + 1);
  let sent = 0;
  // On a busy machine Redis, or the database, counts as down for most of the time: enough has to come through all the same.
  const deadline = Date.now() + (isWholeRun ? 15 : 1.5) * 60_000;
  const isDone = (): boolean =>
    Date.now() > deadline ||
    (sent >= requests && (seen['right'] ?? 0) > requests / 2 && (redis?.counts.garbled ?? 0) > 0);
  async function user(): Promise<void> {
    while (!isDone()) {
      sent += 1;
      const owner = random.between(0, owners - 1);
      const signal = random.next() < 0.05 ? AbortSignal.timeout(random.between(1, 10)) : null;
      try {
        const headers = { 'X-Api-Key': tokens[owner] ?? '' };
        const response = await fetch(`${app.url}/orders`, { headers, signal });
        const body = (await response.json()) as { ownerId?: string };
        if (response.status === 200) count(body.ownerId === `owner-${owner}` ? 'right' : 'wrong');
        else if (response.status === 503) count('unavailable');
        else others.push(`${response.status} ${JSON.stringify(body)}`);
        // A client that is asked to come again does not do so at once.
        if (response.status === 503) await pause(20);
      } catch {
        count('aborted');
      }
    }
  }
  await Promise.all(Array.from({ length: 60 }, user));
  isOn = false;
  await disturbing;
  expect(others).toEqual([]);
  expect(seen['wrong']).toBe(0);
  expect(seen['right']).toBeGreaterThan(requests / 2);
  expect(seen['aborted']).toBeGreaterThan(0);
  expect(redis?.counts.garbled).toBeGreaterThan(0);
});
