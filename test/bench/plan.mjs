// @ts-check
// How long everything is looked at.

/** Visits of the bare route: before, between and behind the others, at most so many of them apart. */
export const stride = 4;

/**
 * A window costs more than it lasts: the load generator starts, and the measured process comes to rest behind it.
 * In seconds.
 */
const overhead = 0.15;
/** To use every key once, in seconds. */
const touching = 0.5;

/**
 * @typedef {object} Plan
 * @property {number} inProcessBlocks at most so many processes for each group of variants, one after another
 * @property {number} rounds
 * @property {number} moreRounds are added when the two bare routes did not come out alike
 * @property {number} limitSeconds nothing is added when the run would take longer
 * @property {number} slowRounds for variants that are too slow to tell much in one window
 * @property {number} seconds of one window
 * @property {number} warmUpSeconds of each route
 * @property {readonly number[]} fewConnections
 * @property {number} floodRounds
 * @property {number} floodSeconds
 * @property {number} cachedKeys how many keys are cached to learn how much memory one takes
 * @property {boolean} hasLongRuns over many keys, and over several processes
 * @property {number} revocations
 * @property {number} starts of an app without the admin router, and as many with it
 * @property {number} fleetRevocations of each fleet of `--processes`
 * @property {number} fleetIdleSeconds how long each of them is counted at rest
 */

/** @type {Plan} */
const full = {
  inProcessBlocks: 12,
  rounds: 9,
  moreRounds: 6,
  // All of it has to fit into fifteen minutes.
  limitSeconds: 720,
  slowRounds: 3,
  seconds: 1,
  warmUpSeconds: 1,
  fewConnections: [1, 8],
  floodRounds: 7,
  floodSeconds: 1,
  cachedKeys: 50_000,
  hasLongRuns: true,
  revocations: 100,
  starts: 30,
  fleetRevocations: 60,
  fleetIdleSeconds: 60,
};

/** @type {Plan} */
const quick = {
  ...full,
  inProcessBlocks: 6,
  // Installing comes on top, and all of it has to fit into ten minutes.
  limitSeconds: 480,
  fewConnections: [1],
  cachedKeys: 20_000,
  hasLongRuns: false,
  fleetRevocations: 40,
  fleetIdleSeconds: 15,
};

/** @param {boolean} isQuick @returns {Plan} */
export const planFor = (isQuick) => (isQuick ? quick : full);

/**
 * @param {Plan} plan
 * @param {readonly import('./variants.mjs').Variant[]} variants
 * @returns {{ name: string, rounds: number }[]} the variants with the rounds in which each is visited
 */
export const roundsOf = (plan, variants) =>
  variants.map(({ name, isSlow }) => ({ name, rounds: isSlow ? plan.slowRounds : plan.rounds }));

/** @param {Plan} plan @param {readonly import('./variants.mjs').Variant[]} variants @returns {number} seconds, about */
export function comparisonSeconds(plan, variants) {
  const baseVisits = plan.rounds * (Math.ceil(variants.length / stride) + 1);
  return variants.reduce(
    (sum, variant) => {
      const { isSlow, touchedBy, signingSeconds = 0 } = variant;
      const { seconds = plan.seconds, warmUpSeconds = plan.warmUpSeconds } = variant;
      const before = signingSeconds + (touchedBy === undefined ? 0 : touching);
      const rounds = isSlow ? plan.slowRounds : plan.rounds;
      return sum + warmUpSeconds + rounds * (seconds + overhead + before);
    },
    baseVisits * (plan.seconds + overhead),
  );
}
