// @ts-check
'use strict';
const { relative } = require('node:path');

/** Below this, a file is not worth a line at the end. */
const slowMs = 5_000;
const slowestShown = 12;

/** Says after each file how far the run is, and at the end which files were slow. Failures are shown in full. */
module.exports = class ProgressReporter {
  /** @param {{ rootDir: string }} globalConfig */
  constructor({ rootDir }) {
    this.rootDir = rootDir;
    this.done = 0;
    this.startedAt = performance.now();
    /** @type {Array<{ file: string, ms: number }>} */
    this.files = [];
  }

  /**
   * @param {{ context: { config: { displayName?: { name: string } } } }} test
   * @param {any} result
   * @param {{ numTotalTestSuites: number }} sofar
   */
  onTestResult(test, result, { numTotalTestSuites }) {
    this.done += 1;
    const project = test.context.config.displayName?.name ?? '';
    const file = `${project} ${relative(this.rootDir, result.testFilePath)}`;
    const ms = result.perfStats.runtime;
    this.files.push({ file, ms });
    const { numFailingTests: failed, numPassingTests: passed, testExecError } = result;
    const outcome = failed > 0 || testExecError ? `${failed} FAILED` : `${passed} ok`;
    const at = seconds(performance.now() - this.startedAt);
    this.say(`[${this.done}/${numTotalTestSuites}, ${at}] ${file}: ${outcome}, ${seconds(ms)}`);
    if (!result.failureMessage) return;
    for (const { message } of result.console ?? []) this.say(message);
    this.say(result.failureMessage);
  }

  onRunComplete() {
    const slow = this.files.filter(({ ms }) => ms >= slowMs).sort((a, b) => b.ms - a.ms);
    if (slow.length === 0) return;
    this.say(
      `The slowest of ${this.files.length} files (${seconds(performance.now() - this.startedAt)} in all):`,
    );
    for (const { file, ms } of slow.slice(0, slowestShown)) this.say(`  ${seconds(ms).padStart(8)} ${file}`);
  }

  /** @param {string} text */
  say(text) {
    process.stdout.write(`         ${text}\n`);
  }
};

/** @param {number} ms */
function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`;
}
