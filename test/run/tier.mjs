// @ts-check
// One tier of the tests: `npm test` is `fast`, `npm run test:slow` is `slow`. The last line is `N passed, N failed`.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startPostgres } from '../servers/postgres.cjs';
import { startRedis } from '../servers/redis.cjs';
import { isBuilt, noteBuild } from './build-stamp.cjs';
import { countTests } from './count-tests.mjs';
import { listFailures } from './list-failures.mjs';
import { keepTemporaryFilesInMemory } from './memory-folder.cjs';
import { countBoth, countFailedIn, filesToRunAgain } from './second-run.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const RESULTS = join(ROOT, 'test', 'run', 'results');
/** For what hangs: several times what a step takes, since shared machines are at half their speed at times. */
const STEP_LIMIT_MS = 65 * 60_000;
/** Of what runs beside the tests: it takes what they leave of the processors, while they wait. */
const BESIDE = 10;

/** What follows the tier is for jest, as `--testPathPatterns=test/verify`. */
const [tier = '', ...more] = process.argv.slice(2);
if (tier !== 'fast' && tier !== 'slow') {
  console.error('Which tier? node test/run/tier.mjs fast|slow');
  process.exit(2);
}

const startedAt = performance.now();
const total = { passed: 0, failed: 0 };
/** @type {string[]} */
const failedSteps = [];
/** @type {string[]} */
const failures = [];
/** @type {Array<{ file: string, reason: string }>} */
const secondRuns = [];
/** @type {Set<import('node:child_process').ChildProcess>} */
const children = new Set();

const elapsed = () => `${((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)} s`;
/** @param {string} text */
const say = (text) => console.log(`[${elapsed()}] ${text}`);

/**
 * @param {readonly string[]} command
 * @param {object} options
 * @param {boolean} options.quiet its output is shown only when it fails
 * @param {string} [options.tier] which tests jest has
 * @param {number} [options.priority] as of `nice`; of the processes that it starts as well
 * @returns {Promise<boolean>} whether it ended with 0
 */
function run([program = '', ...args], { quiet, tier: ownTier = tier, priority = 0 }) {
  return new Promise((resolve) => {
    let output = '';
    const sink = quiet ? 'pipe' : 'inherit';
    const env = { ...process.env, TEST_TIER: ownTier };
    const started = spawn(program, args, { cwd: ROOT, stdio: ['ignore', sink, sink], env });
    children.add(started);
    if (started.pid !== undefined && priority !== 0) setPriority(started.pid, priority);
    started.stdout?.on('data', (chunk) => (output += chunk));
    started.stderr?.on('data', (chunk) => (output += chunk));
    const limit = setTimeout(() => {
      say(`       stopped: it ran for more than ${STEP_LIMIT_MS / 60_000} minutes`);
      started.kill('SIGKILL');
    }, STEP_LIMIT_MS);
    const finish = (/** @type {boolean} */ ok) => {
      clearTimeout(limit);
      children.delete(started);
      if (quiet && !ok) console.log(output);
      resolve(ok);
    };
    started.once('error', (error) => {
      output += String(error);
      finish(false);
    });
    started.once('close', (code) => finish(code === 0));
  });
}

/** @param {string} name @param {boolean} ok */
function record(name, ok) {
  total[ok ? 'passed' : 'failed'] += 1;
  if (!ok) {
    failedSteps.push(name);
    failures.push(name);
  }
  say(`${ok ? 'ok    ' : 'FAILED'} ${name}`);
  return ok;
}

/** @param {string} name @param {readonly string[]} command @param {{ priority?: number }} [options] */
async function check(name, command, options = {}) {
  say(`...    ${name}`);
  return record(name, await run(command, { quiet: true, ...options }));
}

async function checkSources() {
  const beside = { priority: BESIDE };
  await check('format (prettier)', ['npm', 'run', '--silent', 'format:check'], beside);
  await check('lint (oxlint)', ['npm', 'run', '--silent', 'lint'], beside);
  // The builds check their own sources.
  await check('types (tsc)', ['node_modules/.bin/tsc', '-p', 'tsconfig.json'], beside);
}

/** Builds once: what was built from these very sources is used again. */
async function build() {
  if (isBuilt()) return record('build (of these sources, from before)', true);
  const ok =
    (await check('build', ['npm', 'run', '--silent', 'build'])) &&
    (await check('build of the example app', [
      'npm',
      'run',
      '--silent',
      'build',
      '--workspace',
      'example-app',
    ]));
  if (ok) noteBuild();
  return ok;
}

/** @typedef {{ tier?: string, priority?: number }} JestOptions */

/** @param {string} id @param {readonly string[]} args @param {JestOptions} options */
async function runJest(id, args, options) {
  const outputFile = join(RESULTS, `${id}.json`);
  rmSync(outputFile, { force: true });
  const ok = await run(
    [
      ...['node', 'node_modules/jest/bin/jest.js', '--ci', '--json', `--outputFile=${outputFile}`],
      ...['--reporters=<rootDir>/test/run/progress-reporter.cjs', ...args],
    ],
    { quiet: false, ...options },
  );
  const results = readJson(outputFile);
  return { counted: countTests(results, ok), results };
}

