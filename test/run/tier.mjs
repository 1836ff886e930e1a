// @ts-check
// One tier of the tests: `npm test` is `fast`, `npm run test:slow` is `slow`. The last line is `N passed, N failed`.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
 * @param {{ quiet: boolean }} options quiet: its output is shown only when it fails
 * @returns {Promise<boolean>} whether it ended with 0
 */
function run([program = '', ...args], { quiet }) {
  return new Promise((resolve) => {
    let output = '';
    const sink = quiet ? 'pipe' : 'inherit';
    const started = spawn(program, args, { cwd: ROOT, stdio: ['ignore', sink, sink] });
    children.add(started);
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

/** @param {string} name @param {readonly string[]} command */
async function check(name, command) {
  say(`...    ${name}`);
  return record(name, await run(command, { quiet: true }));
}

async function checkSources() {
  await check('lint (oxlint)', ['npm', 'run', '--silent', 'lint']);
  // The builds check their own sources.
  await check('types (tsc)', ['node_modules/.bin/tsc', '-p', 'tsconfig.json']);
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

/** @param {string} id @param {readonly string[]} args */
async function runJest(id, args) {
  const outputFile = join(RESULTS, `${id}.json`);
  rmSync(outputFile, { force: true });
  const ok = await run(
    [
      ...['node', 'node_modules/jest/bin/jest.js', '--ci', '--json', `--outputFile=${outputFile}`],
      ...['--reporters=<rootDir>/test/run/progress-reporter.cjs', ...args],
    ],
    { quiet: false },
  );
  const results = readJson(outputFile);
  return { counted: countTests(results, ok), results };
}

/** @param {string} name @param {string} id @param {readonly string[]} args */
async function jest(name, id, args) {
  say(`...    ${name}`);
  const { counted: first, results } = await runJest(id, args);
  let counted = first;
  const again = first.failed > 0 ? filesToRunAgain(results, ROOT) : [];
  if (again.length > 0) {
    const files = again.map(({ file }) => file);
    say(`       run again, alone: ${files.map((file) => relative(ROOT, file)).join(', ')}`);
    const second = await runJest(`${id}-again`, [...args, '--runInBand', '--runTestsByPath', ...files]);
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

async function main() {
  const countFile = join(RESULTS, `${tier}.count.json`);
  mkdirSync(RESULTS, { recursive: true });
  rmSync(countFile, { force: true });
  // Tests must not depend on what the person who runs them has set for an app of theirs.
  for (const name of ['DATABASE_URL', 'REDIS_URL', 'API_KEYS_PEPPER', 'NODE_ENV', 'NODE_OPTIONS']) {
    delete process.env[name];
  }
  process.env.TEST_TIER = tier;
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

  if (tier === 'fast') {
    // Prettier uses one core; the others use the rest beside it.
    await Promise.all([
      check('format (prettier)', ['npm', 'run', '--silent', 'format:check']),
      checkSources(),
    ]);
  }
  if (await build()) {
    // Tests that run compiled code take this build.
    process.env.TEST_BUILD = 'dist';
    if (servers.length > 0) {
      const projects = ['express5', 'express4', ...(tier === 'slow' ? ['go', 'browser'] : [])];
      await jest(`tests (${projects.join(', ')})`, tier, [...more, '--selectProjects', ...projects]);
      if (tier === 'slow' && more.length === 0) {
        process.env.TEST_TIER = 'alone';
        await jest('tests that run alone', `${tier}-alone`, ['--selectProjects=express5', '--runInBand']);
        process.env.TEST_TIER = tier;
      }
      if (more.length === 0) await jest('packed package', `${tier}-package`, ['--selectProjects=package']);
    }
  } else {
    record('tests (they need the build)', false);
  }
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
