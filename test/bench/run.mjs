// @ts-check
// What a guard costs: first in process and without sockets, which needs no quiet, then over HTTP.
//   npm run bench -- [--in-process] [--against FOLDER] [--quick] [--connections 64] [--json FILE] [--report FILE] [--docs]
//   npm run bench -- --loading [--docs]
//   npm run bench -- --processes [--sizes 2,11,51] [--pool 1] [--redis no,yes] [--quick] [--json FILE] [--docs]
//     --in-process  the first part only       --against  the first part, compared with another build
//     --quick       shorter; over HTTP without the runs over many keys or several processes
//     --json        writes the rows           --report   writes all that was measured
//     --docs        puts what is valid into docs/about/benchmarks.md and README.md
//     --processes   in place of all that: what many processes on one database cost; results are added to those in FILE,
//                   so that a long run can be made in parts, and `--sizes ''` only writes the report
//     --loading     in place of all that: what the package loads, and what that takes
//     --many-keys   something else: how long the operations take with many keys, see many-keys.mjs
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { startRedis } from '../servers/redis.cjs';
import { environmentFacts } from './environment-facts.mjs';
import { inProcessReport, readmeFigures } from './in-process-report.cjs';
import loading from './loading-report.cjs';
import { markdownReport } from './markdown-report.cjs';
import { measureInProcess } from './measure-in-process.mjs';
import { measureLoading } from './measure-loading.mjs';
import { measureOverHttp } from './measure-over-http.mjs';
import { replaceMeasured } from './measured-blocks.cjs';
import { planFor } from './plan.mjs';
import { moveToLoad } from './processors.mjs';
import { resultRows } from './result-rows.cjs';
import { runProcesses } from './run-processes.mjs';

const { values: options } = parseArgs({
  options: {
    'in-process': { type: 'boolean', default: false },
    against: { type: 'string' },
    quick: { type: 'boolean', default: false },
    connections: { type: 'string', default: '64' },
    json: { type: 'string' },
    report: { type: 'string' },
    docs: { type: 'boolean', default: false },
    processes: { type: 'boolean', default: false },
    sizes: { type: 'string', default: '2,11,51,101,251,501,1001' },
    pool: { type: 'string', default: '1' },
    redis: { type: 'string', default: 'no,yes' },
    loading: { type: 'boolean', default: false },
    'many-keys': { type: 'boolean', default: false },
    keys: { type: 'string', default: '1000000' },
    entries: { type: 'string', default: '10000000' },
    usage: { type: 'string', default: '50000000' },
    times: { type: 'string', default: '100' },
    on: { type: 'string', default: 'both' },
  },
});
if (options['many-keys']) {
  const { measureManyKeys } = await import('./many-keys.mjs');
  await measureManyKeys({
    ...{ keys: Number(options.keys), entries: Number(options.entries), usage: Number(options.usage) },
    ...{ times: Number(options.times), on: /** @type {'both'} */ (options.on) },
  });
  process.exit(0);
}
const plan = planFor(options.quick);
const against = options.against === undefined ? undefined : resolve(options.against);
const started = performance.now();

/** What makes the run fail, without ending it. @type {string[]} */
const troubles = [];
/** @param {string} trouble */
function complain(trouble) {
  troubles.push(trouble);
  console.error(`\n!!! ${trouble}\n`);
}

/**
 * @param {string} name of the document
 * @param {import('./measured-blocks.cjs').Part} part
 * @param {string} measured
 */
async function putIntoDocument(name, part, measured) {
  const file = fileURLToPath(new URL(`../../${name}`, import.meta.url));
  const text = replaceMeasured(readFileSync(file, 'utf8'), part, measured);
  writeFileSync(file, await format(text, { ...(await resolveConfig(file)), parser: 'markdown' }));
}

/** @param {string} redisUrl */
async function runInProcess(redisUrl) {
  const inProcess = await measureInProcess({ redisUrl, against, maxBlocks: plan.inProcessBlocks, onStep });
  const facts = environmentFacts();
  const markdown = inProcessReport(inProcess, facts);
  console.log(`\n${markdown}`);
  if (inProcess.void !== null) complain(`In process, void: ${inProcess.void}`);
  else if (options.docs && against === undefined) {
    await putIntoDocument('docs/about/benchmarks.md', 'in process', `\n\n${markdown}\n`);
    await putIntoDocument('README.md', 'in process, in one sentence', readmeFigures(inProcess, facts));
  }
  return { ...facts, ...inProcess };
}

/** @param {string} redisUrl @param {(stop: () => Promise<unknown>) => void} onStarted */
async function runOverHttp(redisUrl, onStarted) {
  const before = troubles.length;
  const connections = Number(options.connections);
  const report = await measureOverHttp({ redisUrl, plan, connections, onStarted, complain });
  const markdown = markdownReport(report);
  console.log(`\n${markdown}`);
  if (report.control !== null) complain(`Over HTTP, void: ${report.control}`);
  if (options.docs && troubles.length === before) {
    await putIntoDocument('docs/about/benchmarks.md', 'over HTTP', `\n\n${markdown}\n`);
  }
  return report;
}

/** @param {string} text */
const onStep = (text) => console.log(`[${Math.round((performance.now() - started) / 1000)} s] ${text}`);

async function runGuards() {
  /** What was started and has to be stopped, the last one first. @type {Array<() => Promise<unknown>>} */
  const stops = [];
  try {
    const redis = await startRedis();
    stops.push(redis.stop);
    moveToLoad(redis.pid);
    const inProcess = await runInProcess(redis.url);
    const overHttp =
      options['in-process'] || against !== undefined
        ? null
        : await runOverHttp(redis.url, (stop) => stops.push(stop));
    if (options.json !== undefined) {
      const rows = [...inProcess.rows, ...(overHttp === null ? [] : resultRows(overHttp))];
      writeFileSync(options.json, `${JSON.stringify(rows, null, 2)}\n`);
    }
    if (options.report !== undefined) {
      writeFileSync(options.report, `${JSON.stringify({ inProcess, overHttp }, null, 2)}\n`);
    }
  } finally {
    for (const stop of stops.toReversed()) await stop().catch((error) => console.error(error));
  }
}

async function runFleets() {
  const markdown = await runProcesses({
    sizes: options.sizes.split(',').filter(Boolean).map(Number),
    withRedis: options.redis.split(',').map((each) => each === 'yes'),
    poolSize: Number(options.pool),
    ...{ plan, file: options.json, onStep, complain },
  });
  console.log(`\n${markdown}`);
  if (options.docs && troubles.length === 0) {
    await putIntoDocument('docs/production/scale.md', 'many processes', `\n\n${markdown}\n`);
  }
}

async function runStarts() {
  const rows = await measureLoading({ starts: plan.starts, onStep });
  const markdown = loading.loadingReport(rows, environmentFacts());
  console.log(`\n${markdown}`);
  if (options.docs) await putIntoDocument('docs/about/benchmarks.md', 'loading', `\n\n${markdown}\n`);
}

moveToLoad(process.pid);
if (options.loading) await runStarts();
else await (options.processes ? runFleets() : runGuards());

if (troubles.length > 0) {
  console.error(troubles.map((trouble) => `!!! ${trouble}`).join('\n'));
  process.exitCode = 1;
}
console.log(`Took ${Math.round((performance.now() - started) / 1000)} s.`);
