import type { AccessEntry } from '../domain/access-entry.js';

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
    actor: event.actor === null ? null : { kind: event.actor.kind, id: event.actor.id },
    address: event.address,
    method: event.method,
    route: event.route,
    requestId: event.requestId,
  };
}
