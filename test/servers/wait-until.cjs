// @ts-check
'use strict';

/**
 * Asks again and again until the answer is yes. A question that fails counts as a no.
 * @param {string} what for the message, as `the cluster has six nodes`
 * @param {() => boolean | Promise<boolean>} isSo
 * @param {number} [timeoutMs]
 * @returns {Promise<void>}
 */
async function waitUntil(what, isSo, timeoutMs = 60_000) {
  const deadline = Date.now() + timeoutMs;
  let last = '';
  for (;;) {
    try {
      if (await isSo()) return;
    } catch (error) {
      last = ` (${error instanceof Error ? error.message : String(error)})`;
    }
    if (Date.now() > deadline) throw new Error(`Not within ${timeoutMs} ms: ${what}${last}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

module.exports = { waitUntil };
