import { ApiKeysError, isProblem } from '../errors.js';

/**
 * Runs a step that reads or writes the audit trail. Whatever keeps the trail from being used, also what a database calls a
 * mistake (a table that is gone, a right that was revoked), is an outage: no change is made without its entry, and nothing
 * is believed of a server whose trail cannot be read.
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

/** The outage that an error of a database is. */
export function toUnavailable(error: unknown): unknown {
  return isProblem(error, 'unavailable') ? error : new ApiKeysError('unavailable', { cause: error });
}
