// @ts-check
'use strict';
const { findServerProgram } = require('../servers/install-servers.cjs');

/** Only the slow tier has tests in a browser, which is larger than most of what tests need. */
module.exports = function provideBrowser() {
  try {
    findServerProgram('chromium');
  } catch {
    // The tests that need it fail, and say what is missing; all others run.
  }
  return Promise.resolve();
};
