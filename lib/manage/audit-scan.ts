import { dayMs } from '../domain/day-ms.js';
import {
  unboundedEvents,
  type AuditQuery,
  type AuditScan,
  type EventBounds,
  type KeyStore,
} from '../ports/key-store.js';
import { maxRowsPerPage } from './list-page.js';

type Conditions = Omit<AuditQuery, 'limit' | 'before' | 'after' | 'until'>;

/** Whether entries may be read that do not match: an index finds those with one of four conditions, and nothing else. */
export function isAuditScan(conditions: Conditions): boolean {
  const { ownerId, keyId, actorId, memberId, ...others } = conditions;
  const indexed = [ownerId, keyId, actorId, memberId].filter((condition) => condition !== undefined);
  return indexed.length > 1 || Object.values(others).some((condition) => condition !== undefined);
}

/**
 * By which condition the next entries are counted off: the one that most likely has the fewest. Where the owner is a condition, it is
 * the owner unless the key is the owner's: the end of the count stands in the cursor, and must not tell of entries of others.
 */
export async function chooseAuditScan(
  store: Pick<KeyStore, 'find'>,
  { ownerId, keyId, actorId, memberId }: Conditions,
): Promise<AuditScan> {
  if (keyId !== undefined && (await isKeyOf(store, keyId, ownerId))) return { keyId };
  if (ownerId !== undefined) return { ownerId };
  return memberId === undefined ? { actorId } : { memberId };
}

/** The condition that entries are counted off by, as the hint of a query. */
export function getCountedBy(scan: AuditScan): AuditQuery['countedBy'] {
  return (['keyId', 'ownerId', 'memberId', 'actorId'] as const).find((name) => scan[name] !== undefined);
}

/** Whether what stands under a key may be counted for an owner; without one, for somebody who sees all. */
export async function isKeyOf(
  store: Pick<KeyStore, 'find'>,
  keyId: string,
  ownerId: string | undefined,
): Promise<boolean> {
  return ownerId === undefined || (await store.find(keyId, ownerId)) !== null;
}

/**
 * Between which sequence numbers entries of the wanted time are, so that neither those before nor those after it are paged
 * through. Entries are listed by number, and times follow numbers only as well as the clocks of all processes agree: an entry
 * from a clock that was wrong by more than a day may not be found by its time.
 */
export async function findAuditBounds(
  store: Pick<KeyStore, 'findEventBounds'>,
  { from, to }: Conditions,
): Promise<EventBounds> {
  if (from === undefined && to === undefined) return unboundedEvents;
  const widened = { from: from && from - dayMs, to: to && to + dayMs };
  return store.findEventBounds(widened, maxRowsPerPage);
}
