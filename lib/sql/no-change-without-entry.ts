import { ApiKeysError, isProblem } from '../errors.js';

/**
 * Runs a step that writes the audit trail. Whatever keeps the entry from being written keeps the change from being made,
 * and is trouble of ours, also where a database calls it a mistake: a table that is gone, a right that was taken away.
 *
 * @throws ApiKeysError `unavailable`
 */
export async function noChangeWithoutEntry<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    throw isProblem(error, 'unavailable') ? error : new ApiKeysError('unavailable', { cause: error });
  }
}
