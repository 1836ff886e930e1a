// @ts-check
// What many processes on one database cost, and how long a revocation takes that all of them have to confirm. There is no app:
// what is measured is how processes follow each other's changes.
import { setTimeout as sleep } from 'node:timers/promises';
import { createDatabase, startPostgres } from '../servers/postgres.cjs';
import { startRedis } from '../servers/redis.cjs';
import { openDatabaseActivity } from './database-activity.mjs';
import { startFollowerHost } from './follower-hosts.mjs';
import { readBusyTimes, readProcessorTime } from './processor-time.mjs';
import { keepsApart, moveToLoad } from './processors.mjs';
import { idOf, seedPostgres } from './seed-keys.mjs';
import statistics from './statistics.cjs';

const { median, percentile } = statistics;
/** Followers in one process of the machine: more would wait for one event loop, fewer for the memory of many. */
const perHost = 125;
/** So long a fleet is left alone before it is counted what it does, and while it is. In seconds. */
const settleSeconds = 4;
/** Between two revocations, in milliseconds: not in step with anything that happens once a second. */
const betweenRevocations = () => 150 + Math.random() * 150;
/** After one that was not confirmed: nothing of it is left when the next one begins. In milliseconds. */
const afterUnconfirmedMs = 1_500;
/** After so many revocations, each process is asked whether it accepts the key. */
const checkedRevocations = 4;
/** Heartbeats in an hour, of each process. */
const beatsPerHour = 3_600;
/** More are not repeated on the copy of the list; what one takes does not change by then. */
const maxAgedBeats = 400_000;

/** @param {readonly number[]} values */
const spread = (values) => ({
  p50Ms: median(values),
  p99Ms: percentile(values, 0.99),
  maxMs: Math.max(...values),
});

/** @param {readonly number[]} before @param {readonly number[]} after @param {number} elapsedMs */
const busyShares = (before, after, elapsedMs) =>
  after.map((busy, index) => Math.min(1, (busy - (before[index] ?? 0)) / Math.max(1, elapsedMs)));

/**
 * @param {object} options
 * @param {number} options.processes at least 2
 * @param {boolean} options.hasRedis
 * @param {number} options.revocations
 * @param {number} options.idleSeconds
 * @param {number} options.poolSize connections of the pool of each process
 * @param {(text: string) => void} options.onStep
 * @returns {Promise<import('./process-goals.cjs').ProcessesResult>}
 */
export async function measureProcesses(options) {
  const { processes, hasRedis, poolSize, onStep } = options;
  const perProcess = poolSize + 2;
  const postgres = await startPostgres({
    args: [
      // A commit is written to disk, as it is where keys are kept in earnest.
      ...['-c', 'fsync=on', '-c', 'full_page_writes=on'],
      ...['-c', `max_connections=${processes * perProcess + 50}`],
      ...['-c', 'shared_preload_libraries=pg_stat_statements', '-c', 'autovacuum_naptime=60'],
    ],
  });
  moveToLoad(postgres.pid);
  const redis = hasRedis ? await startRedis({ args: ['--maxclients', String(processes * 4 + 100)] }) : null;
  if (redis !== null) moveToLoad(redis.pid);
  /** @type {import('./follower-hosts.mjs').FollowerHost[]} */
  const hosts = [];
  try {
    const { url: databaseUrl } = await createDatabase(postgres.url);
    const keys = await seedPostgres(databaseUrl, 1 + options.revocations + checkedRevocations);
    onStep(`${processes} processes${hasRedis ? ' with Redis' : ''}: starting them`);
    const parts = { databaseUrl, redisUrl: redis?.url, poolSize };
    // The process that revokes has an event loop of its own, as it has in an app.
    const revoker = await startFollowerHost({ ...parts, followers: 1 });
    hosts.push(revoker);
    for (let left = processes - 1; left > 0; left -= perHost) {
      hosts.push(await startFollowerHost({ ...parts, followers: Math.min(left, perHost) }));
    }
    const activity = await openDatabaseActivity(databaseUrl);
    try {
      const fleet = { hosts, revoker, keys, activity, databasePid: postgres.pid };
      onStep(`${processes} processes: idle`);
      const idle = await measureIdle(fleet, options);
      onStep(`${processes} processes: ${options.revocations} revocations`);
      const confirmed = await measureConfirmations(fleet, idle, options);
      await activity.copyList();
      // Their snapshots would hold back what can be removed, for a share of an hour that is none on the copy.
      await Promise.all(hosts.splice(0).map((host) => host.stop()));
      onStep(`${processes} processes: an hour of heartbeats`);
      const rounds = Math.min(beatsPerHour, Math.ceil(maxAgedBeats / processes));
      const aged = { rounds, ...(await activity.ageCopy(rounds)) };
      return { processes, hasRedis, poolSize, keepsApart, ...idle, ...confirmed, aged };
    } finally {
      await activity.end();
    }
  } finally {
    await Promise.all(hosts.map((host) => host.stop()));
    await redis?.stop();
    await postgres.stop();
  }
}

