import type { ApiKeyRecord } from './api-key.js';
import { getExpiresAt } from './key-lifetime.js';

/** A key, or one above it, with its end. */
export interface BoundingEnd {
  readonly id: string;
  readonly createdAt: number;
  /** Epoch milliseconds. */
  readonly endsAt: number;
}

/**
 * Finds where a key ends: by its own end, or by that of a key above it, with which it ends. Of the same ends, that of the closest key.
 * `null`: none of them has an end.
 */
export function findBoundingEnd(
  key: Pick<ApiKeyRecord, 'id' | 'createdAt' | 'expiresAt' | 'enforced' | 'ancestors'>,
): BoundingEnd | null {
  let bounding: BoundingEnd | null = null;
  for (const each of [key, ...key.ancestors]) {
    const endsAt = getExpiresAt(each);
    if (endsAt === null || (bounding !== null && bounding.endsAt <= endsAt)) continue;
    bounding = { id: each.id, createdAt: each.createdAt, endsAt };
  }
  return bounding;
}
