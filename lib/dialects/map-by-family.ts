import { problems, type ProblemCode, type ProblemFamily } from '../errors.js';

/** What a dialect makes of each family of problems. */
export type ByFamily<T> = Readonly<Record<ProblemFamily, T>>;

/**
 * Finds what a dialect makes of a problem: by its family, unless the dialect tells the problem apart from the rest of it.
 *
 * @example
 * const toStatus = mapByFamily({ invalid: 400, credential: 401, … }, { step_up_throttled: 429 });
 * toStatus('key_expired'); // 401
 */
export function mapByFamily<T>(
  families: ByFamily<T>,
  exceptions: Readonly<Partial<Record<ProblemCode, T>>> = {},
): (problem: ProblemCode) => T {
  return (problem) => exceptions[problem] ?? families[problems[problem].family];
}
