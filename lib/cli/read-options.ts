import { CellError } from './cell-error.js';
import type { CommandArguments } from './command.js';
import { CommandError } from './command-error.js';
import { readTime } from './read-time.js';

/**
 * Reads a time; `undefined` without one.
 *
 * @throws CommandError
 */
export function readMoment(given: CommandArguments, name: string): Date | undefined {
  const text = given.getText(name);
  try {
    return text === undefined ? undefined : readTime(text, false);
  } catch (error) {
    if (error instanceof CellError) throw new CommandError(`--${name} ${error.message}.`, 2);
    throw error;
  }
}

/**
 * Reads a time, or `never`, which is `null`; `undefined` without one.
 *
 * @throws CommandError
 */
export function readEnd(given: CommandArguments, name: string): Date | null | undefined {
  return given.getText(name) === 'never' ? null : readMoment(given, name);
}

/**
 * Reads a whole number of at least 0; `undefined` without one.
 *
 * @throws CommandError
 */
export function readCount(given: CommandArguments, name: string): number | undefined {
  const text = given.getText(name);
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw new CommandError(`--${name} must be a whole number.`, 2);
  return Number(text);
}

/** How many entries a list has at most, if nothing is said. */
const defaultLimit = 100;

/**
 * Reads how many entries a list has at most.
 *
 * @throws CommandError
 */
export function readLimit(given: CommandArguments): number {
  const limit = readCount(given, 'limit') ?? defaultLimit;
  if (limit === 0) throw new CommandError('--limit must be at least 1.', 2);
  return limit;
}

/** Leaves out the members that were not given: the commands refuse `undefined`. */
export function pickGiven(members: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
