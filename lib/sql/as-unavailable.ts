import { ApiKeysError, isProblem } from '../errors.js';

/**
 * Runs a step that reads or writes the audit trail. Whatever makes the trail unusable is an outage, also what a
 * database reports as a mistake (a missing table, a revoked privilege): no change is made without its entry, and
 * nothing is trusted of a server whose trail cannot be read.
 *
 * @throws ApiKeysError `unavailable`
 */
export async function asUnavailable<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    throw toUnavailable(error);
  }
}

/** Turns an error of a database into an outage. */
export function toUnavailable(error: unknown): unknown {
  return isProblem(error, 'unavailable') ? error : new ApiKeysError('unavailable', { cause: error });
}
