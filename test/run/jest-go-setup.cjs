// @ts-check
'use strict';
const { findServerProgram } = require('../servers/install-servers.cjs');

/** Only the whole run has tests in Go: its compiler is larger than everything else that tests need. */
module.exports = function provideGo() {
  try {
    findServerProgram('go');
  } catch {
    // The tests that need it fail, and say what is missing; all others run.
  }
  return Promise.resolve();
};
