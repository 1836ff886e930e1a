// @ts-check
import { relative } from 'node:path';

/** How much of a failure's message is repeated at the end of a run: enough to see what was compared, and where. */
const linesShown = 25;

/**
 * The failed tests of a jest run in words: file, full name, and the beginning of each message without colours. They are said
 * once more at the end of a run, where somebody who has only the end of its output finds them.
 * @param {unknown} results the content of jest's `--json` output, or undefined when it wrote none
 * @param {string} root the folder of the project
 * @returns {string[]} one text for each failed test, and for each file that could not be run
 */
export function listFailures(results, root) {
  const { testResults = [] } = /** @type {{ testResults?: FileResult[] }} */ (results ?? {});
  return testResults
    .filter(({ status }) => status === 'failed')
    .flatMap(({ name, message = '', assertionResults = [] }) => {
      const path = relative(root, name);
      const failed = assertionResults.filter(({ status }) => status === 'failed');
      if (failed.length === 0) return [describeFailure(path, 'the file could not be run', [message])];
      return failed.map(({ fullName, failureMessages }) =>
        describeFailure(path, fullName, failureMessages ?? []),
      );
    });
}

/**
 * @typedef {{ fullName: string, status: string, failureMessages?: string[] | null }} TestResult
 * @typedef {{ name: string, status: string, message?: string, assertionResults?: TestResult[] }} FileResult
 */

/** @param {string} path @param {string} title @param {readonly string[]} messages */
function describeFailure(path, title, messages) {
  const lines = messages
    .flatMap((message) => stripColours(message).split('\n'))
    .filter((line) => line.trim() !== '' && !line.includes('node_modules'));
  const shown = lines.slice(0, linesShown).map((line) => `    ${line}`);
  return [`${path}: ${title}`, ...shown].join('\n');
}

/** @param {string} text */
function stripColours(text) {
  // eslint-disable-next-line no-control-regex
  return text.replaceAll(/\u001B\[[0-9;]*m/g, '');
}
