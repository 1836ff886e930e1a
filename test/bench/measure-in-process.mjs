// @ts-check
import { canCountInstructions, countInstructions } from './count-instructions.mjs';
import { costOf, findVoid, ratioOf } from './interleaved-windows.cjs';
import { requestsPerBatch } from './send-in-process.mjs';
import { startInProcessChild } from './start-in-process-child.mjs';

/** @typedef {import('./in-process-report.cjs').InProcess} InProcess */

/** @typedef {import('./in-process-variants.mjs').Group} Group */
/** @typedef {{ name: string, about: string, bare: string, byHand: string, unmeasured: string | null }} Listed */
/**
 * @typedef {object} Measurements of one group
 * @property {Group} group
 * @property {Listed[]} variants
 * @property {Record<string, number[]>} timings
 * @property {Record<string, number>} bytes
 * @property {Record<string, number> | null} instructions
 */

const warmUpRounds = 60;
/** Of 60 requests: a millisecond or two, so that whatever else runs here mostly comes before or behind it. */
const batches = 3;
/** Rounds of one process. Each process compiles and places the same code in another way. */
const roundsOfBlock = 250;
const minBlocks = 3;
/** Processes are added until the control by hand is known so well: half of its 95 % interval. It is not asked where that lies. */
const wantedPrecision = 0.02;
const garbageRounds = 9;
const instructionBatches = 500;
/** Nothing is collected while 500 requests are sent. */
const largeYoungGeneration = ['--expose-gc', '--min-semi-space-size=128', '--max-semi-space-size=128'];

/**
 * Compares guards without sockets, in windows of some milliseconds that are shuffled in every round, each group of variants in
 * processes of its own.
 *
 * @param {object} options
 * @param {string} options.redisUrl
 * @param {string | undefined} options.against the folder of another build to compare this one with
 * @param {number} options.maxBlocks
 * @param {(text: string) => void} options.onStep
 * @returns {Promise<InProcess>}
 */
export async function measureInProcess({ redisUrl, against, maxBlocks, onStep }) {
  /** @type {Group[]} */
  const groups = against === undefined ? ['guards', 'measured', 'limits', 'express4'] : ['builds'];
  /** @type {Measurements[]} */
  const measurements = [];
  for (const group of groups) {
    // The others have the same controls, and are read less closely.
    const most = group === 'guards' || group === 'builds' ? maxBlocks : Math.ceil(maxBlocks / 3);
    measurements.push(await measureGroup({ group, redisUrl, against }, most, onStep));
  }
  const controls = measurements.map(controlsOf);
  const reasons = measurements.map(({ group }, index) => {
    const reason = findVoid(controls[index] ?? { bare: NaN, byHand: NaN });
    return reason === null ? null : `among ${group}, ${reason}`;
  });
  return {
    rounds: measurements[0]?.timings[measurements[0].variants[0]?.name ?? '']?.length ?? 0,
    requestsPerWindow: batches * requestsPerBatch,
    void: reasons.find((reason) => reason !== null) ?? null,
    controls: {
      bare: controls.map(({ bare }) => bare).reduce(farther),
      byHand: controls.map(({ byHand }) => byHand).reduce(farther),
    },
    // Of the groups behind the first, the routes that all groups have are left out.
    rows: measurements.flatMap(({ variants, timings, bytes, instructions }, index) =>
      variants
        .filter(({ name }) => index === 0 || !/^(?:bare|by-hand)(?:-control)?$/.test(name))
        .map(({ name, about, bare, byHand }) => {
          const figuresOf = (/** @type {string} */ each) => ({
            bytes: bytes[each] ?? NaN,
            instructions: instructions?.[each] ?? null,
          });
          return {
            ...{ name, about, bare, byHand },
            ...costOf(timings, { name, bare, byHand }),
            ...figuresOf(name),
            base: figuresOf(bare),
            hand: figuresOf(byHand),
          };
        }),
    ),
    measured: measurements.flatMap(({ variants, timings }) =>
      variants.flatMap(({ name, unmeasured }) =>
        unmeasured === null ? [] : [{ name, ...ratioOf(timings, name, unmeasured) }],
      ),
    ),
    builds: measurements.flatMap(({ variants, timings }) =>
      variants
        .filter(({ name }) => name.startsWith('other-'))
        .map(({ name }) => name.slice('other-'.length))
        .map((name) => {
          const cost = costOf(timings, { name, bare: 'bare', byHand: `other-${name}` });
          const { costToHand: costRatio, costToHandInterval: costInterval } = cost;
          return { name, ...ratioOf(timings, name, `other-${name}`), costRatio, costInterval };
        }),
    ),
  };
}

/** @param {number} a @param {number} b @returns {number} what is farther from 1 */
const farther = (a, b) => (Math.abs(a - 1) >= Math.abs(b - 1) ? a : b);

/** @param {Measurements} measurements */
function controlsOf({ variants, timings }) {
  const [{ bare, byHand } = { bare: 'bare', byHand: 'by-hand' }] = variants;
  const suffix = bare.slice('bare'.length);
  const cost = costOf(timings, { name: `by-hand-control${suffix}`, bare, byHand });
  return {
    bare: ratioOf(timings, `bare-control${suffix}`, bare).ratio,
    byHand: cost.costToHand ?? NaN,
    byHandInterval: cost.costToHandInterval ?? /** @type {const} */ ([-Infinity, Infinity]),
  };
}

/**
 * @param {{ group: Group, redisUrl: string, against: string | undefined }} where
 * @param {number} maxBlocks
 * @param {(text: string) => void} onStep
 * @returns {Promise<Measurements>}
 */
async function measureGroup(where, maxBlocks, onStep) {
  /** @type {Measurements} */
  const found = { group: where.group, variants: [], timings: {}, bytes: {}, instructions: null };
  const isPrecise = () => {
    const [from, to] = controlsOf(found).byHandInterval;
    return (to - from) / 2 <= wantedPrecision;
  };
  for (let block = 1; block <= maxBlocks && (block <= minBlocks || !isPrecise()); block += 1) {
    onStep(`in process, ${where.group}: process ${block}, ${roundsOfBlock} rounds`);
    await measureBlock(where, found, block === 1);
  }
  onStep(`in process, ${where.group}: garbage`);
  found.bytes = await measureGarbage(where);
  return found;
}

/**
 * @param {{ group: Group, redisUrl: string, against: string | undefined }} where
 * @param {Measurements} found what is found is added to it
 * @param {boolean} isFirst
 */
async function measureBlock(where, found, isFirst) {
  const child = await startInProcessChild(where, ['--expose-gc']);
  try {
    found.variants = await child.perform({ kind: 'list' });
    await child.perform({ kind: 'warm-up', rounds: warmUpRounds });
    /** @type {Record<string, number[]>} */
    const timings = await child.perform({ kind: 'time', rounds: roundsOfBlock, batches });
    for (const [name, values] of Object.entries(timings)) (found.timings[name] ??= []).push(...values);
    if (isFirst && canCountInstructions) found.instructions = await countOf(child, found.variants);
  } finally {
    await child.stop();
  }
}

/** @param {{ group: Group, redisUrl: string, against: string | undefined }} servers @returns {Promise<Record<string, number>>} */
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
