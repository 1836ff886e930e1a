import { spawnSync } from 'node:child_process';
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
  const file = (name: string, status: string, message = '') => ({ name, status, message });
  const again = (results: unknown): unknown => callIn('second-run.mjs', 'filesToRunAgain', [results]);

  it('is for the files that failed, each once', () => {
    const testResults = [file('a', 'passed'), file('b', 'failed', 'Timeout'), file('b', 'failed')];
    expect(again({ ...GOOD, testResults })).toEqual(['b']);
  });

  it.each([
    ['a run without a result', null],
    ['a file that could not be loaded', { numRuntimeErrorTestSuites: 1, testResults: [file('a', 'failed')] }],
    ['a broken promise', { testResults: [file('a', 'failed', 'use of k1 was let in, 3 ms after revoke')] }],
    ['much that failed', { testResults: Array.from({ length: 13 }, (_, n) => file(`f${n}`, 'failed')) }],
  ])('is not for %s', (_name, results) => {
    expect(again(results)).toEqual([]);
  });

  it('counts each test once, as it ended', () => {
    const both = (failed: number): unknown =>
      callIn('second-run.mjs', 'countBoth', [
        { passed: 10, failed: 3 },
        { passed: 7 - failed, failed, troubles: [] },
      ]);
    expect(both(0)).toMatchObject({ passed: 13, failed: 0 });
    expect(both(1)).toMatchObject({ passed: 12, failed: 1 });
  });
});
