import { makeEffective } from '../harness/make-effective.js';
import type { OrdersProcess, TimedAnswer } from '../harness/start-orders.js';
import { waitUntil } from '../servers/wait-until.cjs';
import { startFleet, type Fleet } from './fleet.js';
import { insist } from './insist.js';
import { pause } from './pause.js';

jest.setTimeout(300_000);

let fleet: Fleet;
let one: OrdersProcess;
let two: OrdersProcess;
beforeAll(async () => {
  fleet = await startFleet({ place: 'PostgreSQL', processes: 2 });
  [one, two] = [fleet.member(0).app, fleet.member(1).app];
});
afterAll(() => fleet.stop());

interface MadeKey {
  readonly id: string;
  readonly key: string;
}

async function make(fields: object = {}): Promise<MadeKey> {
  const answer = await insist(() =>
    one.manage('POST', '/keys', { name: 'CI', scopes: ['orders:read'], ...fields }),
  );
  expect(answer.status).toBe(201);
  return answer.body as unknown as MadeKey;
}

/** An answer, and whether one that was not known, a 503, came before it. */
type Rotated = TimedAnswer & { readonly isRepeated: boolean };

/** Repeats what was too much at once, and waits until the rotation holds everywhere. */
async function rotate(
  on: OrdersProcess,
  id: string,
  grace: object = {},
  headers: Record<string, string> = {},
): Promise<Rotated> {
  let requests = 0;
  const answer = await makeEffective(() => {
    requests += 1;
    return on.manage('POST', `/keys/${id}/rotate`, grace, headers);
  });
  return { ...answer, isRepeated: requests > 1 };
}

const rotateOften = (times: number, id: string, headers: Record<string, string>): Promise<Rotated[]> =>
  Promise.all(
    Array.from({ length: times }, (_, index) => rotate(index % 2 === 0 ? one : two, id, {}, headers)),
  );

const tries = 5;

const isDone = ({ status }: TimedAnswer): boolean => status === 200 || status === 202;
const secretOf = ({ body }: TimedAnswer): string => String(body['key']);

/** The secrets that both processes still accept. */
async function live(secrets: readonly string[]): Promise<string[]> {
  const statuses = await Promise.all(
    secrets.map(async (secret) =>
      (await Promise.all([one, two].map((on) => insist(() => on.use(secret))))).map((a) => a.status),
    ),
  );
  return secrets.filter((_, index) => statuses[index]?.some((status) => status !== 401));
}

const show = async (id: string): Promise<Record<string, unknown>> =>
  (await insist(() => one.manage('GET', `/keys/${id}`))).body;

it('R40 lets one of 100 parallel rotations of one version win, and refuses the rest with 412', async () => {
  let made = await make();
  let answers = await rotateOften(100, made.id, { 'If-Match': '"1"' });
  // The one that has won may not have got to know it: then that is all there is to see.
  for (let count = 1; count < tries && answers.some(({ isRepeated }) => isRepeated); count += 1) {
    expect(answers.filter(isDone).length).toBeLessThanOrEqual(1);
    expect(await show(made.id)).toMatchObject({ version: 2 });
    made = await make();
    answers = await rotateOften(100, made.id, { 'If-Match': '"1"' });
  }
  const winners = answers.filter(isDone);
  expect(winners).toHaveLength(1);
  expect(answers.filter(({ status }) => status === 412)).toHaveLength(99);
  const secrets = [made.key, ...winners.map(secretOf)];
  expect(await live(secrets)).toEqual(winners.map(secretOf));
});

it('R40 tells every one of 100 parallel rotations that it was overtaken, or gives it a secret; the last one lives', async () => {
  const made = await make();
  const answers = await rotateOften(100, made.id, {});
  const winners = answers.filter(isDone);
  expect(winners.length).toBeGreaterThanOrEqual(1);
  const losers = answers.filter((answer) => !isDone(answer));
  expect(losers.filter(({ status, code }) => status !== 409 || code !== 'conflict')).toEqual([]);
  winners.sort((a, b) => Number(a.body['version']) - Number(b.body['version']));
  expect(await live([made.key, ...winners.map(secretOf)])).toEqual([secretOf(winners.at(-1)!)]);
});

