import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const RUN = join(__dirname, '..', 'run');

/** The counting is in ES modules, which jest in CommonJS mode does not load: node runs them. */
function callIn(file: string, name: string, args: readonly unknown[]): unknown {
  const source = `import { ${name} } from ${JSON.stringify(join(RUN, file))};
    console.log(JSON.stringify(${name}(...${JSON.stringify(args)})));`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', source], {
    encoding: 'utf8',
  });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout);
}

const countTests = (results: unknown, exitedWell: boolean): unknown =>
  callIn('count-tests.mjs', 'countTests', [results, exitedWell]);

const GOOD = {
  numPassedTests: 3,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  numRuntimeErrorTestSuites: 0,
  numTotalTests: 3,
};

describe('the count of `npm test`', () => {
  it('takes over what passed', () => {
    expect(countTests(GOOD, true)).toEqual({ passed: 3, failed: 0, troubles: [] });
  });

  it.each([
    ['a failed test', { ...GOOD, numFailedTests: 1 }, true],
    ['a skipped test', { ...GOOD, numPendingTests: 1 }, true],
    ['a todo', { ...GOOD, numTodoTests: 1 }, true],
    ['a test file that cannot be loaded', { ...GOOD, numRuntimeErrorTestSuites: 1 }, true],
    ['a run without tests', { ...GOOD, numPassedTests: 0, numTotalTests: 0 }, true],
    ['an error at the end', GOOD, false],
    ['a run without a result', null, true],
  ])('counts %s as one failure', (_name, results, exitedWell) => {
    expect(countTests(results, exitedWell)).toMatchObject({ failed: 1 });
  });
});

