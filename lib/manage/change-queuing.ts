import { auditIdOf, ownerSeenBy } from '../domain/actor.js';
import type { ChangeQueuing } from '../ports/key-store.js';
import type { ChangeContext } from './change.js';

/** How a change waits that gives something to an owner. */
export function createGrantQueuing(ownerId: string): ChangeQueuing {
  return { lane: 'giving', share: `owner ${ownerId}` };
}

/**
 * How a change waits that takes something away. Its share is that of the caller: one that revokes many keys does not hold
 * up the revocations of others.
 */
export function createRevocationQueuing({ actor }: ChangeContext): ChangeQueuing {
  const ownerId = ownerSeenBy(actor);
  const share = ownerId === null ? `${actor.kind} ${auditIdOf(actor) ?? ''}` : `owner ${ownerId}`;
  return { lane: 'taking', share };
}
