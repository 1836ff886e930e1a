// @ts-check
import { measureWindow } from './measure-window.mjs';
import { comparePaired, controlHolds } from './paired-rounds.cjs';
import { comparisonSeconds, roundsOf, stride } from './plan.mjs';
import { touchKeys } from './touch-keys.mjs';
import { base, control } from './variants.mjs';

/** Until what the load no longer waited for was answered, in milliseconds. */
const rest = 20;
const restAfterSlow = 300;

/** As fast as a bare route can be anywhere, in requests per second. */
const unknownRate = 20_000;

/**
 * Warms all routes up and compares them with the bare one.
 *
 * @param {object} options
 * @param {Awaited<ReturnType<typeof import('./measured-process.mjs').startMeasuredProcess>>} options.measured
 * @param {import('./load-generator.mjs').LoadGenerator} options.load
 * @param {import('./plan.mjs').Plan} options.plan
 * @param {readonly import('./variants.mjs').Variant[]} options.variants those without a route are left out
 * @param {number} options.connections
 * @param {boolean} [options.isWarm]
 * @param {(text: string, seconds: number) => void} options.onStep
 * @param {(seconds: number) => boolean} options.hasTimeFor whether the run may take so much longer
 * @returns {Promise<import('./markdown-report.cjs').Comparison>}
 */
export async function compareRoutes({
  measured,
  load,
  plan,
  variants,
  connections,
  isWarm = false,
  onStep,
  hasTimeFor,
}) {
  const present = new Map(
    variants.filter(({ name }) => measured.hasRoute(name)).map((variant) => [variant.name, variant]),
  );

  /** @param {string} name */
  const secondsOf = (name) => present.get(name)?.seconds ?? plan.seconds;
  /** The most requests per second that were seen of each route. @type {Map<string, number>} */
  const rates = new Map();
  /** @param {string} name @param {number} seconds */
  const visit = async (name, seconds) => {
    const variant = present.get(name);
    if (variant?.touchedBy !== undefined) await touchKeys(measured.target(variant.touchedBy));
    // The bare route comes first, and none is faster.
    const rate = rates.get(name) ?? rates.get(base) ?? unknownRate;
    const window = await measureWindow(
      { measured, load },
      {
        name,
        seconds,
        connections: Math.min(connections, variant?.connections ?? connections),
        restMs: variant?.isSlow ? restAfterSlow : rest,
        expectedRequests: rate * seconds + 2 * connections,
      },
    );
    if (window !== null) rates.set(name, Math.max(rates.get(name) ?? 0, window.requests / window.seconds));
    return window;
  };

  if (!isWarm) {
    for (const name of [base, ...present.keys()]) {
      const seconds = present.get(name)?.warmUpSeconds ?? plan.warmUpSeconds;
      onStep(`warming up ${name}`, seconds);
      await visit(name, seconds);
    }
  }
  const fast = [...present.values()].filter(({ isSlow }) => !isSlow);
  const moreSeconds = comparisonSeconds({ ...plan, rounds: plan.moreRounds, warmUpSeconds: 0 }, fast);
  const more = {
    rounds: plan.moreRounds,
    /** @param {readonly import('./paired-rounds.cjs').Row[]} rows */
    areNeeded(rows) {
      if (controlHolds(rows, control) || !hasTimeFor(moreSeconds)) return false;
      onStep('the two bare routes do not come out alike yet: more rounds', -moreSeconds);
      return true;
    },
  };
  const { rows, dropped } = await comparePaired({
    base,
    stride,
    others: roundsOf(plan, [...present.values()]),
    measure: (name) => visit(name, secondsOf(name)),
    ...(present.has(control) ? { more } : {}),
    onVisit: (round, rounds, name) =>
      onStep(`${connections} at once, round ${round} of ${rounds}: ${name}`, secondsOf(name)),
  });
  return { connections, rows, dropped };
}
