// @ts-check
'use strict';
const { startRedis } = require('./redis.cjs');

/**
 * A redis-server that is part of something larger, and can come back after it was killed.
 * @typedef {object} RedisNode
 * @property {number} port
 * @property {string} url of the default user
 * @property {() => Promise<void>} kill as by `kill -9`
 * @property {() => void} pause it stands still, its connections stay open
 * @property {() => void} resume
 * @property {() => Promise<void>} restart on the same port with the same files; kills it first
 * @property {() => Promise<string[]>} denials what the app's user was refused since it was started
 * @property {() => Promise<void>} stop
 */

/**
 * @param {readonly string[]} args more arguments for redis-server
 * @returns {Promise<RedisNode>}
 */
async function startRedisNode(args) {
  const started = [await startRedis({ args })];
  const current = () => /** @type {Awaited<ReturnType<typeof startRedis>>} */ (started.at(-1));
  const { port, url, dataDir } = current();
  return {
    port,
    url,
    kill: () => current().kill(),
    pause: () => current().pause(),
    resume: () => current().resume(),
    denials: () => current().denials(),
    async restart() {
      await current().kill();
      started.push(await startRedis({ args, port, dataDir }));
    },
    async stop() {
      for (const each of started.toReversed()) await each.stop();
    },
  };
}

module.exports = { startRedisNode };
