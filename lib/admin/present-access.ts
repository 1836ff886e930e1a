import type { AccessEntry } from '../domain/access-entry.js';
import { presentActor } from './present-actor.js';

/** Returns the public view of one entry, field by field. */
export function presentAccess(event: AccessEntry): object {
  return {
    id: event.id,
    at: new Date(event.at),
    lastAt: new Date(event.lastAt),
    count: event.count,
    action: event.action,
    code: event.code,
    keyId: event.keyId,
    ownerId: event.ownerId,
    actor: event.actor === null ? null : presentActor(event.actor),
    address: event.address,
    method: event.method,
    route: event.route,
    requestId: event.requestId,
  };
}
