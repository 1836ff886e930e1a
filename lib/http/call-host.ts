import { ApiKeysError } from '../errors.js';

/**
 * Calls a function of the app about a request. `null` is a valid result; an error, and a value that is no result, is a
 * failure of the app.
 *
 * @param read - takes any other answer, and throws for what is none
 * @throws ApiKeysError `internal_error`
 */
export async function callHost<T>(call: () => unknown, read: (result: unknown) => T): Promise<T | null> {
  try {
    const result = await call();
    return result === null ? null : read(result);
  } catch (cause) {
    throw new ApiKeysError('internal_error', { cause });
  }
}
