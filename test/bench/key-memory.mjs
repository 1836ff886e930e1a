// @ts-check
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { forkedOn } from './processors.mjs';

/**
 * Memory that one held key takes, measured in a process of its own.
 * @param {number} count keys to hold
 * @returns {Promise<{ bytesPerKey: number, cachedKeys: number }>}
 */
export async function measureKeyMemory(count) {
  const file = fileURLToPath(new URL('./key-memory-process.mjs', import.meta.url));
  const child = fork(file, [String(count)], forkedOn('measured', ['--expose-gc']));
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the process that measures memory ended with ${code}`);
  });
  ended.catch(() => {});
  const [result] = await Promise.race([once(child, 'message'), ended]);
  await ended.catch(() => {});
  return result;
}
