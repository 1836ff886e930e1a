// @ts-check
// What the users of another route notice while somebody sends forged keys.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { forkedOn } from './processors.mjs';
import statistics from './statistics.cjs';

const { median, percentile } = statistics;
const forgedShare = 0.05;
/** Requests a second in all: a third of what one process can answer on a slow machine, so that nothing queues by itself. */
const perSecond = 1000;

/**
 * @typedef {object} FloodResult
 * @property {string} name the forged keys
 * @property {number} p99Micros of the bare route, while they come
 * @property {number} ratioToNone the same over that of the same round without forged keys; median of the rounds
 */

/**
 * @param {object} options
 * @param {Awaited<ReturnType<typeof import('./measured-process.mjs').startMeasuredProcess>>} options.measured
 * @param {readonly string[]} options.forgeries variants whose keys are refused
 * @param {number} options.rounds
 * @param {number} options.seconds
 * @param {(text: string, seconds: number) => void} options.onStep
 * @returns {Promise<{ perSecond: number, forgedShare: number, noneP99Micros: number, floods: FloodResult[] }>}
 */
export async function measureFlood({ measured, forgeries, rounds, seconds, onStep }) {
  const client = fork(fileURLToPath(new URL('./open-loop.mjs', import.meta.url)), forkedOn('load'));

  /** @param {string | null} forgery */
  async function p99Of(forgery) {
    const streams = [{ ...measured.target('bare'), perSecond: perSecond * (1 - forgedShare) }];
    // Without forged keys the load is the same: honest requests in their place.
    streams.push({ ...measured.target(forgery ?? 'bare'), perSecond: perSecond * forgedShare });
    client.send({ streams, seconds, connections: 64 });
    const [results] = /** @type {[import('./open-loop.mjs').StreamResult[]]} */ (
      await once(client, 'message')
    );
    const wrong = results.reduce((sum, { wrongAnswers }) => sum + wrongAnswers, 0);
    if (wrong > 0) throw new Error(`flood of ${forgery ?? 'nothing'}: ${wrong} wrong or missing answers`);
    return percentile(results[0]?.latenciesMicros ?? [], 0.99);
  }

  try {
    await p99Of(null);
    const none = [];
    /** @type {Map<string, { p99: number[], ratios: number[] }>} */
    const flooded = new Map(forgeries.map((name) => [name, { p99: [], ratios: [] }]));
    for (let round = 1; round <= rounds; round += 1) {
      onStep(
        `round ${round} of ${rounds}: a bare route beside forged keys`,
        seconds * (forgeries.length + 1),
      );
      const quiet = await p99Of(null);
      none.push(quiet);
      for (const name of round % 2 === 0 ? forgeries : forgeries.toReversed()) {
        const p99 = await p99Of(name);
        flooded.get(name)?.p99.push(p99);
        flooded.get(name)?.ratios.push(p99 / quiet);
      }
    }
    return {
      perSecond,
      forgedShare,
      noneP99Micros: median(none),
      floods: [...flooded].map(([name, { p99, ratios }]) => ({
        name,
        p99Micros: median(p99),
        ratioToNone: median(ratios),
      })),
    };
  } finally {
    client.kill();
  }
}
