import { ApiKeysError } from './errors.js';

/**
 * Waits for work at most as long as given. The work itself is not cancelled: a command whose deadline has passed may
 * still be carried out, and callers must be safe when it is.
 *
 * @param milliseconds - the deadline
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
