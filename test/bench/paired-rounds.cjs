// @ts-check
'use strict';
const { shuffled } = require('./shuffled.cjs');
const { median, medianInterval } = require('./statistics.cjs');

/**
 * What one window of load has shown.
 * @typedef {object} Window
 * @property {number} requests
 * @property {number} seconds
 * @property {number} cpuMicros processor time of the measured process, all its threads
 * @property {number} p50Micros
 * @property {number} p99Micros
 * @property {number} loopDelayMicros 99th percentile of how late timers of the measured process were
 */

/**
 * @typedef {object} Row
 * @property {string} name
 * @property {number} ratioToBare requests per second, over those of the bare route in the same round; median of all rounds
 * @property {number} cpuAddedMicros processor time per request, less that of the bare route in the same round
 * @property {number} p50Micros
 * @property {number} p99Micros
 * @property {readonly [number, number]} ratioInterval 95 % interval of the median ratio
 * @property {number} requestsPerSecond
 * @property {number} loopDelayMicros
 * @property {number} rounds
 */

/** What the bare routes may differ by; beyond that, the machine was too restless to compare anything. */
const controlBounds = /** @type {const} */ ([0.97, 1.03]);

/**
 * The order of one round: all variants shuffled, and the base before, between and behind them, `stride` variants apart.
 * @param {string} base
 * @param {readonly string[]} others
 * @param {number} stride
 * @param {() => number} random
 * @returns {string[]}
 */
function planRound(base, others, stride, random) {
  const order = shuffled(others, random);
  const plan = [base];
  for (let start = 0; start < order.length; start += stride) {
    plan.push(...order.slice(start, start + stride), base);
  }
  return plan;
}

/** @typedef {{ own: Window, base: Window }} Pair */

/**
 * Visits all variants in rounds, in shuffled order, and compares each with the mean of the two visits of the base before
 * and behind it: a machine that gets slower or faster in between does so for all of them.
 *
 * @param {object} options
 * @param {string} options.base what the others are compared with
 * @param {readonly { name: string, rounds: number }[]} options.others each is visited in the first `rounds` rounds
 * @param {number} [options.stride] most variants between two visits of the base
 * @param {(name: string) => Promise<Window | null>} options.measure `null`: the variant cannot be measured and is left out
 * @param {{ rounds: number, areNeeded: (rows: readonly Row[]) => boolean }} [options.more] rounds that are added when
 *   what was found so far calls for it, for those that were visited in every round
 * @param {(round: number, rounds: number, name: string) => void} [options.onVisit] told before every visit
 * @param {() => number} [options.random]
 * @returns {Promise<{ rows: Row[], dropped: string[] }>} rows in the order given, the base first
 */
async function comparePaired({ base, others, stride = 4, measure, more, onVisit, random = Math.random }) {
  /** @type {Map<string, Pair[]>} */
  const pairs = new Map();
  for (const name of [base, ...others.map((other) => other.name)]) pairs.set(name, []);
  /** @type {Set<string>} */
  const dropped = new Set();
  const planned = Math.max(...others.map((other) => other.rounds));
  const rowsSoFar = () => [...pairs].map(([name, visits]) => summarise(name, visits));

  /** @param {number} from @param {number} to */
  async function visitRounds(from, to) {
    for (let round = from; round <= to; round += 1) {
      const due = others.filter(
        ({ name, rounds }) => rounds >= Math.min(round, planned) && !dropped.has(name),
      );
      const names = due.map(({ name }) => name);
      const visits = await visitRound(planRound(base, names, stride, random), base, async (name) => {
        onVisit?.(round, to, name);
        return measure(name);
      });
      for (const [name, pair] of visits) {
        if (pair !== null) pairs.get(name)?.push(pair);
        else if (pairs.delete(name)) dropped.add(name);
      }
    }
  }

  await visitRounds(1, planned);
  if (more?.areNeeded(rowsSoFar())) await visitRounds(planned + 1, planned + more.rounds);
  return { rows: rowsSoFar(), dropped: [...dropped] };
}

/**
 * @param {readonly string[]} order begins and ends with the base
 * @param {string} base
 * @param {(name: string) => Promise<Window | null>} measure
 * @returns {Promise<[string, Pair | null][]>} what belongs together, `null` for what cannot be measured
 */
async function visitRound(order, base, measure) {
  /** @type {[string, Pair | null][]} */
  const visits = [];
  /** @type {Window | undefined} */
  let before;
  /** @type {[string, Window][]} */
  let waiting = [];
  for (const name of order) {
    const window = await measure(name);
    if (name !== base) {
      if (window === null) visits.push([name, null]);
      else waiting.push([name, window]);
      continue;
    }
    if (window === null) throw new Error(`what all are compared with cannot be measured: ${base}`);
    const reference = before === undefined ? window : meanOf(before, window);
    for (const [other, own] of waiting) visits.push([other, { own, base: reference }]);
    visits.push([base, { own: window, base: window }]);
    before = window;
    waiting = [];
  }
  return visits;
}

/** @param {Window} a @param {Window} b @returns {Window} */
function meanOf(a, b) {
  const perSecond = (rate(a) + rate(b)) / 2;
  const cpu = (cpuPerRequest(a) + cpuPerRequest(b)) / 2;
  return { ...b, requests: perSecond, seconds: 1, cpuMicros: cpu * perSecond };
}

/** @param {Window} window */
const rate = (window) => window.requests / window.seconds;
/** @param {Window} window */
const cpuPerRequest = (window) => window.cpuMicros / window.requests;

/** @param {string} name @param {readonly { own: Window, base: Window }[]} visits @returns {Row} */
function summarise(name, visits) {
  const ratios = visits.map(({ own, base }) => rate(own) / rate(base));
  /** @param {(own: Window) => number} figure */
  const of = (figure) => median(visits.map(({ own }) => figure(own)));
  return {
    name,
    ratioToBare: median(ratios),
    cpuAddedMicros: median(visits.map(({ own, base }) => cpuPerRequest(own) - cpuPerRequest(base))),
    p50Micros: of((own) => own.p50Micros),
    p99Micros: of((own) => own.p99Micros),
    ratioInterval: medianInterval(ratios),
    requestsPerSecond: of(rate),
    loopDelayMicros: of((own) => own.loopDelayMicros),
    rounds: visits.length,
  };
}

/**
 * Whether two routes that do the same came out alike. If they did not, nothing of the run can be believed.
 * @param {readonly Row[]} rows
 * @param {string} control
 * @returns {boolean}
 */
function controlHolds(rows, control) {
  const ratio = rows.find(({ name }) => name === control)?.ratioToBare;
  return ratio !== undefined && ratio >= controlBounds[0] && ratio <= controlBounds[1];
}

module.exports = { comparePaired, controlBounds, controlHolds, planRound };
