// @ts-check
// The measured process has a processor of its own; load, databases and everything else share the others. Without that,
// what is measured depends on where the scheduler happens to put whom.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';

/** @returns {string[]} the processors that this process may use, or nothing where that is unknown */
function allowedProcessors() {
  try {
    const [, list = ''] =
      /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
    execFileSync('taskset', ['--version'], { stdio: 'ignore' });
    return list.split(',').flatMap((range) => {
      const [first = '', last = first] = range.split('-');
      return Array.from({ length: Number(last) - Number(first) + 1 }, (_, index) =>
        String(Number(first) + index),
      );
    });
  } catch {
    return [];
  }
}

const [own, ...rest] = allowedProcessors();

/** Whether processes are kept apart. */
export const keepsApart = rest.length > 0;

/** @typedef {'measured' | 'load'} Place */

/**
 * A command line that runs a program where it belongs.
 * @param {Place} place
 * @param {readonly string[]} command
 * @returns {{ program: string, args: string[] }}
 */
export function commandOn(place, command) {
  const processors = place === 'measured' ? own : rest.join(',');
  const prefix = keepsApart && processors !== undefined ? ['taskset', '-c', processors] : [];
  const [program = '', ...args] = [...prefix, ...command];
  return { program, args };
}

/**
 * Options of `fork` that put the child where it belongs.
 * @param {Place} place
 * @param {readonly string[]} [execArgv] options of node
 */
export function forkedOn(place, execArgv = []) {
  const { program, args } = commandOn(place, [process.execPath, ...execArgv]);
  return { execPath: program, execArgv: args };
}

/** Moves a running process, and what it starts from now on, to the processors of the load. @param {number} pid */
export function moveToLoad(pid) {
  preferred(pid);
  if (keepsApart) {
    execFileSync('taskset', ['-a', '-c', '-p', rest.join(','), String(pid)], { stdio: 'ignore' });
  }
}

/**
 * Lets a process, and what it starts from now on, go before others that happen to run on this machine, where that is
 * allowed.
 * @param {number} pid
 */
export function preferred(pid) {
  try {
    setPriority(pid, constants.priority.PRIORITY_HIGH);
  } catch {
    // Only who administers the machine may.
  }
}
