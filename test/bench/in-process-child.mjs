// @ts-check
// The process in which variants are compared without sockets. It is told one task after another, and answers with figures.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inProcessVariants } from './in-process-variants.mjs';
import { median } from './statistics.cjs';
import { requestsPerBatch, sendInProcess } from './send-in-process.mjs';
import { shuffled } from './shuffled.cjs';

/**
 * @typedef {{ kind: 'list' }
 *   | { kind: 'warm-up', rounds: number }
 *   | { kind: 'time', rounds: number, batches: number }
 *   | { kind: 'garbage', rounds: number }
 *   | { kind: 'send', name: string, batches: number }} Task
 */

const folder = mkdtempSync(join(tmpdir(), 'api-keys-bench-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
const { variants, close } = await inProcessVariants({
  folder,
  ...JSON.parse(process.env.BENCH_IN_PROCESS ?? ''),
});

/** Leases, timers and background writes get their turn between windows, never within one. */
const turnEventLoop = () => new Promise((resolve) => setImmediate(resolve));

/** @param {number} rounds */
async function warmUp(rounds) {
  for (let round = 0; round < rounds; round += 1) {
    for (const variant of variants) await sendInProcess(variant, 10);
    await turnEventLoop();
  }
}

/**
 * Processor time, not time of day: a process that has to wait for a processor uses none meanwhile.
 * @param {{ rounds: number, batches: number }} task
 * @returns {Promise<Record<string, number[]>>} microseconds per request, one for each round
 */
async function time({ rounds, batches }) {
  /** @type {Record<string, number[]>} */
  const timings = Object.fromEntries(variants.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    // What one window leaves behind is not collected in that of another variant.
    globalThis.gc?.({ type: 'minor' });
    for (const variant of shuffled(variants, Math.random)) {
      const started = process.cpuUsage();
      await sendInProcess(variant, batches);
      const { user, system } = process.cpuUsage(started);
      timings[variant.name]?.push((user + system) / (batches * requestsPerBatch));
      await turnEventLoop();
    }
  }
  return timings;
}

/**
 * Bytes allocated for each request. The young generation of this process has to be so large that nothing is collected within
 * a window.
 * @param {number} rounds
 * @returns {Promise<Record<string, number>>}
 */
async function countGarbage(rounds) {
  /** @type {Record<string, number[]>} */
  const bytes = Object.fromEntries(variants.map(({ name }) => [name, []]));
  const batches = 25;
  for (let round = 0; round < rounds; round += 1) {
    for (const variant of shuffled(variants, Math.random)) {
      globalThis.gc?.();
      const before = process.memoryUsage().heapUsed;
      await sendInProcess(variant, batches);
      const allocated = process.memoryUsage().heapUsed - before;
      bytes[variant.name]?.push(allocated / (batches * requestsPerBatch));
      await turnEventLoop();
    }
  }
  return Object.fromEntries(Object.entries(bytes).map(([name, values]) => [name, median(values)]));
}

/** @param {Task} task */
async function perform(task) {
  switch (task.kind) {
    case 'list':
      return variants.map(({ name, about, bare, byHand, unmeasured }) => ({
        ...{ name, about, bare, byHand, unmeasured },
      }));
    case 'warm-up':
      return warmUp(task.rounds);
    case 'time':
      return time(task);
    case 'garbage':
      return countGarbage(task.rounds);
    case 'send': {
      const variant = variants.find(({ name }) => name === task.name);
      return variant && sendInProcess(variant, task.batches);
    }
  }
}

process.on('message', (/** @type {Task} */ task) => {
  void perform(task).then(
    (result) => process.send?.({ result: result ?? null }),
    (error) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.once('SIGTERM', () => void close().finally(() => process.exit()));
process.once('disconnect', () => process.exit());
process.send?.({ result: null });
