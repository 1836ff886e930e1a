// @ts-check
import { relative } from 'node:path';

/**
 * Failures that are proven to be the machine's: nothing of the product decides about them. Every other failure counts as it
 * is, first of all one of an assertion about who is authenticated, what is lost or what is shown.
 *
 * A row is added with the reason only, and after it was looked at whether the product made anything wait.
 * @type {ReadonlyArray<{ file: string, failure: RegExp, reason: string }>}
 */
export const failuresOfTheMachine = [
  {
    file: 'test/servers/servers.test.ts',
    failure:
      /did not start|Not within \d+ ms: (the cluster|there is another|it takes)|Exceeded timeout of \d+ ms/,
    reason: 'starts and stops servers of others; nothing of the product runs in it',
  },
  {
    file: 'test/redis/forms/sentinel.test.ts',
    failure: /Not within \d+ ms: (the cluster|there is another|a replica)/,
    reason: 'waits for an election, which is a matter of Redis Sentinel and its timers',
  },
  {
    file: 'test/redis/forms/cluster.test.ts',
    failure: /Not within \d+ ms: (the cluster|there is another|a replica)/,
    reason: 'waits for an election, which is a matter of Redis Cluster and its timers',
  },
  {
    file: 'test/redis/forms/cluster-coverage.test.ts',
    failure: /Not within \d+ ms: (the cluster|the others have noticed)/,
    reason: 'waits until nodes notice that one of them is gone, which is a matter of Redis Cluster',
  },
  {
    file: 'test/package/node-versions.test.ts',
    failure: /could not be installed/,
    reason: 'downloads Node from the registry',
  },
];

/**
 * What a store answers when a step did not get through within its deadline, and the test expected nothing of the kind. It
 * refuses then, so nobody is let in by forgiving it; on a machine that stands still for two seconds it must refuse. When the
 * product is what hangs, the second run, alone, ends the same way.
 */
const pastDeadline = {
  failure:
    /API keys cannot be checked or changed right now[\s\S]*\[cause\]: error: (canceling statement due to statement timeout|.{1,80} took longer than \d+ ms|The pool gave no PostgreSQL connection within \d+ ms)/i,
  reason: 'a deadline of the store passed, and the store refused, as it must on a machine that stands still',
};

/**
 * What jest says of a test that did not end in time. It has not compared anything wrong, and what hangs for ever ends the second
 * run the same way.
 */
const outOfTime = {
  failure: /^thrown: "Exceeded timeout of \d+ ms for a (test|hook)/,
  reason:
    'programs of others that the test starts were not done in time, and nothing that it compared was wrong',
};

/**
 * Folders whose tests mostly wait for programs of others: npm, compilers, browsers, servers, other versions of Node. Nowhere else is a
 * test forgiven that did not end in time: one that waits until a key is refused does so when it never is.
 */
const startsPrograms = /^test\/(package|docs|recipes|page|house|types|servers|example-app)\//;

/**
 * Where what happens at a deadline is the subject, as it is in floods and under load: a change that is refused there is what these tests
 * look for.
 */
const aboutDeadlines =
  /^test\/((faults|sql|store|contracts|redis|crypto)\/|.*(flood|load|races|budget|bounded|filtered|housekeeping|payments|slow-keys|revoke-all|failed-clients|unauthenticated-work)[^/]*$)/;

/**
 * The test files that are run again, alone: those of which every failure is the machine's, by the list above, or a refusal
 * past a deadline. Nothing is run
 * again when a file could not be loaded.
 * @param {unknown} results the content of jest's `--json` output, or undefined when it wrote none
 * @param {string} root the folder of the project
 * @returns {Array<{ file: string, reason: string }>} absolute paths, each once
 */
export function filesToRunAgain(results, root) {
  if (typeof results !== 'object' || results === null) return [];
  const { numRuntimeErrorTestSuites, testResults } =
    /** @type {{ numRuntimeErrorTestSuites?: number, testResults?: FileResult[] }} */ (results);
  if ((numRuntimeErrorTestSuites ?? 0) > 0) return [];
  /** @type {Map<string, string | null>} */
  const reasons = new Map();
  for (const { name, status, assertionResults } of testResults ?? []) {
    if (status !== 'failed' || reasons.get(name) === null) continue;
    reasons.set(name, reasonOf(relative(root, name), assertionResults ?? []));
  }
  return [...reasons].flatMap(([file, reason]) => (reason === null ? [] : [{ file, reason }]));
}

/**
 * @typedef {{ name: string, status: string, assertionResults?: Array<{ status: string, failureMessages?: string[] | null }> }} FileResult
 */

/**
 * @param {string} path within the project
 * @param {NonNullable<FileResult['assertionResults']>} tests
 * @returns {string | null} why its failures are the machine's; `null`: one of them is not
 */
function reasonOf(path, tests) {
  const row = failuresOfTheMachine.find(({ file }) => file === path);
  const rows = row === undefined ? listRowsOf(path) : [row];
  const messages = tests.flatMap(({ status, failureMessages }) =>
    status === 'failed' ? (failureMessages ?? ['']) : [],
  );
  const explain = (/** @type {string} */ message) =>
    isAssertion(message) ? undefined : rows.find(({ failure }) => failure.test(message))?.reason;
  const [reason] = messages.map(explain);
  return reason !== undefined && messages.every((message) => explain(message) !== undefined) ? reason : null;
}

/** What is forgiven in a file that the list does not name. @param {string} path within the project */
function listRowsOf(path) {
  if (aboutDeadlines.test(path)) return [];
  return startsPrograms.test(path) ? [pastDeadline, outOfTime] : [pastDeadline];
}

/** Whether something was compared, and was not as it should be. @param {string} message */
function isAssertion(message) {
  return /\bexpect\(|\bExpected\b|\bReceived\b/.test(message);
}

/**
 * The count of both runs: each test once, as it ended.
 * @param {{ passed: number, failed: number }} first
 * @param {{ passed: number, failed: number, troubles: string[] }} second of the files that had failed
 * @param {number} failedInBoth how many tests failed in files that are not run again
 * @returns {{ passed: number, failed: number, troubles: string[] }}
 */
export function countBoth(first, second, failedInBoth) {
  const failed = second.failed + failedInBoth;
  return {
    passed: first.passed + Math.max(0, first.failed - failed),
    failed,
    troubles: second.troubles,
  };
}

/**
 * How many tests failed in the files that are run again; all others stay failed.
 * @param {unknown} results
 * @param {readonly string[]} files
 */
export function countFailedIn(results, files) {
  const { testResults = [] } = /** @type {{ testResults?: FileResult[] }} */ (results ?? {});
  return testResults
    .filter(({ name }) => files.includes(name))
    .flatMap(({ assertionResults = [] }) => assertionResults)
    .filter(({ status }) => status === 'failed').length;
}
