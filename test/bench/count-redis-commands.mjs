// @ts-check
import { Redis } from 'ioredis';
import { touchKeys } from './touch-keys.mjs';

const seconds = 3;

/**
 * Counts what all clients of Redis ask it for while one route is used whose keys were all used just before.
 *
 * @param {object} options
 * @param {string} options.redisUrl
 * @param {Awaited<ReturnType<typeof import('./measured-process.mjs').startMeasuredProcess>>} options.measured
 * @param {import('./load-generator.mjs').LoadGenerator} options.load
 * @param {readonly string[]} options.names those without a route are left out
 * @param {(text: string, seconds: number) => void} options.onStep
 * @returns {Promise<{ name: string, commandsPerRequest: number }[]>}
 */
export async function countRedisCommands({ redisUrl, measured, load, names, onStep }) {
  const redis = new Redis(redisUrl);
  async function callsSoFar() {
    const statistics = await redis.info('commandstats');
    // What is asked here is no part of it.
    const calls = [...statistics.matchAll(/^cmdstat_(?!info)[^:]+:calls=(\d+)/gm)];
    return calls.reduce((total, [, count]) => total + Number(count), 0);
  }
  try {
    const results = [];
    for (const name of names.filter(measured.hasRoute)) {
      onStep(`Redis commands of ${name}`, seconds);
      const target = measured.target(name);
      await touchKeys(target);
      const before = await callsSoFar();
      const { requests } = await load.send({ ...target, seconds, connections: 64 });
      results.push({ name, commandsPerRequest: ((await callsSoFar()) - before) / requests });
    }
    return results;
  } finally {
    await redis.quit();
  }
}
