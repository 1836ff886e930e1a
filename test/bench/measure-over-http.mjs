// @ts-check
// The guards of one process over HTTP, on every kind of store and cache, beside what others do.
import { createDatabase, startPostgres } from '../servers/postgres.cjs';
import { compareRoutes } from './compare-routes.mjs';
import { countRedisCommands } from './count-redis-commands.mjs';
import { environmentFacts } from './environment-facts.mjs';
import { measureFlood } from './flood.mjs';
import { installPeers } from './install-peers.mjs';
import { measureKeyMemory } from './key-memory.mjs';
import { chooseLoadGenerator } from './load-generator.mjs';
import { startMeasuredProcess } from './measured-process.mjs';
import { controlBounds, controlHolds } from './paired-rounds.cjs';
import { comparisonSeconds } from './plan.mjs';
import { moveToLoad } from './processors.mjs';
import { createProgress } from './progress.mjs';
import { measureRevocation } from './revocation.mjs';
import {
  about,
  control,
  fewConnectionsVariants,
  floodVariants,
  manyKeysVariants,
  redisCommandVariants,
  usualVariants,
} from './variants.mjs';

/**
 * What the parts of the run share.
 * @typedef {object} Run
 * @property {import('./plan.mjs').Plan} plan
 * @property {number} connections of the main table
 * @property {boolean} hasPeers
 * @property {import('./load-generator.mjs').LoadGenerator} load
 * @property {(text: string, seconds?: number) => void} onStep
 * @property {(seconds: number) => boolean} hasTimeFor
 * @property {(trouble: string) => void} complain
 */

/**
 * Measures everything that is compared over HTTP.
 *
 * @param {object} options
 * @param {string} options.redisUrl
 * @param {import('./plan.mjs').Plan} options.plan
 * @param {number} options.connections of the main table
 * @param {(stop: () => Promise<unknown>) => void} options.onStarted called with what stops a server
 * @param {(trouble: string) => void} options.complain makes the run fail, without ending it
 * @returns {Promise<import('./markdown-report.cjs').Report>}
 */
export async function measureOverHttp({ redisUrl, plan, connections, onStarted, complain }) {
  const hasPeers = installPeers();
  const load = chooseLoadGenerator();
  console.log(`Load comes from ${load.name}`);
  const progress = createProgress(
    comparisonSeconds(plan, usualVariants) +
      plan.fewConnections.length * comparisonSeconds({ ...plan, warmUpSeconds: 0 }, fewConnectionsVariants) +
      plan.floodRounds * plan.floodSeconds * (floodVariants.length + 1) +
      redisCommandVariants.length * 4 +
      (plan.hasLongRuns ? comparisonSeconds(plan, manyKeysVariants) + 180 : 20),
  );
  const { step: onStep } = progress;
  /** @param {number} seconds */
  const hasTimeFor = (seconds) => progress.hasTimeFor(seconds, plan.limitSeconds);
  /** @type {Run} */
  const run = { plan, connections, hasPeers, load, onStep, hasTimeFor, complain };

  const postgresUrl = await startPostgresIfThere(onStarted);
  const compared = await compareUsual(run, redisUrl, postgresUrl && (await createDatabase(postgresUrl)).url);
  onStep(`memory of ${plan.cachedKeys} keys`, 10);
  const keyMemory = await measureKeyMemory(plan.cachedKeys);
  const manyKeys = plan.hasLongRuns ? await compareManyKeys(run, redisUrl) : null;
  const revocations =
    plan.hasLongRuns && postgresUrl !== undefined ? await compareFleets(run, postgresUrl) : [];

  const comparisons = [compared.usual, ...compared.fewConnections, ...(manyKeys === null ? [] : [manyKeys])];
  for (const { dropped = [] } of comparisons) {
    if (dropped.length > 0) complain(`Gave wrong answers and is left out: ${dropped.join(', ')}`);
  }
  for (const { acceptedAfterwards, processes } of revocations) {
    if (acceptedAfterwards > 0) {
      complain(
        `${processes} processes let ${acceptedAfterwards} requests in after the revocation was answered`,
      );
    }
  }
  return {
    ...environmentFacts(load.name),
    ...compared,
    ...{ seconds: plan.seconds, control: judge(comparisons), about, manyKeys, keyMemory, revocations },
  };
}

