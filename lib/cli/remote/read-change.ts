import { CommandError } from '../command-error.js';

/**
 * Reads the answer to a change. Without `effectiveBy`, every process sees it.
 *
 * @throws CommandError where there was nothing to change
 */
export function readChange<T>(answer: unknown): T {
  if (typeof answer !== 'object' || answer === null)
    throw new CommandError('There is no key or owner with this id.');
  const effectiveBy: unknown = Reflect.get(answer, 'effectiveBy');
  return { ...answer, effectiveBy: typeof effectiveBy === 'string' ? new Date(effectiveBy) : null } as T;
}
