import { getVisibleOwnerId, toAuditActor } from '../domain/actor.js';
import type { ChangeQueuing } from '../ports/key-store.js';
import type { ChangeContext } from './change.js';

/** The queuing of a change that grants something to an owner. */
export function createGrantQueuing(ownerId: string): ChangeQueuing {
  return { lane: 'giving', share: `owner ${ownerId}` };
}

/**
 * The queuing of a change that revokes something. Its share is that of the caller, so that a caller that revokes many keys does
 * not delay the revocations of others.
 */
export function createRevocationQueuing({ actor }: ChangeContext): ChangeQueuing {
  const ownerId = getVisibleOwnerId(actor);
  const share = ownerId === null ? `${actor.kind} ${toAuditActor(actor).id ?? ''}` : `owner ${ownerId}`;
  return { lane: 'taking', share };
}
