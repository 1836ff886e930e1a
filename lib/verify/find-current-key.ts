import type { Lease } from '../feed/lease.js';
import type { Clock } from '../ports/clock.js';
import type { DecisionTrace } from '../ports/verification-observer.js';
import type { KeyFinder } from './find-key.js';
import type { LocalCache } from './local-cache.js';
import { noteSource } from './note-source.js';
import type { PreparedKey } from './prepared-key.js';

/** Where the current version of a key is found. */
export interface CurrentKeyParts {
  readonly finder: Pick<KeyFinder, 'find' | 'isKnownAbsent'>;
  /** `null` when this process caches no keys. */
  readonly local: Pick<LocalCache, 'findById'> | null;
  readonly lease: Pick<Lease, 'isHeld'>;
  readonly clock: Clock;
}

/**
 * Returns a key from the local cache, or else reads it; `null` when there is none. A cached key is not read again,
 * because that would re-cache it and make all its tokens be checked again. Rejects when the store does not respond.
 *
 * @param trace - where it is noted which of them it was
 */
export async function findCurrentKey(
  { finder, local, lease, clock }: CurrentKeyParts,
  id: string,
  trace?: DecisionTrace,
): Promise<PreparedKey | null> {
  const now = clock.now();
  if (lease.isHeld(now)) {
    const cached = finder.isKnownAbsent(id) ? null : local?.findById(id, now);
    if (cached !== undefined) {
      if (trace !== undefined && cached !== null) trace.source = 'cached';
      return cached;
    }
  }
  const found = await finder.find(id);
  noteSource(trace, found);
  return found;
}
