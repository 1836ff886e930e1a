// @ts-check
'use strict';

/** @param {readonly number[]} values */
const ascending = (values) => Float64Array.from(values).sort();

/** @param {readonly number[]} values at least one @returns {number} */
function median(values) {
  if (values.length === 0) throw new RangeError('there is no median of nothing');
  const sorted = ascending(values);
  const upper = sorted.length >> 1;
  const lower = sorted.length % 2 === 1 ? upper : upper - 1;
  return (Number(sorted[lower]) + Number(sorted[upper])) / 2;
}

/**
 * The smallest value that at least `share` of all values do not exceed.
 * @param {readonly number[]} values at least one
 * @param {number} share above 0 and at most 1
 * @returns {number}
 */
function percentile(values, share) {
  if (values.length === 0) throw new RangeError('there is no percentile of nothing');
  return /** @type {number} */ (ascending(values)[Math.ceil(share * values.length) - 1]);
}

/** @param {number} n @param {number} k @returns {number} in how many ways k of n can be chosen */
function choose(n, k) {
  let ways = 1;
  for (let index = 1; index <= k; index += 1) ways = (ways * (n - k + index)) / index;
  return ways;
}

/**
 * An interval that holds the true median with at least 95 % probability, whatever the distribution: it lies between two
 * of the values themselves, because each value is above the median with probability one half. Fewer than six values
 * cannot say so much, and the whole range is returned.
 *
 * @param {readonly number[]} values at least one
 * @returns {readonly [number, number]}
 */
function medianInterval(values) {
  const sorted = ascending(values);
  const total = sorted.length;
  let outside = 0;
  let skipped = 0;
  for (let below = 0; below < total / 2; below += 1) {
    outside += (2 * choose(total, below)) / 2 ** total;
    if (outside > 0.05) break;
    skipped = below;
  }
  return [/** @type {number} */ (sorted[skipped]), /** @type {number} */ (sorted[total - 1 - skipped])];
}

/**
 * An interval that holds a figure with 95 %, by resampling: whole rounds are drawn with replacement, so that what was
 * measured side by side stays side by side.
 *
 * @param {number} rounds at least one
 * @param {(drawn: readonly number[]) => number} figureOf computes the figure from the rounds with these indices
 * @param {{ draws?: number, random?: () => number }} [options]
 * @returns {readonly [number, number]}
 */
function bootstrapInterval(rounds, figureOf, { draws = 500, random = Math.random } = {}) {
  const figures = Array.from({ length: draws }, () =>
    figureOf(Array.from({ length: rounds }, () => Math.floor(random() * rounds))),
  );
  return [percentile(figures, 0.025), percentile(figures, 0.975)];
}

module.exports = { bootstrapInterval, median, medianInterval, percentile };
