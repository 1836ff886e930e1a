// @ts-check
// What a guard costs: every variant is a route of one process and is compared with a bare route of that process, in
// short windows in shuffled order.
//   npm run bench -- [--quick] [--connections 64] [--json FILE] [--report FILE] [--docs]
//     --quick    shorter windows, and no runs over many keys or several processes
//     --json     writes the rows       --report   writes all that was measured
//     --docs     puts the tables into docs/about/benchmarks.md
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { createDatabase, startPostgres } from '../servers/postgres.cjs';
import { startRedis } from '../servers/redis.cjs';
import { compareRoutes } from './compare-routes.mjs';
import { countRedisCommands } from './count-redis-commands.mjs';
import { environmentFacts } from './environment-facts.mjs';
import { measureFlood } from './flood.mjs';
import { installPeers } from './install-peers.mjs';
import { measureKeyMemory } from './key-memory.mjs';
import { chooseLoadGenerator } from './load-generator.mjs';
import { markdownReport, replaceMeasured } from './markdown-report.cjs';
import { startMeasuredProcess } from './measured-process.mjs';
import { controlBounds, controlHolds } from './paired-rounds.cjs';
import { comparisonSeconds, planFor } from './plan.mjs';
import { moveToLoad } from './processors.mjs';
import { createProgress } from './progress.mjs';
import { resultRows } from './result-rows.cjs';
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

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    connections: { type: 'string', default: '64' },
    json: { type: 'string' },
    report: { type: 'string' },
    docs: { type: 'boolean', default: false },
  },
});
const plan = planFor(options.quick);
const document = fileURLToPath(new URL('../../docs/about/benchmarks.md', import.meta.url));

/** What makes the run fail, without ending it. @type {string[]} */
const troubles = [];
/** @param {string} trouble */
function complain(trouble) {
  troubles.push(trouble);
  console.error(`\n!!! ${trouble}\n`);
}

/** What was started and has to be stopped, the last one first. @type {Array<() => Promise<unknown>>} */
const stops = [];

moveToLoad(process.pid);
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
/** @param {string} text @param {number} [seconds] */
const onStep = (text, seconds) => progress.step(text, seconds);
/** @param {number} seconds */
const hasTimeFor = (seconds) => progress.hasTimeFor(seconds, plan.limitSeconds);

/** @param {string} redisUrl @param {string | undefined} postgresUrl */
async function compareUsual(redisUrl, postgresUrl) {
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
      connections: Number(options.connections),
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

/** @param {string} redisUrl */
async function compareManyKeys(redisUrl) {
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

/** @param {string} postgresUrl */
async function compareFleets(postgresUrl) {
  const results = [];
  for (const processes of [2, 4]) {
    onStep(`${plan.revocations} revocations with ${processes} processes`, 45);
    const database = await createDatabase(postgresUrl);
    results.push(await measureRevocation({ databaseUrl: database.url, processes, rounds: plan.revocations }));
    await database.drop();
  }
  return results;
}

/** @returns {Promise<string | undefined>} its URL */
async function startPostgresIfThere() {
  try {
    // A commit is written to disk, as it is where keys are kept in earnest.
    const postgres = await startPostgres({ args: ['-c', 'fsync=on', '-c', 'full_page_writes=on'] });
    stops.push(postgres.stop);
    moveToLoad(postgres.pid);
    return postgres.url;
  } catch (error) {
    console.error(`Without PostgreSQL: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

/** @param {readonly import('./markdown-report.cjs').Comparison[]} comparisons */
function judge(comparisons) {
  const restless = comparisons.filter(({ rows }) => !controlHolds(rows, control));
  if (restless.length === 0) return null;
  const ratios = restless.map(({ connections, rows }) => {
    const ratio = rows.find(({ name }) => name === control)?.ratioToBare;
    return `${ratio?.toFixed(3)} with ${connections} connections`;
  });
  return `two bare routes differ (${ratios.join(', ')}; ${controlBounds.join('–')} is allowed). Run it again on a quieter machine.`;
}

/** @param {import('./markdown-report.cjs').Report} report */
async function publish(report) {
  const markdown = markdownReport(report);
  console.log(`\n${markdown}`);
  if (options.json !== undefined) {
    const rows = resultRows(report);
    writeFileSync(options.json, `${JSON.stringify(rows, null, 2)}\n`);
  }
  if (options.report !== undefined) writeFileSync(options.report, `${JSON.stringify(report, null, 2)}\n`);
  if (options.docs && troubles.length === 0) {
    const text = replaceMeasured(readFileSync(document, 'utf8'), markdown);
    writeFileSync(document, await format(text, { ...(await resolveConfig(document)), parser: 'markdown' }));
  }
}

try {
  const redis = await startRedis();
  stops.push(redis.stop);
  moveToLoad(redis.pid);
  const postgresUrl = await startPostgresIfThere();

  const compared = await compareUsual(redis.url, postgresUrl && (await createDatabase(postgresUrl)).url);
  onStep(`memory of ${plan.cachedKeys} keys`, 10);
  const keyMemory = await measureKeyMemory(plan.cachedKeys);
  const manyKeys = plan.hasLongRuns ? await compareManyKeys(redis.url) : null;
  const revocations = plan.hasLongRuns && postgresUrl !== undefined ? await compareFleets(postgresUrl) : [];

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
  const isVoid = judge(comparisons);
  if (isVoid !== null) complain(`Void: ${isVoid}`);
  await publish({
    ...environmentFacts(load.name),
    ...compared,
    ...{ seconds: plan.seconds, control: isVoid, about, manyKeys, keyMemory, revocations },
  });
} finally {
  for (const stop of stops.toReversed()) await stop().catch((error) => console.error(error));
}

if (troubles.length > 0) {
  console.error(troubles.map((trouble) => `!!! ${trouble}`).join('\n'));
  process.exitCode = 1;
}
console.log(`Took ${Math.round(progress.elapsedSeconds())} s.`);
