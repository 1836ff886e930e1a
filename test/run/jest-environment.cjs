// @ts-check
'use strict';
const vm = require('node:vm');
const { TestEnvironment } = require('jest-environment-node');
const { useWarmThreads } = require('./warm-threads.cjs');

/** @type {Map<string, { source: string, script: vm.Script }>} */
const compiled = new Map();

/**
 * Does what `vm.compileFunction` does for the modules of a test file, and compiles each module once in a worker. Every test file still has
 * a context of its own, in which it runs every module anew; parsing a thousand of them again was half of loading them.
 * @param {string} source
 * @param {readonly string[]} parameters
 * @param {vm.CompileFunctionOptions} options
 */
function compileOnce(source, parameters, { filename = '', parsingContext, importModuleDynamically }) {
  const head = `(function (${parameters.join()}) {`;
  const wrapped = `${head}${source}\n})`;
  let known = compiled.get(filename);
  if (known?.source !== wrapped) {
    const options = { filename, columnOffset: -head.length, importModuleDynamically };
    const script = new vm.Script(wrapped, /** @type {vm.ScriptOptions} */ (/** @type {unknown} */ (options)));
    known = { source: wrapped, script };
    compiled.set(filename, known);
  }
  return parsingContext === undefined
    ? known.script.runInThisContext()
    : known.script.runInContext(parsingContext);
}

const { compileFunction } = vm;
vm.compileFunction = /** @type {typeof vm.compileFunction} */ (
  (source, parameters, options = {}) =>
    options.parsingContext === undefined
      ? compileFunction(source, parameters, options)
      : compileOnce(source, parameters ?? [], options)
);

/** What these files test is how threads start and end. */
const aboutThreads = /\/test\/(crypto|package)\//;

module.exports = class extends TestEnvironment {
  /**
   * @param {import('@jest/environment').JestEnvironmentConfig} config
   * @param {import('@jest/environment').EnvironmentContext} context
   */
  constructor(config, context) {
    super(config, context);
    useWarmThreads(!aboutThreads.test(context.testPath));
  }
};