/**
 * @typedef {object} Fleet
 * @property {readonly import('./follower-hosts.mjs').FollowerHost[]} hosts
 * @property {import('./follower-hosts.mjs').FollowerHost} revoker
 * @property {readonly string[]} keys
 * @property {Awaited<ReturnType<typeof openDatabaseActivity>>} activity
 * @property {number} databasePid
 */

/** @param {Fleet} fleet @param {Parameters<typeof measureProcesses>[0]} options */
async function measureIdle({ hosts, activity, databasePid }, { processes, idleSeconds }) {
  await sleep(settleSeconds * 1000);
  const hostPids = hosts.map(({ pid }) => pid);
  const first = await activity.read();
  const start = performance.now();
  const databaseBefore = readProcessorTime([databasePid]);
  const hostsBefore = readProcessorTime(hostPids);
  const busyBefore = readBusyTimes();
  await sleep(idleSeconds * 1000);
  const last = await activity.read();
  const seconds = (performance.now() - start) / 1000;
  const database = readProcessorTime([databasePid]);
  const hostsAfter = readProcessorTime(hostPids);
  const busy = busyShares(busyBefore, readBusyTimes(), seconds * 1000);
  const updates = last.updates - first.updates;
  const statements = [...last.byStatement]
    .map(([query, { calls }]) => ({ query, calls: calls - (first.byStatement.get(query)?.calls ?? 0) }))
    .filter(({ calls }) => calls > 0)
    .map(({ query, calls }) => ({ query, perProcessSecond: calls / seconds / processes }))
    .toSorted((a, b) => b.perProcessSecond - a.perProcessSecond);
  const usages = await Promise.all(hosts.map(({ tell }) => tell('usage')));
  return {
    idle: {
      seconds,
      connections: await activity.countConnections(),
      listening: usages.reduce((sum, { listening }) => sum + listening, 0),
      transactionsPerSecond: (last.transactions - first.transactions) / seconds,
      statementsPerProcessSecond: (last.statements - first.statements) / seconds / processes,
      rowsReadPerSecond: (last.rowsReturned - first.rowsReturned) / seconds,
      rowsWrittenPerSecond: (last.rowsWritten - first.rowsWritten) / seconds,
      hotShare: updates === 0 ? 1 : (last.hotUpdates - first.hotUpdates) / updates,
      databaseShare: (database.ranMs - databaseBefore.ranMs) / 1000 / seconds,
      followersShare: (hostsAfter.ranMs - hostsBefore.ranMs) / 1000 / seconds,
      busy,
      table: await activity.readTable(),
      statements,
    },
  };
}

/**
 * @param {Fleet} fleet
 * @param {Awaited<ReturnType<typeof measureIdle>>} rest what the fleet does anyway
 * @param {Parameters<typeof measureProcesses>[0]} options
 */
