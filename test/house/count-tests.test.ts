import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const MODULE = join(__dirname, '..', 'run', 'count-tests.mjs');

/** The counting is an ES module, which jest in CommonJS mode does not load: node runs it. */
function countTests(results: unknown, exitedWell: boolean): unknown {
  const source = `import { countTests } from ${JSON.stringify(MODULE)};
    console.log(JSON.stringify(countTests(${JSON.stringify(results)}, ${exitedWell})));`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', source], {
    encoding: 'utf8',
  });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout);
}

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
