import type { ApiKeyRecord } from './api-key.js';

/**
 * Whether a key was revoked, or has reached its `expiresAt`, at a time or earlier. The end of an unused key is no such end: it
 * follows from rules that may change.
 *
 * @param time - epoch milliseconds
 */
export function isEndedBefore(
  { revokedAt, expiresAt }: Pick<ApiKeyRecord, 'revokedAt' | 'expiresAt'>,
  time: number,
): boolean {
  return (revokedAt !== null && revokedAt <= time) || (expiresAt !== null && expiresAt <= time);
}