async function measureConfirmations(fleet, { idle }, { processes, revocations }) {
  const { hosts, revoker, keys, activity, databasePid } = fleet;
  const hostPids = hosts.map(({ pid }) => pid);
  await revoker.tell('revoke', idOf(keys[0] ?? ''));
  await Promise.all(hosts.map(({ tell }) => tell('resetLoopDelay')));
  const took = [];
  const total = { databaseMs: 0, databaseWaitedMs: 0, followersMs: 0, followersWaitedMs: 0, elapsedMs: 0 };
  const busyTotal = readBusyTimes().map(() => 0);
  let unconfirmed = 0;
  const before = await activity.read();
  const begun = performance.now();
  for (const key of keys.slice(1, revocations + 1)) {
    const start = performance.now();
    const databaseBefore = readProcessorTime([databasePid]);
    const hostsBefore = readProcessorTime(hostPids);
    const busyBefore = readBusyTimes();
    const { tookMs, isConfirmed } = await revoker.tell('revoke', idOf(key));
    const busyAfter = readBusyTimes();
    const database = readProcessorTime([databasePid]);
    const followers = readProcessorTime(hostPids);
    total.elapsedMs += performance.now() - start;
    total.databaseMs += database.ranMs - databaseBefore.ranMs;
    total.databaseWaitedMs += database.waitedMs - databaseBefore.waitedMs;
    total.followersMs += followers.ranMs - hostsBefore.ranMs;
    total.followersWaitedMs += followers.waitedMs - hostsBefore.waitedMs;
    for (const [processor, busy] of busyAfter.entries()) {
      busyTotal[processor] = (busyTotal[processor] ?? 0) + busy - (busyBefore[processor] ?? 0);
    }
    took.push(tookMs);
    if (!isConfirmed) unconfirmed += 1;
    await sleep(isConfirmed ? betweenRevocations() : afterUnconfirmedMs);
  }
  const after = await activity.read();
  const seconds = (performance.now() - begun) / 1000;
  const usages = await Promise.all(hosts.map(({ tell }) => tell('usage')));
  const checked = await checkRevocations(fleet, keys.slice(revocations + 1));
  const busy = busyTotal.map((each) => Math.min(1, each / total.elapsedMs));
  /** What one revocation adds. @param {'rowsReturned' | 'rowsWritten' | 'statements' | 'transactions'} what @param {number} perSecond at rest */
  const added = (what, perSecond) => (after[what] - before[what] - perSecond * seconds) / revocations;
  return {
    confirmation: {
      ...{ revocations, unconfirmed, ...checked, busy },
      took: spread(took),
      databaseMs: total.databaseMs / revocations,
      databaseWaitedMs: total.databaseWaitedMs / revocations,
      followersMs: total.followersMs / revocations,
      followersWaitedMs: total.followersWaitedMs / revocations,
      loopDelayP99Ms: Math.max(...usages.map(({ loopDelayP99Ms }) => loopDelayP99Ms)),
      rowsRead: added('rowsReturned', idle.rowsReadPerSecond),
      rowsWritten: added('rowsWritten', idle.rowsWrittenPerSecond),
      statements: added('statements', idle.statementsPerProcessSecond * processes),
      transactions: added('transactions', idle.transactionsPerSecond),
      byStatement: listAdded(before, after, idle.statements, { seconds, revocations, processes }),
      logged: mergeCounts(usages.map(({ logged }) => logged)),
    },
  };
}

/**
 * Revokes keys that every process has cached, and asks every process about them after the answer.
 * @param {Fleet} fleet
 * @param {readonly string[]} keys
 */
async function checkRevocations({ hosts, revoker }, keys) {
  /** @param {string} key @returns {Promise<number>} */
  const countAccepting = async (key) => {
    const counts = await Promise.all(hosts.map(({ tell }) => tell('countAccepting', key)));
    return counts.reduce((sum, count) => sum + count, 0);
  };
  let checked = 0;
  let acceptedAfterwards = 0;
  for (const key of keys) {
    const accepting = await countAccepting(key);
    if (accepting === 0) throw new Error('no process accepts a key that is valid');
    await sleep(1_000);
    const { isConfirmed } = await revoker.tell('revoke', idOf(key));
    if (isConfirmed) {
      acceptedAfterwards += await countAccepting(key);
      checked += accepting;
    }
  }
  return { checked, acceptedAfterwards };
}

/**
 * The statements of one revocation, beyond those at rest.
 * @param {import('./database-activity.mjs').Activity} before
 * @param {import('./database-activity.mjs').Activity} after
 * @param {readonly { query: string, perProcessSecond: number }[]} atRest
 * @param {{ seconds: number, revocations: number, processes: number }} counted
 */
function listAdded(before, after, atRest, { seconds, revocations, processes }) {
  return [...after.byStatement]
    .map(([query, { calls, tookMs }]) => {
      const first = before.byStatement.get(query) ?? { calls: 0, tookMs: 0 };
      const ran = calls - first.calls;
      const { perProcessSecond = 0 } = atRest.find((each) => each.query === query) ?? {};
      return {
        query,
        perRevocation: (ran - perProcessSecond * processes * seconds) / revocations,
        meanMs: (tookMs - first.tookMs) / Math.max(1, ran),
      };
    })
    .filter(({ perRevocation }) => perRevocation >= 0.1)
    .toSorted((a, b) => b.perRevocation - a.perRevocation);
}

/** @param {readonly Record<string, number>[]} all */
function mergeCounts(all) {
  /** @type {Record<string, number>} */
  const merged = {};
  for (const counts of all) {
    for (const [text, count] of Object.entries(counts)) merged[text] = (merged[text] ?? 0) + count;
  }
  return merged;
}
