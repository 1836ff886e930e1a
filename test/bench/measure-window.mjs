const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** How often a window is measured again when it held a wrong answer. */
const attempts = 3;

/**
 * One window of load on one route. A window with any answer that was not expected is void and measured again.
 *
 * @param {object} parts
 * @param {Awaited<ReturnType<typeof import('./measured-process.mjs').startMeasuredProcess>>} parts.measured
 * @param {import('./load-generator.mjs').LoadGenerator} parts.load
 * @param {ReturnType<typeof import('./redis-commands.mjs').createRedisCommandCounter>} [parts.redisCommands]
 * @param {{ name: string, connections: number, seconds: number, restMs: number }} window `restMs`: until the process
 *   has answered what the load no longer waits for
 * @returns {Promise<import('./paired-rounds.cjs').Window | null>} `null` when it was void every time
 */
export async function measureWindow(
  { measured, load, redisCommands },
  { name, connections, seconds, restMs },
) {
  const target = measured.targets[name];
  const send = () => load.send({ ...target, connections, seconds });
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const before = await measured.usage();
    const answers = await (redisCommands === undefined ? send() : redisCommands.during(name, send));
    const after = await measured.usage();
    await pause(restMs);
    const { requests, p50Micros, p99Micros, wrongAnswers, failures } = answers;
    if (requests > 0 && wrongAnswers === 0 && failures === 0) {
      return {
        requests,
        seconds: answers.seconds,
        cpuMicros: after.cpuMicros - before.cpuMicros,
        p50Micros,
        p99Micros,
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
