import type { ApiKeyRecord } from './api-key.js';
import type { KeyAncestor } from './key-ancestor.js';

/**
 * Whether a key, or one above it, was revoked, or has reached its `expiresAt`, at a time or earlier: a child ends with its parent.
 * The end of an unused key is no such end: it follows from rules that may change.
 *
 * @param time - epoch milliseconds
 */
export function isEndedBefore(
  key: Pick<ApiKeyRecord, 'revokedAt' | 'expiresAt' | 'ancestors'>,
  time: number,
): boolean {
  return hasEnded(key, time) || key.ancestors.some((ancestor) => hasEnded(ancestor, time));
}

function hasEnded(
  { revokedAt, expiresAt }: Pick<KeyAncestor, 'revokedAt' | 'expiresAt'>,
  time: number,
): boolean {
  return (revokedAt !== null && revokedAt <= time) || (expiresAt !== null && expiresAt <= time);
}
