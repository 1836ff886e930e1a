import { ApiKeysError } from '../errors.js';

/** Longest query and largest body, in bytes. */
export const maxRequestBytes: number = 32 * 1024;

/** @param part - what is too long, as in a sentence: `query` or `body` */
export function createTooLargeError(part: 'query' | 'body'): ApiKeysError {
  return new ApiKeysError('payload_too_large', {
    detail: `Send a ${part} of at most ${maxRequestBytes / 1024} KiB.`,
  });
}
