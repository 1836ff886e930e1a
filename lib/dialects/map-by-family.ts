import { problems, type ProblemCode, type ProblemFamily } from '../errors.js';

/** The mapping of each problem family in a dialect. */
export type ByFamily<T> = Readonly<Record<ProblemFamily, T>>;

/**
 * Builds the mapping of problems in a dialect: by family, except for the problems that the dialect distinguishes.
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
