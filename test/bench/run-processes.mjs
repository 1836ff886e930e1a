// @ts-check
// The part of the benchmarks about many processes.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { environmentFacts } from './environment-facts.mjs';
import { measureProcesses } from './measure-processes.mjs';
import { processesReport } from './processes-report.cjs';

/** @typedef {import('./process-goals.cjs').ProcessesResult} ProcessesResult */

/**
 * @param {object} options
 * @param {readonly number[]} options.sizes
 * @param {readonly boolean[]} options.withRedis
 * @param {number} options.poolSize
 * @param {import('./plan.mjs').Plan} options.plan
 * @param {string | undefined} options.file results are added to those that it has, so that a long run can be made in parts
 * @param {(text: string) => void} options.onStep
 * @param {(trouble: string) => void} options.complain
 * @returns {Promise<string>} Markdown
 */
export async function runProcesses({ sizes, withRedis, poolSize, plan, file, onStep, complain }) {
  /** @type {ProcessesResult[]} */
  let results = file !== undefined && existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [];
  for (const hasRedis of withRedis) {
    for (const processes of sizes) {
      const result = await measureProcesses({
        ...{ processes, hasRedis, poolSize, onStep },
        revocations: plan.fleetRevocations,
        idleSeconds: plan.fleetIdleSeconds,
      });
      const { took, acceptedAfterwards, checked } = result.confirmation;
      onStep(`${processes} processes: p50 ${took.p50Ms.toFixed(1)} ms, p99 ${took.p99Ms.toFixed(1)} ms`);
      if (acceptedAfterwards > 0) {
        complain(`${processes} processes: ${acceptedAfterwards} of ${checked} accepted a revoked key`);
      }
      results = results
        .filter((each) => each.processes !== processes || each.hasRedis !== hasRedis)
        .concat(result)
        .toSorted((a, b) => Number(a.hasRedis) - Number(b.hasRedis) || a.processes - b.processes);
      if (file !== undefined) writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
    }
  }
  return processesReport(results, environmentFacts());
}
