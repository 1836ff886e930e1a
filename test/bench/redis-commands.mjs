import { Redis } from 'ioredis';

/** Counts what all clients of a server ask it for. @param {string} url */
export function createRedisCommandCounter(url) {
  const redis = new Redis(url);
  /** Commands per request, by variant. @type {Map<string, { commands: number, requests: number }>} */
  const counted = new Map();

  async function callsSoFar() {
    const statistics = await redis.info('commandstats');
    // What is asked by this counter itself is no part of it.
    const calls = [...statistics.matchAll(/^cmdstat_(?!info)[^:]+:calls=(\d+)/gm)];
    return calls.reduce((total, [, count]) => total + Number(count), 0);
  }

  return {
    /**
     * @template {{ requests: number }} T
     * @param {string} name
     * @param {() => Promise<T>} work
     * @returns {Promise<T>}
     */
    async during(name, work) {
      const before = await callsSoFar();
      const result = await work();
      const total = counted.get(name) ?? { commands: 0, requests: 0 };
      total.commands += (await callsSoFar()) - before;
      total.requests += result.requests;
      counted.set(name, total);
      return result;
    },
    /** @returns {{ name: string, commandsPerRequest: number }[]} */
    results: () =>
      [...counted].map(([name, { commands, requests }]) => ({
        name,
        commandsPerRequest: commands / requests,
      })),
    stop: async () => void (await redis.quit()),
  };
}
