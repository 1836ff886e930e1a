import { ApiKeysError } from '../errors.js';

/** Maximum size of a query and of a body, in bytes. */
export const maxRequestBytes: number = 32 * 1024;

/** @param part - the part that is too large, for the message: `query` or `body` */
export function createTooLargeError(part: 'query' | 'body'): ApiKeysError {
  return new ApiKeysError('payload_too_large', {
    detail: `Send a ${part} of at most ${maxRequestBytes / 1024} KiB.`,
  });
}
