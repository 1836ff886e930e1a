import type { Lease } from '../feed/lease.js';
import type { Clock } from '../ports/clock.js';
import type { KeyFinder } from './find-key.js';
import type { LocalCache } from './local-cache.js';
import type { PreparedKey } from './prepared-key.js';

/** What finding a key as it is now needs. */
export interface CurrentKeyParts {
  readonly finder: Pick<KeyFinder, 'find' | 'isKnownAbsent'>;
  /** `null` when this process holds no keys. */
  readonly local: Pick<LocalCache, 'findById'> | null;
  readonly lease: Pick<Lease, 'isHeld'>;
  readonly clock: Clock;
}

/**
 * A key as this process holds it, or else as it is read; `null` when there is none. To read a key that is held would be to
 * hold it anew, and to check all its tokens again. Rejects when the store does not answer.
 */
export async function findCurrentKey(
  { finder, local, lease, clock }: CurrentKeyParts,
  id: string,
): Promise<PreparedKey | null> {
  const now = clock.now();
  if (!lease.isHeld(now)) return finder.find(id);
  if (finder.isKnownAbsent(id)) return null;
  return local?.findById(id, now) ?? (await finder.find(id));
}
