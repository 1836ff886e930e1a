// @ts-check
// Many processes of an app in one: instances of the package that share nothing but the event loop. Each has its own pool, its
// own listening connection and its own row in the list of processes.
import { setTimeout as sleep } from 'node:timers/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createApiKeys } from 'express-api-keys';
import pg from 'pg';
import { pepper, prefix, scopes } from './seed-keys.mjs';

const { DATABASE_URL, REDIS_URL, FOLLOWERS = '1', POOL_SIZE = '1' } = process.env;
/** Followers that start, or check a key, at the same time. */
const atOnce = 5;
const startAttempts = 5;

/** @returns the pool and the instance of one follower */
function createFollower() {
  const pool = new pg.Pool({
    connectionString: DATABASE_URL,
    max: Number(POOL_SIZE),
    application_name: 'follower',
  });
  const apiKeys = createApiKeys({
    ...{ prefix, scopes, pepper, redis: REDIS_URL },
    database: { connection: pool, migrate: 'check' },
    // A host has hundreds of instances, which all log the same.
    logger: { warn: count, error: count },
  });
  return { pool, apiKeys };
}

/** Messages of operators by their beginning. @type {Record<string, number>} */
const logged = {};
/** @param {unknown} first */
function count(first) {
  const begins = JSON.stringify(first).slice(0, 120);
  logged[begins] = (logged[begins] ?? 0) + 1;
}

/** On a busy machine the database may not answer in time; an app is started again then. */
async function startFollower() {
  for (let attempt = 1; ; attempt += 1) {
    const follower = createFollower();
    try {
      await follower.apiKeys.ready();
      return follower;
    } catch (error) {
      await follower.apiKeys.close();
      await follower.pool.end();
      if (attempt === startAttempts) throw error;
    }
  }
}

/** @type {Awaited<ReturnType<typeof startFollower>>[]} */
const followers = [];
while (followers.length < Number(FOLLOWERS)) {
  const missing = Math.min(atOnce, Number(FOLLOWERS) - followers.length);
  followers.push(...(await Promise.all(Array.from({ length: missing }, startFollower))));
}
const loopDelay = monitorEventLoopDelay({ resolution: 1 });
loopDelay.enable();

/**
 * A few at a time: all of them at once would wait for one event loop.
 * @param {string} key
 * @returns {Promise<number>} how many of the followers accept it
 */
async function countAccepting(key) {
  let accepting = 0;
  for (let index = 0; index < followers.length; index += atOnce) {
    const verdicts = await Promise.all(
      followers
        .slice(index, index + atOnce)
        .map(({ apiKeys }) => apiKeys.keys.verify({ key, scopes: 'orders:read' }).catch(() => null)),
    );
    accepting += verdicts.filter((verdict) => verdict?.allowed === true).length;
  }
  return accepting;
}

/** Revokes a key in the first follower. @param {string} id */
async function revoke(id) {
  const [first] = followers;
  if (first === undefined) throw new Error('a host needs a follower');
  const start = performance.now();
  const { effectiveBy } = await first.apiKeys.keys.as({ kind: 'application' }).revoke({ id });
  return { tookMs: performance.now() - start, isConfirmed: effectiveBy === null };
}

async function stop() {
  for (const { apiKeys, pool } of followers) {
    await apiKeys.close();
    await pool.end();
  }
  // What is left are connections that are closing.
  await sleep(50);
  process.exit();
}

/**
 * What a host can be told.
 * @type {Record<string, (argument: string) => unknown>}
 */
const commands = {
  countAccepting,
  revoke,
  resetLoopDelay: () => loopDelay.reset(),
  usage: () => ({
    loopDelayP99Ms: loopDelay.percentile(99) / 1e6,
    listening: followers.filter(({ apiKeys }) => apiKeys.status().wakeMode === 'push').length,
    logged,
  }),
  stop,
};

process.on('message', (/** @type {{ number: number, command: string, argument: string }} */ message) => {
  const { number, command, argument } = message;
  Promise.resolve(commands[command]?.(argument)).then(
    (value) => process.send?.({ number, value }),
    (error) => process.send?.({ number, error: String(error?.cause ?? error) }),
  );
});
process.once('disconnect', () => process.exit());
process.send?.({ number: -1, value: 'ready' });