/** @param {Run} run @param {string} redisUrl @param {string | undefined} postgresUrl */
async function compareUsual(run, redisUrl, postgresUrl) {
  const { plan, hasPeers, load, onStep, hasTimeFor, complain } = run;
  onStep('making keys and starting the measured process');
  const measured = await startMeasuredProcess({ set: 'usual', redisUrl, postgresUrl, hasPeers });
  try {
    if (measured.missing.length > 0) {
      complain(`The results are without what could not be installed: ${measured.missing.join(', ')}`);
    }
    const parts = { measured, load, plan, onStep, hasTimeFor };
    const usual = await compareRoutes({
      ...parts,
      variants: usualVariants,
      connections: run.connections,
    });
    const fewConnections = [];
    for (const connections of plan.fewConnections) {
      fewConnections.push(
        await compareRoutes({ ...parts, variants: fewConnectionsVariants, connections, isWarm: true }),
      );
    }
    const flood = await measureFlood({
      measured,
      forgeries: floodVariants,
      rounds: plan.floodRounds,
      seconds: plan.floodSeconds,
      onStep,
    });
    const redisCommands = await countRedisCommands({
      redisUrl,
      measured,
      load,
      names: redisCommandVariants,
      onStep,
    });
    return { usual, fewConnections, flood, redisCommands };
  } finally {
    await measured.stop();
  }
}

/** @param {Run} run @param {string} redisUrl */
async function compareManyKeys({ plan, load, onStep, hasTimeFor }, redisUrl) {
  onStep('making 100,000 and 1,000,000 keys', 60);
  const measured = await startMeasuredProcess({ set: 'many-keys', redisUrl });
  try {
    const parts = { measured, load, plan, onStep, hasTimeFor, connections: 64 };
    const blocks = [];
    for (const variant of [{ name: control, about: '' }, ...manyKeysVariants]) {
      blocks.push(await compareRoutes({ ...parts, variants: [variant] }));
    }
    return {
      connections: parts.connections,
      rows: blocks.flatMap(({ rows }, index) => (index === 0 ? rows : rows.slice(1))),
      dropped: blocks.flatMap(({ dropped = [] }) => dropped),
    };
  } finally {
    await measured.stop();
  }
}

/** @param {Run} run @param {string} postgresUrl */
async function compareFleets({ plan, onStep }, postgresUrl) {
  const results = [];
  for (const processes of [2, 4]) {
    onStep(`${plan.revocations} revocations with ${processes} processes`, 45);
    const database = await createDatabase(postgresUrl);
    results.push(await measureRevocation({ databaseUrl: database.url, processes, rounds: plan.revocations }));
    await database.drop();
  }
  return results;
}

/** @param {(stop: () => Promise<unknown>) => void} onStarted @returns {Promise<string | undefined>} its URL */
async function startPostgresIfThere(onStarted) {
  try {
    // A commit is written to disk, as it is where keys are kept in earnest.
    const postgres = await startPostgres({ args: ['-c', 'fsync=on', '-c', 'full_page_writes=on'] });
    onStarted(postgres.stop);
    moveToLoad(postgres.pid);
    return postgres.url;
  } catch (error) {
    console.error(`Without PostgreSQL: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

/**
 * Why nothing of this can be believed; `null` when the control held.
 * @param {readonly import('./markdown-report.cjs').Comparison[]} comparisons
 */
function judge(comparisons) {
  const restless = comparisons.filter(({ rows }) => !controlHolds(rows, control));
  if (restless.length === 0) return null;
  const ratios = restless.map(({ connections, rows }) => {
    const ratio = rows.find(({ name }) => name === control)?.ratioToBare;
    return `${ratio?.toFixed(3)} with ${connections} connections`;
  });
  return `two bare routes differ (${ratios.join(', ')}; ${controlBounds.join('–')} is allowed). Run it again on a quieter machine.`;
}
