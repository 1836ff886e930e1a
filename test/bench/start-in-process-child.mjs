// @ts-check
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { forkedOn } from './processors.mjs';

/**
 * Starts a process in which variants are compared without sockets.
 *
 * @param {{ group: import('./in-process-variants.mjs').Group, redisUrl: string, against?: string | undefined }} servers
 * @param {readonly string[]} [execArgv] options of node
 */
export async function startInProcessChild(servers, execArgv = []) {
  const child = fork(fileURLToPath(new URL('./in-process-child.mjs', import.meta.url)), {
    ...forkedOn('measured', execArgv),
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      NODE_ENV: 'production',
      BENCH_IN_PROCESS: JSON.stringify(servers),
    },
  });
  const exited = once(child, 'exit');
  const early = exited.then(([code]) => {
    throw new Error(`the process that compares without sockets ended with ${code}`);
  });
  early.catch(() => {});
  const nextResult = async () => (await Promise.race([once(child, 'message'), early]))[0].result;
  await nextResult();
  return {
    pid: /** @type {number} */ (child.pid),
    /** @param {import('./in-process-child.mjs').Task} task */
    async perform(task) {
      const result = nextResult();
      child.send(task);
      return result;
    },
    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
