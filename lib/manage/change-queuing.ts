import { getVisibleOwnerId, toAuditActor } from '../domain/actor.js';
import type { SharedQueuing } from '../ports/queued-store.js';
import type { ChangeContext } from './change.js';

/** The queuing of a change that grants something to an owner. */
export function createGrantQueuing(ownerId: string): SharedQueuing {
  return { lane: 'giving', share: toOwnerShare(ownerId) };
}

/**
 * The queuing of a change that neither grants nor revokes anything, such as another name. Its share is that of the caller. Many
 * changes of an owner are refused; a job of the app itself, or of an admin, may have as many as can be made in time.
 */
export function createNeutralQueuing({ actor }: ChangeContext): SharedQueuing {
  const bound = getVisibleOwnerId(actor) === null ? 'deadline' : 'count';
  return { lane: 'giving', share: toCallerShare(actor), bound };
}

/**
 * The queuing of a change that only revokes something. Its share is that of the caller, so that a caller that revokes many keys
 * does not delay the revocations of others.
 */
export function createRevocationQueuing({ actor }: ChangeContext): SharedQueuing {
  return { lane: 'taking', share: toCallerShare(actor) };
}

/**
 * The queuing of a change that may narrow rights as well as widen them, such as other scopes. That of the app or of an admin goes before
 * what only grants, in a second share of the caller: however many the caller has under way, its revocations wait for one of them at most.
 * Those of owners and keys alternate with what only grants, because an owner may repeat them without end, and many are refused.
 */
export function createNarrowingQueuing({ actor }: ChangeContext): SharedQueuing {
  const share = toCallerShare(actor);
  return getVisibleOwnerId(actor) === null
    ? { lane: 'taking', share: `narrowing ${share}` }
    : { lane: 'narrowing', share, bound: 'count' };
}

/** The queuing of what the process does in the background: one turn in each round, and never refused, because no caller retries it. */
export const housekeepingQueuing: SharedQueuing = { lane: 'giving', share: 'housekeeping', bound: 'none' };

/** The keys of an owner share one apart from the owner, who may want to revoke a key that makes many changes. */
function toCallerShare(actor: ChangeContext['actor']): string {
  const ownerId = getVisibleOwnerId(actor);
  if (ownerId === null) return `${actor.kind} ${toAuditActor(actor).id ?? ''}`;
  return actor.kind === 'key' ? `keys of ${toOwnerShare(ownerId)}` : toOwnerShare(ownerId);
}

function toOwnerShare(ownerId: string): string {
  return `owner ${ownerId}`;
}
