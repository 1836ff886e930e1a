import { ApiKeysError } from './errors.js';

/**
 * Waits for trouble no longer than it may take. The work itself is not cancelled: a command whose deadline passed may
 * still be carried out, and whoever uses this must be safe when it is.
 *
 * @param milliseconds - how long to wait
 * @param what - named in the error's cause, for operators
 * @throws ApiKeysError `ERR_API_KEYS_UNAVAILABLE` past the deadline
 */
export function withDeadline<T>(work: Promise<T>, milliseconds: number, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      const cause = new Error(`${what} took longer than ${milliseconds} ms`);
      reject(new ApiKeysError('unavailable', { cause }));
    }, milliseconds);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
