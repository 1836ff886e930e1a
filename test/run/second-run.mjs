// @ts-check
/**
 * What no slow machine explains: somebody was let in who should not be, or what was acknowledged is lost. Sentences of
 * the checkers in test/faults.
 */
const brokenPromise = /was let in|have won|chain breaks|not in the trail|has the number|makes version/;

/** With more files than these, it is not one busy minute of the machine. */
const mostFiles = 12;

/**
 * The test files that are run again, alone. Tests with real servers, processes and deadlines fail where the machine
 * stands still for seconds, as shared ones do; a fault of the code fails again. Nothing is run again when a promise was
 * broken, a file could not be loaded, or much has failed.
 * @param {unknown} results the content of jest's `--json` output, or undefined when it wrote none
 * @returns {string[]} absolute paths, each once
 */
export function filesToRunAgain(results) {
  if (typeof results !== 'object' || results === null) return [];
  const { numRuntimeErrorTestSuites, testResults } =
    /** @type {{ numRuntimeErrorTestSuites?: number, testResults?: Array<{ name: string, status: string, message: string }> }} */ (
      results
    );
  const failed = (testResults ?? []).filter(({ status }) => status === 'failed');
  if ((numRuntimeErrorTestSuites ?? 0) > 0) return [];
  if (failed.some(({ message }) => brokenPromise.test(message))) return [];
  const files = [...new Set(failed.map(({ name }) => name))];
  return files.length > mostFiles ? [] : files;
}

/**
 * The count of both runs: each test once, as it ended.
 * @param {{ passed: number, failed: number }} first
 * @param {{ passed: number, failed: number, troubles: string[] }} second of the files that had failed
 * @returns {{ passed: number, failed: number, troubles: string[] }}
 */
export function countBoth(first, second) {
  return {
    passed: first.passed + Math.max(0, first.failed - second.failed),
    failed: second.failed,
    troubles: second.troubles,
  };
}
