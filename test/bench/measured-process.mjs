// @ts-check
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { forkedOn } from './processors.mjs';

/** @typedef {import('./load-generator.mjs').Load} Load */
/**
 * Where the requests of a route go and what they are. With `signersFile` they are signed before each window.
 * @typedef {Pick<Load, 'url' | 'keyFile' | 'order' | 'expect'> & { signersFile?: string | undefined }} Target
 */

/**
 * Starts the process under measurement and waits until all its routes answer.
 * @param {{ set: 'usual' | 'many-keys', redisUrl: string, postgresUrl?: string | undefined, hasPeers?: boolean }} servers
 */
export async function startMeasuredProcess(servers) {
  const child = fork(fileURLToPath(new URL('./server.mjs', import.meta.url)), {
    ...forkedOn('measured'),
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      NODE_ENV: 'production',
      BENCH_SERVERS: JSON.stringify(servers),
    },
  });
  const exited = once(child, 'exit');
  const early = exited.then(([code]) => {
    throw new Error(`the measured process ended with ${code}`);
  });
  early.catch(() => {});
  const nextMessage = async () => (await Promise.race([once(child, 'message'), early]))[0];
  /** @type {{ targets: Record<string, Target>, missing: string[] }} */
  const { targets, missing } = await nextMessage();
  return {
    missing,
    /** @param {string} name */
    hasRoute: (name) => name in targets,
    /** @param {string} name */
    target(name) {
      const target = targets[name];
      if (target === undefined) throw new Error(`there is no route ${name}`);
      return target;
    },
    /** @returns {Promise<{ cpuMicros: number, loopDelayMicros: number }>} */
    async usage() {
      const message = nextMessage();
      child.send('usage');
      return message;
    },
    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
