// @ts-check
'use strict';

module.exports = async function stopServers() {
  for (const stop of /** @type {any} */ (globalThis).serversOfThisRun ?? []) await stop();
};
