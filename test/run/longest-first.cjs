// @ts-check
'use strict';
const { relative } = require('node:path');
const { default: Sequencer } = require('@jest/test-sequencer');
const { longest } = require('./tiers.cjs');

/** @param {import('@jest/test-result').Test} test @returns {number} its place among the longest; beyond them for all others */
function placeOf({ path, context }) {
  const place = longest.indexOf(relative(context.config.rootDir, path).replaceAll('\\', '/'));
  return place === -1 ? longest.length : place;
}

/**
 * Starts the files that take minutes before all others, so that the run does not end with one worker in the longest of them.
 * Jest alone does so only where it has seen the files before, which it never has in a new clone.
 */
module.exports = class LongestFirst extends Sequencer {
  /** @override @param {import('@jest/test-result').Test[]} tests */
  async sort(tests) {
    const sorted = await super.sort(tests);
    // Stable: those that are not among the longest keep the order that Jest gives them.
    return sorted.toSorted((one, other) => placeOf(one) - placeOf(other));
  }
};
