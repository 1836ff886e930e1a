// @ts-check
// Starts hosts of followers, and tells them what to do.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { forkedOn, preferred } from './processors.mjs';

/**
 * @typedef {object} HostUsage
 * @property {number} loopDelayP99Ms
 * @property {number} listening followers that the database notifies
 * @property {Record<string, number>} logged
 */
/**
 * @typedef {object} FollowerHost
 * @property {number} pid
 * @property {(command: string, argument?: string) => Promise<any>} tell
 * @property {() => Promise<void>} stop
 */

/**
 * Starts a process with followers, which all are on the list of processes when it resolves.
 * @param {object} options
 * @param {string} options.databaseUrl
 * @param {string | undefined} options.redisUrl
 * @param {number} options.followers
 * @param {number} options.poolSize
 * @returns {Promise<FollowerHost>}
 */
export async function startFollowerHost({ databaseUrl, redisUrl, followers, poolSize }) {
  const child = fork(fileURLToPath(new URL('./follower-process.mjs', import.meta.url)), {
    ...forkedOn('measured', ['--max-semi-space-size=32']),
    env: {
      PATH: process.env.PATH,
      NODE_ENV: 'production',
      DATABASE_URL: databaseUrl,
      FOLLOWERS: String(followers),
      POOL_SIZE: String(poolSize),
      ...(redisUrl === undefined ? {} : { REDIS_URL: redisUrl }),
    },
  });
  if (child.pid !== undefined) preferred(child.pid);
  const exited = once(child, 'exit');
  /** @type {Map<number, { resolve: (value: any) => void, reject: (error: Error) => void }>} */
  const waiting = new Map();
  /** @type {Promise<void>} */
  const ready = new Promise((resolve, reject) => waiting.set(-1, { resolve: () => resolve(), reject }));
  child.on('message', (/** @type {{ number: number, value?: unknown, error?: string }} */ message) => {
    const { number, value, error } = message;
    const waiter = waiting.get(number);
    waiting.delete(number);
    if (error === undefined) waiter?.resolve(value);
    else waiter?.reject(new Error(error));
  });
  child.once('exit', (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`a host of followers ended with ${code}`));
  });
  let last = 0;
  /** @type {FollowerHost['tell']} */
  const tell = (command, argument = '') =>
    new Promise((resolve, reject) => {
      last += 1;
      waiting.set(last, { resolve, reject });
      child.send({ number: last, command, argument });
    });
  await ready;
  return {
    pid: /** @type {number} */ (child.pid),
    tell,
    async stop() {
      tell('stop').catch(() => {});
      const patience = setTimeout(() => child.kill('SIGKILL'), 30_000);
      await exited;
      clearTimeout(patience);
    },
  };
}
