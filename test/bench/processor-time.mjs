// @ts-check
// How much of the processors a measurement took, and whether there was any left.
import { readFileSync, readdirSync } from 'node:fs';
import { cpus } from 'node:os';

/**
 * Times of processes since their start, in milliseconds.
 * @typedef {object} ProcessorTime
 * @property {number} ranMs
 * @property {number} waitedMs for a processor, though there was something to do
 */

/** @param {number} pid with one thread that matters @returns {ProcessorTime} */
function timeOfProcess(pid) {
  let ran = 0;
  let waited = 0;
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const [first, second] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ');
      ran += Number(first);
      waited += Number(second);
    }
  } catch {
    // It has ended, or this is no Linux.
  }
  return { ranMs: ran / 1e6, waitedMs: waited / 1e6 };
}

/** @param {number} pid @returns {number[]} its children, which PostgreSQL has one of for each connection */
function childrenOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** @param {readonly number[]} pids @returns {ProcessorTime} of them and their children */
export function readProcessorTime(pids) {
  const times = pids.flatMap((pid) => [pid, ...childrenOf(pid)]).map(timeOfProcess);
  return {
    ranMs: times.reduce((sum, { ranMs }) => sum + ranMs, 0),
    waitedMs: times.reduce((sum, { waitedMs }) => sum + waitedMs, 0),
  };
}

/** The busy time of each processor, whoever used it. In milliseconds, in steps of ten. @returns {number[]} */
export const readBusyTimes = () =>
  cpus().map(({ times: { user, nice, sys, irq } }) => user + nice + sys + irq);
