import { measureWindow } from './measure-window.mjs';
import { comparePaired } from './paired-rounds.cjs';
import { roundsOf, stride } from './plan.mjs';
import { base, countsRedisCommands } from './variants.mjs';

/** Until what the load no longer waited for was answered, in milliseconds. */
const rest = 20;
const restAfterSlow = 300;

/**
 * Warms all routes up and compares them with the bare one.
 *
 * @param {object} options
 * @param {Awaited<ReturnType<typeof import('./measured-process.mjs').startMeasuredProcess>>} options.measured
 * @param {import('./load-generator.mjs').LoadGenerator} options.load
 * @param {ReturnType<typeof import('./redis-commands.mjs').createRedisCommandCounter>} [options.redisCommands]
 * @param {import('./plan.mjs').Plan} options.plan
 * @param {readonly import('./variants.mjs').Variant[]} options.variants those without a route are left out
 * @param {number} options.connections
 * @param {boolean} [options.isWarm]
 * @param {(text: string, seconds: number) => void} options.onStep
 * @returns {Promise<import('./markdown-report.cjs').Comparison & { dropped: readonly string[] }>}
 */
export async function compareRoutes({
  measured,
  load,
  redisCommands,
  plan,
  variants,
  connections,
  isWarm = false,
  onStep,
}) {
  const present = variants.filter(({ name }) => name in measured.targets);
  const byName = new Map(present.map((variant) => [variant.name, variant]));

  /** @param {string} name @param {number} seconds @param {boolean} counts */
  const visit = (name, seconds, counts) => {
    const variant = byName.get(name);
    return measureWindow(
      { measured, load, ...(counts && redisCommands !== undefined ? { redisCommands } : {}) },
      {
        name,
        seconds,
        connections: Math.min(connections, variant?.connections ?? connections),
        restMs: (variant?.restSeconds ?? 0) * 1000 + (variant?.isSlow ? restAfterSlow : rest),
      },
    );
  };

  if (!isWarm) {
    for (const name of [base, ...byName.keys()]) {
      onStep(`warming up ${name}`, plan.warmUpSeconds);
      await visit(name, plan.warmUpSeconds, false);
    }
  }
  const { rows, dropped } = await comparePaired({
    base,
    stride,
    others: roundsOf(plan, present),
    measure: (name) => visit(name, plan.seconds, countsRedisCommands.has(name)),
    onVisit: (round, rounds, name) =>
      onStep(`${connections} connections, round ${round} of ${rounds}: ${name}`, plan.seconds),
  });
  return { connections, rows, dropped };
}
