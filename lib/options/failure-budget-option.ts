import type { FailureBudgetOptions } from '../verify/failure-budget.js';
import { allowAbsent, takeWholeNumber } from './option-readers.js';
import { readOptions, type ReadersOf } from './read-options.js';

const readers = {
  failures: takeWholeNumber(1, 1_000_000),
  windowSeconds: takeWholeNumber(1, 86_400, 'of seconds'),
  ipv6PrefixLength: allowAbsent(takeWholeNumber(32, 64)),
} satisfies ReadersOf<FailureBudgetOptions>;

/** @throws InvalidOptionError */
export function readFailureBudget(value: unknown, path: string): FailureBudgetOptions {
  return readOptions(path, value, readers, { example: '{ failures: 20, windowSeconds: 60 }' });
}
