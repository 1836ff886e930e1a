// @ts-check
import { canCountInstructions, countInstructions } from './count-instructions.mjs';
import { costOf, findVoid, ratioOf } from './interleaved-windows.cjs';
import { requestsPerBatch } from './send-in-process.mjs';
import { startInProcessChild } from './start-in-process-child.mjs';

/** @typedef {import('./in-process-report.cjs').InProcess} InProcess */

const warmUpRounds = 60;
/** Of 60 requests: a millisecond or two, so that whatever else runs here mostly comes before or behind it. */
const batches = 3;
const garbageRounds = 15;
const instructionBatches = 500;
/** Nothing is collected while 500 requests are sent. */
const largeYoungGeneration = ['--expose-gc', '--min-semi-space-size=128', '--max-semi-space-size=128'];

/**
 * Compares guards in one process and without sockets, in windows of some milliseconds that are shuffled in every round.
 *
 * @param {object} options
 * @param {string} options.redisUrl
 * @param {string | undefined} options.against the folder of another build to compare this one with
 * @param {number} options.rounds
 * @param {(text: string) => void} options.onStep
 * @returns {Promise<InProcess>}
 */
export async function measureInProcess({ redisUrl, against, rounds, onStep }) {
  onStep(`in process: ${rounds} rounds`);
  const child = await startInProcessChild({ redisUrl, against });
  try {
    /** @type {{ name: string, about: string, bare: string, byHand: string, unmeasured: string | null }[]} */
    const variants = await child.perform({ kind: 'list' });
    await child.perform({ kind: 'warm-up', rounds: warmUpRounds });
    /** @type {Record<string, number[]>} */
    const timings = await child.perform({ kind: 'time', rounds, batches });
    const controls = () => ({
      bare: ratioOf(timings, 'bare-control', 'bare').ratio,
      byHand: costOf(timings, { name: 'by-hand-control', bare: 'bare', byHand: 'by-hand' }).costToHand ?? NaN,
    });
    if (findVoid(controls()) !== null) {
      onStep('in process: what does the same differs, so as many rounds again');
      const more = await child.perform({ kind: 'time', rounds, batches });
      for (const [name, values] of Object.entries(more)) timings[name]?.push(...values);
    }
    onStep('in process: instructions');
    const instructions = canCountInstructions ? await countOf(child, variants) : null;
    onStep('in process: garbage');
    const bytes = await measureGarbage({ redisUrl, against });
    return {
      rounds: timings.bare?.length ?? 0,
      requestsPerWindow: batches * requestsPerBatch,
      void: findVoid(controls()),
      controls: controls(),
      rows: variants.map(({ name, about, bare, byHand }) => ({
        ...{ name, about, bare, byHand },
        ...costOf(timings, { name, bare, byHand }),
        bytes: bytes[name] ?? NaN,
        instructions: instructions?.[name] ?? null,
      })),
      measured: variants.flatMap(({ name, unmeasured }) =>
        unmeasured === null ? [] : [{ name, ...ratioOf(timings, name, unmeasured) }],
      ),
      builds: variants
        .filter(({ name }) => name.startsWith('other-'))
        .map(({ name }) => name.slice('other-'.length))
        .map((name) => {
          const cost = costOf(timings, { name, bare: 'bare', byHand: `other-${name}` });
          const { costToHand: costRatio, costToHandInterval: costInterval } = cost;
          return { name, ...ratioOf(timings, name, `other-${name}`), costRatio, costInterval };
        }),
    };
  } finally {
    await child.stop();
  }
}

/** @param {{ redisUrl: string, against: string | undefined }} servers @returns {Promise<Record<string, number>>} */
async function measureGarbage(servers) {
  const child = await startInProcessChild(servers, largeYoungGeneration);
  try {
    await child.perform({ kind: 'warm-up', rounds: warmUpRounds });
    return await child.perform({ kind: 'garbage', rounds: garbageRounds });
  } finally {
    await child.stop();
  }
}

/**
 * @param {Awaited<ReturnType<typeof startInProcessChild>>} child
 * @param {readonly { name: string }[]} variants
 */
async function countOf(child, variants) {
  /** @type {Record<string, number>} */
  const counts = {};
  for (const { name } of variants) {
    const count = await countInstructions(child.pid, () =>
      child.perform({ kind: 'send', name, batches: instructionBatches }),
    );
    if (count !== null) counts[name] = count / (instructionBatches * requestsPerBatch);
  }
  return counts;
}
