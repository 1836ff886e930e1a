// @ts-check
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';

/** In user space: what the kernel does for others is no part of it. */
const event = 'instructions:u';

/** @param {string} output of `perf stat -x,` @returns {number | null} */
const readCount = (output) => {
  const count = /^(\d+)[,.]/m.exec(output)?.[1];
  return count === undefined ? null : Number(count);
};

/** Whether this machine can count instructions: perf must be there, and a virtual machine must have counters. */
export const canCountInstructions =
  readCount(spawnSync('perf', ['stat', '-x,', '-e', event, 'true'], { encoding: 'utf8' }).stderr ?? '') !==
  null;

/**
 * Counts the instructions of a process while something is going on.
 *
 * @param {number} pid
 * @param {() => Promise<unknown>} work
 * @param {string} [counted] another event of perf
 * @returns {Promise<number | null>} `null` where they cannot be counted
 */
export async function countInstructions(pid, work, counted = event) {
  const perf = spawn('perf', ['stat', '-x,', '-e', counted, '-p', String(pid)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let output = '';
  perf.stderr.on('data', (chunk) => (output += String(chunk)));
  const ended = once(perf, 'close');
  // It says nothing when it has begun; what it misses at the beginning is the same for all.
  await new Promise((resolve) => setTimeout(resolve, 100));
  await work();
  perf.kill('SIGINT');
  await ended;
  return readCount(output);
}