describe('a second run, alone', () => {
  const root = '/project';
  const servers = 'test/servers/servers.test.ts';
  const test = (failure?: string) => ({
    status: failure === undefined ? 'passed' : 'failed',
    failureMessages: failure === undefined ? [] : [failure],
  });
  const file = (path: string, ...tests: ReturnType<typeof test>[]) => ({
    name: join(root, path),
    status: tests.some(({ status }) => status === 'failed') ? 'failed' : 'passed',
    assertionResults: tests,
  });
  const again = (results: unknown): unknown => callIn('second-run.mjs', 'filesToRunAgain', [results, root]);
  const ofMachine = 'Error: redis-server did not start (/usr/bin/redis-server --port 1)';

  it('is for files of the list whose every failure is the machine’s, with the reason', () => {
    const testResults = [file('test/a.test.ts', test()), file(servers, test(), test(ofMachine))];
    expect(again({ ...GOOD, testResults })).toEqual([
      { file: join(root, servers), reason: expect.stringMatching(/nothing of the product/) as string },
    ]);
  });

  const pastDeadline =
    'ApiKeysError: API keys cannot be checked or changed right now. Try again in a moment.\n    at x (/lib/a.ts:1:1)\n' +
    '[cause]: Error: A change took longer than 2000 ms';

  it.each([
    pastDeadline,
    pastDeadline.replace(/Error: A .*$/, 'error: canceling statement due to statement timeout'),
  ])('is for a store that refused past its deadline: %s', (failure) => {
    const testResults = [file('test/flows/lists.test.ts', test(), test(failure))];
    expect(again({ ...GOOD, testResults })).toEqual([
      { file: join(root, 'test/flows/lists.test.ts'), reason: expect.stringMatching(/refused/) as string },
    ]);
  });

  const outOfTime =
    'thrown: "Exceeded timeout of 30000 ms for a test.\nAdd a timeout value to this test to increase the timeout"';

  it('is for a test of programs of others that did not end in time, alone or beside a refusal past a deadline', () => {
    const testResults = [file('test/package/install.test.ts', test(outOfTime), test(pastDeadline))];
    expect(again({ ...GOOD, testResults })).toEqual([
      {
        file: join(root, 'test/package/install.test.ts'),
        reason: expect.stringMatching(/in time/) as string,
      },
    ]);
  });

  const authenticated = 'Error: expect(received).toBe(expected)\n\nExpected: 401\nReceived: 200';
  it.each<[string, unknown]>([
    ['a run without a result', null],
    [
      'a file that could not be loaded',
      { numRuntimeErrorTestSuites: 1, testResults: [file(servers, test(ofMachine))] },
    ],
    ['a file that is not listed', { testResults: [file('test/flows/limits.test.ts', test(ofMachine))] }],
    ['an assertion', { testResults: [file(servers, test(authenticated))] }],
    [
      'an assertion beside a failure of the machine',
      { testResults: [file(servers, test(ofMachine), test(authenticated))] },
    ],
    [
      'an assertion in the words of the machine',
      { testResults: [file(servers, test(`${authenticated} ${ofMachine}`))] },
    ],
    ...[
      'faults/store',
      'flows/load',
      'flows/housekeeping',
      'flows/flood-of-foreign-strings',
      'verify/credits-races',
      'tokens/bounded-rows',
    ].map((name): [string, unknown] => [
      `a deadline in test/${name}, which is about deadlines`,
      { testResults: [file(`test/${name}.test.ts`, test(pastDeadline))] },
    ]),
    [
      'a refusal without a deadline',
      { testResults: [file('test/flows/lists.test.ts', test(pastDeadline.replace('took longer', 'was')))] },
    ],
    [
      'an assertion beside a deadline',
      { testResults: [file('test/flows/lists.test.ts', test(pastDeadline), test(authenticated))] },
    ],
    [
      'a time out in a test about deadlines',
      { testResults: [file('test/faults/store.test.ts', test(outOfTime))] },
    ],
    ...[
      'flows',
      'security',
      'tokens',
      'middleware',
      'admin',
      'dialects',
      'verify',
      'signatures',
      'cli',
      'redis',
    ].map((folder): [string, unknown] => [
      `a test in test/${folder} that waits in vain until somebody is refused`,
      { testResults: [file(`test/${folder}/a.test.ts`, test(outOfTime))] },
    ]),
    [
      'an assertion beside a time out',
      { testResults: [file('test/package/install.test.ts', test(outOfTime), test(authenticated))] },
    ],
    ['a failure that says nothing', { testResults: [{ ...file(servers, test('')), assertionResults: [] }] }],
    [
      'a file that failed twice, once for another reason',
      { testResults: [file(servers, test(authenticated)), file(servers, test(ofMachine))] },
    ],
  ])('is not for %s', (_name, results) => {
    expect(again(results)).toEqual([]);
  });

  it('has a reason for each file of the list, and each file is there', () => {
    const source = `import { failuresOfTheMachine } from ${JSON.stringify(join(RUN, 'second-run.mjs'))};
      console.log(JSON.stringify(failuresOfTheMachine));`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', source], {
      encoding: 'utf8',
    });
    const rows = JSON.parse(stdout) as { file: string; reason: string }[];
    expect(rows.filter(({ reason }) => reason.length < 20)).toEqual([]);
    expect(rows.filter(({ file: path }) => !existsSync(join(RUN, '..', '..', path)))).toEqual([]);
    // Who is authenticated is asserted in these.
    expect(
      rows.filter(({ file: path }) => /\/(security|middleware|flows|tokens|faults)\//.test(path)),
    ).toEqual([]);
  });

  it('counts each test once, as it ended, and what was not run again as it was', () => {
    const both = (failedAgain: number, failedElsewhere: number): unknown =>
      callIn('second-run.mjs', 'countBoth', [
        { passed: 10, failed: 3 },
        { passed: 7, failed: failedAgain, troubles: [] },
        failedElsewhere,
      ]);
    expect(both(0, 0)).toMatchObject({ passed: 13, failed: 0 });
    expect(both(1, 0)).toMatchObject({ passed: 12, failed: 1 });
    expect(both(1, 1)).toMatchObject({ passed: 11, failed: 2 });
  });

  it('says how many failed in the files that it is for', () => {
    const testResults = [file(servers, test(), test(ofMachine), test(ofMachine)), file('b', test('x'))];
    expect(callIn('second-run.mjs', 'countFailedIn', [{ testResults }, [join(root, servers)]])).toBe(2);
  });
});

describe('the list of failures at the end of a run', () => {
  const list = (results: unknown): unknown =>
    callIn('list-failures.mjs', 'listFailures', [results, '/project']);

  it('has the file, the full name and the message of each failed test, without colours', () => {
    const failed = {
      fullName: 'a guard refuses a revoked key',
      status: 'failed',
      failureMessages: [
        '\u001B[31mExpected: 401\u001B[39m\n\nReceived: 200\n    at run (/project/node_modules/jest/run.js:1:1)',
      ],
    };
    const passed = { fullName: 'a guard', status: 'passed', failureMessages: [] };
    expect(
      list({
        testResults: [
          { name: '/project/test/a.test.ts', status: 'failed', assertionResults: [passed, failed] },
          { name: '/project/test/b.test.ts', status: 'passed', assertionResults: [passed] },
        ],
      }),
    ).toEqual(['test/a.test.ts: a guard refuses a revoked key\n    Expected: 401\n    Received: 200']);
  });

  it('has a file that could not be run', () => {
    expect(
      list({
        testResults: [
          { name: '/project/test/a.test.ts', status: 'failed', message: 'SyntaxError', assertionResults: [] },
        ],
      }),
    ).toEqual(['test/a.test.ts: the file could not be run\n    SyntaxError']);
  });

  it('is empty when nothing failed, and for a run without a result', () => {
    expect(list({ testResults: [] })).toEqual([]);
    expect(list(null)).toEqual([]);
  });
});