it('R40 lets a revocation during rotations win, always', async () => {
  for (let round = 0; round < 20; round += 1) {
    const made = await make();
    const grace = round % 2 === 0 ? {} : { gracePeriodSeconds: 60, graceStartsOnFirstUse: round % 4 === 1 };
    const [revoked, ...rotations] = await Promise.all([
      pause(round * 3).then(() => makeEffective(() => two.manage('POST', `/keys/${made.id}/revoke`, {}))),
      rotate(one, made.id, grace),
      rotate(two, made.id, grace),
    ]);
    expect(isDone(revoked)).toBe(true);
    expect(rotations.filter((answer) => !isDone(answer) && answer.status !== 409)).toEqual([]);
    expect(await live([made.key, ...rotations.filter(isDone).map(secretOf)])).toEqual([]);
    expect(await show(made.id)).toMatchObject({ state: 'revoked' });
    expect((await rotate(one, made.id)).status).toBe(409);
  }
});

/** Uses a secret and returns what the answer says of it. */
async function useSeeing(
  on: OrdersProcess,
  secret: string,
): Promise<{ status: number; deprecation: string | null; sunset: string | null }> {
  const { status, headers } = await fetch(`${on.url}/orders`, { headers: { 'X-Api-Key': secret } });
  return { status, deprecation: headers.get('deprecation'), sunset: headers.get('sunset') };
}

const graceStarted = (id: string): Promise<void> =>
  waitUntil('the grace period has begun', async () => (await show(id))['graceFromFirstUseSeconds'] === null);

/**
 * Rotates with a grace period that begins with the first use of the new secret, and looks at the old one before and after it.
 *
 * @returns whether the period was long enough to see it all: not so where the machine stands still for longer
 */
async function seeGrace(seconds: number): Promise<boolean> {
  const made = await make();
  // Both processes hold the key, and the token is proven in both.
  for (const on of [one, two, one, two]) expect((await insist(() => on.use(made.key))).status).toBe(200);
  const rotated = await rotate(one, made.id, { graceStartsOnFirstUse: true, gracePeriodSeconds: seconds });
  for (const on of [one, two, one, two]) {
    expect(await insist(() => useSeeing(on, made.key))).toMatchObject({
      status: 200,
      sunset: null,
      deprecation: expect.stringMatching(/^@\d+$/) as string,
    });
  }

  const before = Date.now();
  expect((await insist(() => one.use(secretOf(rotated)))).status).toBe(200);
  const after = Date.now();
  await graceStarted(made.id);
  const end = Date.parse(String((await show(made.id))['previousSecretEndsAt']));
  expect(end).toBeGreaterThanOrEqual(before + seconds * 1_000);
  expect(end).toBeLessThanOrEqual(after + seconds * 1_000);
  let hasHeard = false;
  await waitUntil('the other process has heard of it', async () => {
    const { status, sunset } = await useSeeing(two, made.key);
    hasHeard = status === 200 && sunset === new Date(end).toUTCString();
    return hasHeard || Date.now() > end;
  });
  await pause(end - Date.now());
  for (const on of [one, two]) expect((await insist(() => on.use(made.key))).code).toBe('secret_rotated');
  expect(await live([made.key, secretOf(rotated)])).toEqual([secretOf(rotated)]);
  return hasHeard;
}

it('R40 lets the old secret work in every process until the first use of the new one and the period after it', async () => {
  let seconds = 3;
  while (!(await seeGrace(seconds))) {
    seconds *= 2;
    expect(seconds).toBeLessThan(60);
  }
});

it('R40 begins a grace period with the first use though the store was away then, as soon as it is back', async () => {
  const made = await make();
  const rotated = await rotate(one, made.id, { graceStartsOnFirstUse: true, gracePeriodSeconds: 600 });
  // The second process holds the key as it is now.
  expect((await insist(() => two.use(made.key))).status).toBe(200);
  const { database } = fleet.member(1);
  const before = Date.now();
  database?.set({ kind: 'refuse' });
  const statuses = await Promise.all(Array.from({ length: 5 }, () => two.use(secretOf(rotated))));
  const after = Date.now();
  expect(new Set(statuses.map(({ status }) => status))).toEqual(new Set([200]));
  await pause(1_000);
  expect(await show(made.id)).toMatchObject({ version: 2, graceFromFirstUseSeconds: 600 });

  database?.set({ kind: 'pass' });
  await graceStarted(made.id);
  const shown = await show(made.id);
  const end = Date.parse(String(shown['previousSecretEndsAt']));
  expect(end).toBeGreaterThanOrEqual(before + 600_000);
  expect(end).toBeLessThanOrEqual(after + 600_000);
  expect(shown['version']).toBe(3);
  const audit = await one.manage('GET', `/audit?keyId=${made.id}&limit=1`);
  expect(audit.body['items']).toMatchObject([
    { action: 'key.grace_started', actor: { kind: 'key', id: made.id } },
  ]);
  await fleet.untilNormal(60_000);
});
