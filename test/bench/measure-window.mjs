// @ts-check
import { signRequests } from './signature-pool.mjs';

/** @param {number} milliseconds */
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** How often a window is measured again when it held a wrong answer. */
const attempts = 3;

/**
 * One window of load on one route. A window with any answer that was not expected is void and measured again.
 *
 * @param {object} parts
 * @param {Awaited<ReturnType<typeof import('./measured-process.mjs').startMeasuredProcess>>} parts.measured
 * @param {import('./load-generator.mjs').LoadGenerator} parts.load
 * @param {object} window
 * @param {string} window.name
 * @param {number} window.connections
 * @param {number} window.seconds
 * @param {number} window.restMs until the process has answered what the load no longer waits for
 * @param {number} window.expectedRequests at the most; so many are signed where requests are signed
 * @returns {Promise<import('./paired-rounds.cjs').Window | null>} `null` when it was void every time
 */
export async function measureWindow(
  { measured, load },
  { name, connections, seconds, restMs, expectedRequests },
) {
  const target = measured.target(name);
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    if (target.signersFile !== undefined) {
      await signRequests({ ...target, signersFile: target.signersFile }, attempt * expectedRequests);
    }
    const before = await measured.usage();
    const answers = await load.send({ ...target, connections, seconds });
    const after = await measured.usage();
    await pause(restMs);
    const { requests, wrongAnswers, failures } = answers;
    if (requests > 0 && wrongAnswers === 0 && failures === 0) {
      return {
        requests,
        seconds: answers.seconds,
        p50Micros: answers.p50Micros,
        p99Micros: answers.p99Micros,
        cpuMicros: after.cpuMicros - before.cpuMicros,
        loopDelayMicros: after.loopDelayMicros,
      };
    }
    console.error(
      `Void window of ${name}: ${requests} answers, ${wrongAnswers} without status ${target.expect}, ` +
        `${failures} requests failed (attempt ${attempt} of ${attempts})`,
    );
  }
  return null;
}
