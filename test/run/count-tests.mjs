// @ts-check
/**
 * What a jest run counts for. A skipped test, a file that could not be loaded and a run without tests are failures:
 * each of them would otherwise look like success.
 * @param {unknown} results the content of jest's `--json` output, or undefined when it wrote none
 * @param {boolean} exitedWell
 * @returns {{ passed: number, failed: number, troubles: string[] }}
 */
export function countTests(results, exitedWell) {
  if (typeof results !== 'object' || results === null) {
    return { passed: 0, failed: 1, troubles: ['jest ended without a result'] };
  }
  const count = (/** @type {string} */ name) =>
    Number(/** @type {Record<string, unknown>} */ (results)[name] ?? 0);
  const passed = count('numPassedTests');
  /** @type {Array<[number, string]>} */
  const failures = [
    [count('numFailedTests'), 'failed'],
    [count('numPendingTests'), 'skipped, which counts as failed'],
    [count('numTodoTests'), 'left as todo, which counts as failed'],
    [count('numRuntimeErrorTestSuites'), 'test files could not be run'],
    [count('numTotalTests') === 0 ? 1 : 0, 'run: jest found no tests'],
  ];
  let failed = failures.reduce((sum, [number]) => sum + number, 0);
  const troubles = failures.filter(([number]) => number > 0).map(([number, text]) => `${number} ${text}`);
  if (failed === 0 && !exitedWell) {
    failed = 1;
    troubles.push('jest ended with an error although every test passed');
  }
  return { passed, failed, troubles };
}