/** @param {string} name @param {string} id @param {readonly string[]} args @param {JestOptions} [options] */
async function jest(name, id, args, options = {}) {
  say(`...    ${name}`);
  const { counted: first, results } = await runJest(id, args, options);
  let counted = first;
  const again = first.failed > 0 ? filesToRunAgain(results, ROOT) : [];
  if (again.length > 0) {
    const files = again.map(({ file }) => file);
    say(`       run again, alone: ${files.map((file) => relative(ROOT, file)).join(', ')}`);
    const alone = [...args, '--runInBand', '--runTestsByPath', ...files];
    const second = await runJest(`${id}-again`, alone, options);
    counted = countBoth(first, second.counted, first.failed - countFailedIn(results, files));
    const passed = new Set(filesThat('passed', second.results));
    secondRuns.push(...again.filter(({ file }) => passed.has(file)));
    failures.push(...listFailures(second.results, ROOT));
  }
  const files = new Set(again.map(({ file }) => file));
  failures.push(...listFailures(resultsWithout(results, files), ROOT), ...counted.troubles);
  total.passed += counted.passed;
  total.failed += counted.failed;
  if (counted.failed > 0) failedSteps.push(name);
  for (const trouble of counted.troubles) say(`       ${trouble}`);
  say(
    `${counted.failed === 0 ? 'ok    ' : 'FAILED'} ${name}: ${counted.passed} passed, ${counted.failed} failed`,
  );
}

/** @param {'passed' | 'failed'} wanted @param {unknown} results @returns {string[]} */
function filesThat(wanted, results) {
  const { testResults = [] } = /** @type {{ testResults?: Array<{ name: string, status: string }> }} */ (
    results ?? {}
  );
  return testResults.filter(({ status }) => status === wanted).map(({ name }) => name);
}

/** @param {unknown} results @param {ReadonlySet<string>} files that count by their second run */
function resultsWithout(results, files) {
  const { testResults = [] } = /** @type {{ testResults?: Array<{ name: string }> }} */ (results ?? {});
  return { testResults: testResults.filter(({ name }) => !files.has(name)) };
}

/** @param {string} path @returns {unknown} */
function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/** @returns {Promise<Array<() => Promise<void>>>} */
async function startServers() {
  const redis = await startRedis();
  process.env.REDIS_URL_TEST = redis.url;
  process.env.REDIS_ACL_URL_TEST = redis.aclUrl;
  process.env.TEST_REDIS_PID = String(redis.pid);
  const postgres = await startPostgres();
  process.env.DATABASE_URL_TEST = postgres.url;
  return [redis.stop, postgres.stop];
}

async function runTests() {
  const inSlow = more.length === 0 ? ['browser'] : ['browser', 'go'];
  const projects = ['express5', 'express4', ...(tier === 'slow' ? inSlow : [])];
  await jest(`tests (${projects.join(', ')})`, tier, [...more, '--selectProjects', ...projects]);
}

/**
 * What runs beside the tests, one after the other: two workers of jest wait for servers, processes and time, and leave a fifth of two
 * processors to this.
 * @param {boolean} canRunTests
 */
async function runOtherSteps(canRunTests) {
  if (canRunTests && more.length === 0) {
    const args = ['--selectProjects=package', '--maxWorkers=1'];
    await jest('packed package', `${tier}-package`, args, { priority: BESIDE });
    // Compiling Go takes every processor that there is.
    const inGo = ['--selectProjects=go', '--maxWorkers=1'];
    if (tier === 'slow') await jest('tests in Go', 'slow-go', inGo, { priority: BESIDE });
  }
  if (tier === 'fast') await checkSources();
}

/** They compare how much two loads get done: nothing runs beside them. */
async function runTestsAlone() {
  const args = ['--selectProjects=express5', '--runInBand'];
  await jest('tests that run alone', `${tier}-alone`, args, { tier: 'alone' });
}

async function main() {
  const countFile = join(RESULTS, `${tier}.count.json`);
  mkdirSync(RESULTS, { recursive: true });
  rmSync(countFile, { force: true });
  // Tests must not depend on what the person who runs them has set for an app of theirs.
  for (const name of ['DATABASE_URL', 'REDIS_URL', 'API_KEYS_PEPPER', 'NODE_ENV', 'NODE_OPTIONS']) {
    delete process.env[name];
  }
  const removeTemporaryFiles = keepTemporaryFilesInMemory();
  process.once('exit', removeTemporaryFiles);
  say('...    redis-server and PostgreSQL');
  /** @type {Array<() => Promise<void>>} */
  let servers = [];
  try {
    servers = await startServers();
    record('redis-server and PostgreSQL', true);
  } catch (error) {
    console.log(error instanceof Error ? error.message : error);
    record('redis-server and PostgreSQL', false);
  }

  const canRunTests = (await build()) && servers.length > 0;
  if (canRunTests) {
    // Tests that run compiled code take this build.
    process.env.TEST_BUILD = 'dist';
    if (tier === 'slow' && more.length === 0) await runTestsAlone();
  } else {
    record('tests (they need the build and both servers)', false);
  }
  await Promise.all([canRunTests && runTests(), runOtherSteps(canRunTests)]);
  for (const stop of servers) {
    await stop().catch((error) => {
      console.log(error instanceof Error ? error.message : error);
      record('what redis-server says of the run', false);
    });
  }

  for (const { file, reason } of secondRuns) {
    say(`Failed, and passed on its second run: ${relative(ROOT, file)} (it ${reason})`);
  }
  if (failedSteps.length > 0) say(`Failed: ${failedSteps.join('; ')}`);
  for (const failure of failures) console.log(`- ${failure}`);
  writeFileSync(countFile, JSON.stringify({ ...total, failures }));
  console.log(`${total.passed} passed, ${total.failed} failed`);
  process.exitCode = total.failed === 0 ? 0 : 1;
}

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.once(signal, () => {
    for (const child of children) child.kill('SIGTERM');
    process.exit(130);
  });
}

await main();
