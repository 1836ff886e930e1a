// @ts-check
'use strict';

/** Ends the servers, all of them, and fails the run when one of them has something to say. */
module.exports = async function stopServers() {
  const servers = /** @type {Array<() => Promise<void>>} */ (
    /** @type {any} */ (globalThis).serversOfThisRun ?? []
  );
  const failed = (await Promise.allSettled(servers.map((stop) => stop()))).filter(
    (each) => each.status === 'rejected',
  );
  if (failed.length > 0) throw new Error(failed.map(({ reason }) => String(reason)).join('\n'));
};
