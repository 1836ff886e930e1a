// @ts-check
'use strict';
const { bootstrapInterval, median, percentile } = require('./statistics.cjs');

/** Which quantile stands for a machine that nothing else was using. */
const lowShare = 0.1;

/** What two variants that do the same may differ by. */
const controlBounds = /** @type {const} */ ([0.97, 1.03]);

/**
 * What every variant took in every round, in microseconds for each request. The values of one round belong together.
 * @typedef {Readonly<Record<string, readonly number[]>>} Timings
 */

/**
 * @typedef {object} Cost
 * @property {number} micros time of one request, median
 * @property {number} lowMicros the same where little else was running: the 10th percentile
 * @property {number} ratioToBare median of the ratios of single rounds
 * @property {readonly [number, number]} ratioToBareInterval
 * @property {number} addedMicros what it takes more than the bare route of its round, median
 * @property {number | null} costToHand that, divided by what the check by hand takes more
 * @property {readonly [number, number] | null} costToHandInterval
 * @property {number | null} lowCostToHand the same from the low quantiles
 */

/**
 * Compares a variant with the bare route and with the check by hand, round by round: a machine that gets slower does so for all
 * of them.
 *
 * @param {Timings} timings
 * @param {{ name: string, bare: string, byHand: string }} variant
 * @param {() => number} [random]
 * @returns {Cost}
 */
function costOf(timings, { name, bare, byHand }, random) {
  const [own, base, hand] = [name, bare, byHand].map((each) => timings[each] ?? []);
  if (own === undefined || base === undefined || hand === undefined) throw new RangeError(name);
  const rounds = own.map((_, round) => round);
  /** @param {readonly number[]} values @param {readonly number[]} drawn */
  const added = (values, drawn) => median(drawn.map((round) => Number(values[round]) - Number(base[round])));
  /** @param {readonly number[]} drawn */
  const ratioToBare = (drawn) => median(drawn.map((round) => Number(own[round]) / Number(base[round])));
  /** @param {readonly number[]} drawn */
  const costToHand = (drawn) => added(own, drawn) / added(hand, drawn);
  const low = (/** @type {readonly number[]} */ values) => percentile(values, lowShare);
  const isGuard = name !== bare;
  return {
    micros: median(own),
    lowMicros: low(own),
    ratioToBare: ratioToBare(rounds),
    ratioToBareInterval: bootstrapInterval(rounds.length, ratioToBare, { ...(random && { random }) }),
    addedMicros: added(own, rounds),
    costToHand: isGuard ? costToHand(rounds) : null,
    costToHandInterval: isGuard
      ? bootstrapInterval(rounds.length, costToHand, { ...(random && { random }) })
      : null,
    lowCostToHand: isGuard ? (low(own) - low(base)) / (low(hand) - low(base)) : null,
  };
}

/**
 * Compares two variants directly.
 * @param {Timings} timings
 * @param {string} name
 * @param {string} other
 * @returns {{ ratio: number, interval: readonly [number, number] }} time of the first over time of the second
 */
function ratioOf(timings, name, other) {
  const ratios = (timings[name] ?? []).map((micros, round) => micros / Number(timings[other]?.[round]));
  const drawn = (/** @type {readonly number[]} */ indices) =>
    median(indices.map((round) => Number(ratios[round])));
  return { ratio: median(ratios), interval: bootstrapInterval(ratios.length, drawn) };
}

/** @param {number} ratio */
const isWithinBounds = (ratio) => ratio >= controlBounds[0] && ratio <= controlBounds[1];

/**
 * Why nothing of a run can be believed: variants that do the same came out differently. `null` when they did not.
 * @param {{ bare: number, byHand: number }} controls the bare route over itself, and the cost of the check by hand over itself
 * @returns {string | null}
 */
function findVoid({ bare, byHand }) {
  if (isWithinBounds(bare) && isWithinBounds(byHand)) return null;
  return (
    `what does the same differs: the bare route by ${bare.toFixed(3)}, the cost of the check by hand by ` +
    `${byHand.toFixed(3)}; ${controlBounds.join('–')} is allowed`
  );
}

module.exports = { costOf, findVoid, ratioOf };
