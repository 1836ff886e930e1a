import { Client } from 'pg';
import { restartPostgres, startPostgres, startStandby } from '../../servers/postgres.cjs';
import { waitUntil } from '../../servers/wait-until.cjs';
import type { TimedAnswer } from '../../harness/start-orders.js';
import { effectiveByOf } from '../effective-by.js';
import { startFleet, type Fleet, type Member } from '../fleet.js';
import { pause } from '../pause.js';

jest.setTimeout(240_000);

const leaseMs = 10_000;
/** The longest lease that can be configured, and a second. */
const longestGapMs = 61_000;

let primary: Awaited<ReturnType<typeof startPostgres>>;
let standby: Awaited<ReturnType<typeof startStandby>> | undefined;
/** The server that takes changes. */
let current: { readonly url: string; readonly port: number };
let fleet: Fleet;

beforeAll(async () => {
  current = primary = await startPostgres();
  fleet = await startFleet({
    place: 'PostgreSQL',
    processes: 2,
    database: {
      get url() {
        return current.url;
      },
      get port() {
        return current.port;
      },
      remove: async () => undefined,
    },
    environment: { LEASE_SECONDS: String(leaseMs / 1000) },
  });
});

afterAll(async () => {
  await fleet.stop();
  await standby?.stop();
  await primary.stop();
});

interface Key {
  readonly id: string;
  readonly token: string;
}

async function makeKey(at: Member): Promise<Key> {
  const created = await at.app.manage('POST', '/keys', { name: 'CI', scopes: ['orders:read'] });
  expect(created.status).toBe(201);
  return { id: String(created.body['id']), token: String(created.body['key']) };
}

async function revoke(at: Member, { id }: Key): Promise<TimedAnswer> {
  for (;;) {
    const answer = await at.app.manage('POST', `/keys/${id}/revoke`);
    if (answer.status !== 503) return answer;
    await pause(50);
  }
}

async function query<R>(url: string, ...statements: readonly string[]): Promise<readonly R[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    let rows: readonly R[] = [];
    for (const statement of statements) rows = (await client.query(statement)).rows as R[];
    return rows;
  } finally {
    await client.end();
  }
}

async function isAccepted(at: Member, { token }: Key): Promise<boolean> {
  return (await at.app.use(token)).status === 200;
}

/** Whatever is accepted after the answer, is accepted before the time that the answer names. */
async function expectToHold(answer: TimedAnswer, at: Member, key: Key): Promise<void> {
  const effectiveBy = effectiveByOf(answer);
  for (;;) {
    const sentAt = Date.now();
    const wasAccepted = await isAccepted(at, key);
    if (wasAccepted) expect(sentAt).toBeLessThan(effectiveBy);
    if (sentAt > Math.max(effectiveBy, Date.now() - longestGapMs) && !wasAccepted) return;
    await pause(500);
  }
}

it('P2: a first start and a restart of the server leave a plain 200 as it is', async () => {
  const [one] = [fleet.member(0)];
  expect((await revoke(one, await makeKey(one))).status).toBe(200);
  current = primary = await restartPostgres(primary);
  await fleet.untilNormal(20_000);
  expect((await revoke(one, await makeKey(one))).status).toBe(200);
  expect((await revoke(fleet.member(1), await makeKey(one))).status).toBe(200);
});

it('P2: after a failover to a standby that lagged, no change is confirmed while a process may be missing on its list', async () => {
  const [moved, left] = [fleet.member(0), fleet.member(1)];
  const [ofLeft, ofLate, ofNew] = [await makeKey(moved), await makeKey(moved), await makeKey(moved)];
  standby = await startStandby(primary);
  await waitUntil('the standby streams', async () => {
    return (await query(primary.url, 'select 1 from pg_stat_replication')).length === 1;
  });
  await query(standby.url, "alter system set primary_conninfo = ''", 'select pg_reload_conf()');
  await waitUntil('the standby is cut off', async () => {
    return (await query(primary.url, 'select 1 from pg_stat_replication')).length === 0;
  });

  // What this one has seen last of the others is older than their lease when it comes to the new primary.
  moved.database?.set({ kind: 'refuse' });
  await pause(leaseMs + 1_500);
  const late = await fleet.start();
  expect([await isAccepted(left, ofLeft), await isAccepted(late, ofLate)]).toEqual([true, true]);
  await primary.kill();
  standby.promote();
  current = standby;
  const promotedAt = Date.now();
  moved.database?.connectTo(standby.port);
  moved.database?.set({ kind: 'pass' });

  const answers = [await revoke(moved, ofLeft), await revoke(moved, ofLate)];
  const holding = [expectToHold(answers[0]!, left, ofLeft), expectToHold(answers[1]!, late, ofLate)];
  const started = await fleet.start();
  const ofStarted = await revoke(started, ofNew);
  await Promise.all(holding);

  expect([...answers, ofStarted].map(({ status }) => status)).toEqual([202, 202, 202]);
  for (const answer of [...answers, ofStarted]) {
    expect(effectiveByOf(answer)).toBeGreaterThanOrEqual(promotedAt + leaseMs);
    expect(effectiveByOf(answer)).toBeLessThan(Date.now() + longestGapMs);
  }
  await pause(Math.max(...answers.map(effectiveByOf), effectiveByOf(ofStarted)) - Date.now());
  for (const member of [left, late]) {
    member.database?.connectTo(standby.port);
    member.database?.resetAll();
  }
  await fleet.untilNormal(30_000);
  for (const member of [moved, started, left]) {
    expect((await revoke(member, await makeKey(member))).status).toBe(200);
  }
  expect(await isAccepted(late, ofLate)).toBe(false);
});
