import { ApiKeysError } from '../errors.js';

/**
 * Asks a function of the app about a request. Its `null` is an answer; what it throws, and what is no answer, is trouble.
 *
 * @param read - takes any other answer, and throws for what is none
 * @throws ApiKeysError `internal_error`
 */
export async function callHost<T>(ask: () => unknown, read: (answer: unknown) => T): Promise<T | null> {
  try {
    const answer = await ask();
    return answer === null ? null : read(answer);
  } catch (cause) {
    throw new ApiKeysError('internal_error', { cause });
  }
}
