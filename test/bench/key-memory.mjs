// @ts-check
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { forkedOn } from './processors.mjs';

/**
 * Keys of one owner; keys of owners of their own with overrides; keys that one key made.
 * @typedef {'plain' | 'overrides' | 'children'} KindOfKeys
 */

/** @type {readonly KindOfKeys[]} */
const kinds = ['plain', 'overrides', 'children'];

/**
 * @typedef {object} KeyMemory
 * @property {KindOfKeys} kind
 * @property {number} bytesPerKey
 * @property {number} cachedKeys
 */

/**
 * Memory that one held key takes, by what the key is.
 * @param {number} count keys to hold
 * @returns {Promise<readonly KeyMemory[]>}
 */
export async function measureKeyMemory(count) {
  const results = [];
  for (const kind of kinds) results.push(await measureKind(count, kind));
  return results;
}

/**
 * In a process of its own.
 * @param {number} count
 * @param {KindOfKeys} kind
 * @returns {Promise<KeyMemory>}
 */
async function measureKind(count, kind) {
  const file = fileURLToPath(new URL('./key-memory-process.mjs', import.meta.url));
  const child = fork(file, [String(count), kind], forkedOn('measured', ['--expose-gc']));
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the process that measures memory ended with ${code}`);
  });
  ended.catch(() => {});
  const [result] = await Promise.race([once(child, 'message'), ended]);
  await ended.catch(() => {});
  return result;
}
